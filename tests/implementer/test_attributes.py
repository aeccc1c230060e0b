"""Git's attributes and the implementer: it sees and writes text, and what is tested is what a checkout gives."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import command_line
from scripted_runs import hunk, spec
from standins.model import call, calls, say

if TYPE_CHECKING:
    from scripted_runs import Runner

REFLECTION = say('{"surprised": "nothing"}')
BYTES = """\
import os, sys
sys.exit(os.path.exists("app.py") and open("app.py", "rb").read() != b"one = 'right'\\r\\n")
"""


def test_the_model_edits_text_and_the_disk_has_the_line_endings_of_a_checkout(runner: Runner) -> None:
    root = runner.repository({".gitattributes": "*.py text eol=crlf\n*.new text eol=crlf\n", "tests/bytes.txt": BYTES})
    script = [
        calls(("read", {"path": "app.py"}), ("write", {"path": "b.new", "content": "x\ny\n"})),
        call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'")),
        REFLECTION,
    ]
    run = runner.run(
        script, root=root, text=spec("one = 'wrong'\n", test=["python3 -S tests/bytes.txt"], allow=["*.new"])
    )
    assert run.outcome == "fixed"
    for path, text in (("app.py", b"one = 'right'\n"), ("b.new", b"x\ny\n")):
        command = ["git", "cat-file", "blob", f"{run.report['branch']}:{path}"]
        assert subprocess.run(command, cwd=root, capture_output=True, check=True).stdout == text
    assert command_line.git(root, "status", "--porcelain") == ""


def test_a_path_with_a_filter_driver_is_neither_read_nor_written(runner: Runner) -> None:
    root = runner.repository(
        {".gitattributes": "secrets/** filter=git-crypt\n", "secrets/a.txt": "TOP-SECRET-OF-MINE\n"}
    )
    tries = calls(
        ("read", {"path": "secrets/a.txt"}),
        ("search", {"text": "TOP-SECRET", "path": ""}),
        ("write", {"path": "secrets/a.txt", "content": "MODEL\n"}),
        ("write", {"path": "secrets/new.txt", "content": "MODEL\n"}),
    )
    fix = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
    run = runner.run([tries, fix, REFLECTION], root=root, text=spec(allow=["secrets/**"]))
    assert run.outcome == "fixed"
    assert "TOP-SECRET-OF-MINE" not in str(run.asked)
    assert command_line.git(root, "diff", "--name-only", "main", run.report["branch"]).split() == ["app.py"]
    assert (root / "secrets/a.txt").read_text() == "TOP-SECRET-OF-MINE\n"
    assert all("git-crypt" in run.observations[n] for n in (0, 2, 3))
