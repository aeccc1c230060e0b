"""What lies in the working tree and is not the repository's: never shown to a model, never written by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from scripted_runs import hunk, spec
from standins.model import call, calls, say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Runner

FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say('{"surprised": "nothing"}')
TEXT = "TOP-SECRET-OF-MINE\n"
MINE = {
    "untracked": "src/notes.txt",
    "ignored": "src/local.cfg",
    "below an ignored folder": "src/out/made.txt",
    "skipped": "src/skipped.txt",
    "skipped and assumed": "src/both.txt",
    "in a nested repository": "src/nested/x.txt",
}


@pytest.fixture
def root(runner: Runner) -> Path:
    files = {".gitignore": "*.cfg\nout/\n", "src/skipped.txt": "a\n", "src/both.txt": "a\n", "src/known.txt": "known\n"}
    made = runner.repository(files)
    for name in ("src/skipped.txt", "src/both.txt"):
        command_line.git(made, "update-index", "--skip-worktree", name)
    command_line.git(made, "update-index", "--assume-unchanged", "src/both.txt")
    (made / "src/nested").mkdir()
    command_line.git(made / "src/nested", "init", "-q")
    command_line.put(made, dict.fromkeys(MINE.values(), TEXT))
    for name in MINE.values():
        (made / name).chmod(0o755)
    return made


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    return {name: ((root / name).stat().st_mode, (root / name).read_bytes()) for name in MINE.values()}


@pytest.mark.parametrize("path", MINE.values(), ids=MINE.keys())
def test_a_file_of_somebody_else_is_neither_written_nor_shown(runner: Runner, root: Path, path: str) -> None:
    before = everything(root)
    tries = calls(
        ("write", {"path": path, "content": "MODEL\n"}),
        ("edit", {"path": path, "hunks": hunk("TOP-SECRET", "MODEL")}),
        ("read", {"path": path}),
        ("search", {"text": "TOP-SECRET", "path": "src"}),
        ("read", {"path": "src/known.txt"}),
    )
    run = runner.run([tries, FIX, REFLECTION], root=root, text=spec(allow=["src/**"]))
    assert run.outcome == "fixed"
    assert everything(root) == before
    assert path not in command_line.git(root, "diff", "--name-only", "main", run.report["branch"])
    assert "TOP-SECRET-OF-MINE" not in str(run.asked)
    assert "known" in run.observations[4]
    assert path in run.observations[0]
    assert not [signal for signal in run.signals if signal[0] == "tampering"]


def test_a_new_file_that_git_ignores_is_not_committed(runner: Runner, root: Path) -> None:
    tries = calls(
        ("write", {"path": "src/new.cfg", "content": "MODEL\n"}),
        ("write", {"path": "src/out/new.txt", "content": "MODEL\n"}),
        ("write", {"path": "src/nested/new.txt", "content": "MODEL\n"}),
        ("write", {"path": "SRC/Known.txt", "content": "MODEL\n"}),
        ("write", {"path": "src/new.txt", "content": "MODEL\n"}),
    )
    run = runner.run([tries, FIX, REFLECTION], root=root, text=spec(allow=["src/**", "SRC/**"]))
    assert run.outcome == "fixed"
    assert command_line.git(root, "diff", "--name-only", "main", run.report["branch"]).split() == [
        "app.py",
        "src/new.txt",
    ]
    assert not [name for name in ("src/new.cfg", "src/out/new.txt", "src/nested/new.txt") if (root / name).exists()]
    assert "ignored" in run.observations[0]


@pytest.mark.parametrize("outcome", ["failing", "fixed"])
def test_the_users_files_are_there_whatever_the_end(runner: Runner, root: Path, outcome: str) -> None:
    before = everything(root)
    tries = calls(*(("write", {"path": path, "content": "MODEL\n"}) for path in MINE.values()))
    ending = (
        [FIX, REFLECTION]
        if outcome == "fixed"
        else [call("finish", disputed_tests=["one: wrong is right"], advice="ask the architect")]
    )
    run = runner.run([tries, *ending], root=root, text=spec(allow=["src/**"]))
    assert run.outcome != "error"
    assert everything(root) == before


def test_what_a_test_run_made_is_not_the_models_to_read(runner: Runner) -> None:
    root = runner.repository({"secret.ignored": TEXT, ".gitignore": "*.ignored\n"})
    test = "test -e app.py && cp secret.ignored app.copy; sh tests/check.sh"
    tries = calls(("read", {"path": "app.copy"}), ("search", {"text": "TOP-SECRET", "path": ""}))
    run = runner.run([tries, FIX, REFLECTION], root=root, text=spec(test=[test], allow=["app.copy"]))
    assert "TOP-SECRET-OF-MINE" not in str(run.asked)


def test_a_file_that_the_spec_or_the_model_made_is_its_own(runner: Runner) -> None:
    script = [
        call("write", path="more.py", content="x = 1\n"),
        calls(("read", {"path": "more.py"}), ("read", {"path": "app.py"}), ("search", {"text": "x = 1", "path": ""})),
        call("edit", path="more.py", hunks=hunk("x = 1", "x = 2")),
        FIX,
        REFLECTION,
    ]
    run = runner.run(script, text=spec(allow=["more.py"]))
    assert run.outcome == "fixed"
    assert run.committed("more.py") == "x = 2\n"
    assert "more.py:1:x = 1" in "\n".join(run.observations)
