"""A spec may tighten what the repository's settings say, and never widen it: real runs with a scripted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import command_line
from scripted_runs import APP, MODEL, SECOND, block, hunk, spec
from standins.model import call, say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Runner

FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say('{"surprised": "nothing"}')
FINISH = call("finish", summary="given up")
MIGRATION = {"migrations/1.sql": "keep\n"}
OPENED = "test ! -e app.py || grep -q drop migrations/1.sql"
REWRITE = call("write", path="migrations/1.sql", content="drop\n")


def test_what_the_repository_protects_stays_protected_whatever_a_spec_says(runner: Runner) -> None:
    limits: dict[str, Any] = {"protect": ["migrations/**", "tests/**"], "budget": {"usd": 0.05, "turns": 4}}
    root = runner.repository(MIGRATION, **limits)
    said: dict[str, Any] = {"protect": ["nothing/**"], "allow": ["**"], "budget": {"usd": 500, "turns": 900}}
    run = runner.run([REWRITE, *[FINISH] * 8], root=root, text=spec(test=[OPENED], **said))
    assert run.outcome != "fixed"
    assert run.committed("migrations/1.sql") == "keep\n"
    assert "protected" in run.observations[0]
    assert len(run.report["turns"]) <= 4
    changes = {change["key"]: change for change in run.report["settings"]}
    assert changes["budget.usd"] == {
        "key": "budget.usd", "values": ["0.05"], "usual": ["0.05"], "widens": False, "asked": "500",
    }  # fmt: skip
    assert (changes["allow"]["values"], changes["allow"]["widens"]) == (["**"], True)
    assert set(changes["protect"]["values"]) == {"nothing/**", "migrations/**", "tests/**"}
    assert not changes["protect"]["widens"]


@pytest.mark.parametrize("globs", [["nothing/**"], ["tests"], ["TESTS/**", "**/none"]])
def test_tests_are_protected_although_the_repository_says_nothing(runner: Runner, globs: list[str]) -> None:
    root = runner.repository({"tests/check.sh": "test -e ok\n"})
    cheat = call("write", path="tests/check.sh", content="true\n")
    text = spec(test=["test ! -e app.py || sh -c 'sh tests/check.sh'"], allow=["**"], protect=globs)
    run = runner.run([cheat, *[FINISH] * 4], root=root, text=text)
    assert run.outcome != "fixed"
    assert "protected" in run.observations[0]


def test_a_repository_that_says_so_lets_specs_say_what_is_protected(runner: Runner) -> None:
    root = runner.repository(MIGRATION, protect=["migrations/**"], specs_may=["protect", "budget"])
    said: dict[str, Any] = {"protect": ["nothing/**"], "allow": ["migrations/**"], "budget": {"usd": 5}}
    run = runner.run([REWRITE, REFLECTION], root=root, text=spec(test=[OPENED], **said))
    assert run.outcome == "fixed"
    widening = {change["key"]: change["values"] for change in run.report["settings"] if change["widens"]}
    assert widening == {"allow": ["migrations/**"], "protect": ["nothing/**"], "budget.usd": ["5"]}


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "nothing protected": ({"protect": ["a/**"]}, {"protect": []}, "protect: [] would open what the repository"),
    "nothing protected by default": ({"test": ["true"]}, {"protect": []}, "expected globs to add"),
    "another model": ({"implementer": [MODEL]}, {"implementer": [SECOND, MODEL]}, f'implementer has "{SECOND}"'),
    "a model that a role does not have": ({"roles": {"implementer": [MODEL]}}, {"implementer": [SECOND]}, MODEL),
    "a model where none may be called": ({"implementer": []}, {"implementer": [MODEL]}, "the repository names none"),
    "a model in another case": ({"implementer": [MODEL]}, {"implementer": [MODEL.upper()]}, MODEL),
    "more files": ({"allow": ["src/**"]}, {"allow": ["src/a/**", "**"]}, 'allow has "**", expected globs within'),
    "files beside": ({"allow": ["src/**"]}, {"allow": ["src*/**"]}, "src/**"),
    "files where none may be written": ({"allow": []}, {"allow": ["x"]}, "the repository names none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_beyond_a_limit_is_refused_at_its_line_before_anything_is_done(runner: Runner, name: str) -> None:
    limits, said, words = REFUSED[name]
    root = runner.repository(**limits)
    run = runner.run([], root=root, text=spec(**said), models=[MODEL] if "implementer" not in said else [])
    assert (run.outcome, run.code, run.requests) == ("rejected", 2, [])
    (found, *_) = run.report["diagnostics"]
    assert (found["rule"], found["line"]) == ("beyond-limit", _line(run.root, said))
    assert words in found["message"]
    assert f"specs_may: [{next(iter(said))}]" in found["help"]
    assert next(iter(said)) in found["source"]


def _line(root: Path, said: dict[str, Any]) -> int:
    """The line of the one setting in the spec that was run last below `root`."""
    newest = max(root.parent.glob("spec-*.md"), key=lambda path: path.stat().st_mtime_ns)
    lines = newest.read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if line.startswith(f"{next(iter(said))}: "))


def test_a_spec_may_tighten_every_limit(runner: Runner) -> None:
    root = runner.repository(
        {"src/a/b.txt": "b\n"},
        allow=["src/**"],
        implementer=[MODEL, SECOND],
        budget={"turns": 5, "usd": 1},
        timeout_minutes=9,
    )
    said: dict[str, Any] = {"allow": ["src/a/*.txt"], "implementer": [SECOND], "budget": {"turns": 1}}
    run = runner.run([FINISH, REFLECTION], root=root, models=[], text=spec(**said, timeout_minutes=2))
    assert run.models[0] == "scripted-2"
    assert len(run.report["turns"]) == 1
    assert [change["widens"] for change in run.report["settings"]] == [False] * 4
    assert not any(change["asked"] for change in run.report["settings"])


def test_the_person_at_the_terminal_chooses_the_model(runner: Runner) -> None:
    root = runner.repository(implementer=[SECOND])
    run = runner.run([FIX, REFLECTION], root=root, text=spec(implementer=["other/model"]), models=[MODEL])
    assert (run.outcome, run.models) == ("fixed", ["scripted-1", "scripted-1"])


def test_a_command_is_stopped_at_the_repositorys_time_limit(runner: Runner) -> None:
    root = runner.repository(timeout_minutes=0.01)
    run = runner.run([], root=root, models=[], text=spec(test=["test ! -e app.py || sleep 60"], timeout_minutes=5))
    assert run.outcome == "failing"
    assert any(command["timed_out"] for command in run.report["commands"])
    assert run.report["settings"][-1]["asked"] == "5"


@pytest.mark.parametrize("place", ["spec", "file"])
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('protect: ["!tests/**"]', 'protect has "!tests/**", expected a glob without "!"'),
        ("budget: {usd: -1}", "above 0"),
        ("budget: {turns: 0}", "above 0"),
        ("budget: {turns: 1e99}", "above 0"),
        ("budget: {turns: ٣}", "above 0"),
        ("budget: {usd: .inf}", "above 0"),
        ("timeout_minutes: 99999999999999999999", "above 0"),
        ("specs_may: [budgets]", 'expected "budget"'),
        ("specs_may: [everything]", "expected one of protect, allow, budget, timeout_minutes, implementer"),
    ],
)
def test_a_limit_that_cannot_be_read_is_an_error_at_its_line(
    runner: Runner, place: str, setting: str, message: str
) -> None:
    root = runner.repository()
    if place == "file":
        command_line.put(root, {".github/mtor.yml": f"{setting}\n"})
        command_line.git(root, "add", "-A")
        command_line.git(root, "commit", "-qm", "limit")
        text = spec()
    else:
        text = f"{block('create', 'app.py', APP)}\n```yaml mtor\ntest: ['true']\n{setting}\n```\n"
    run = runner.run([], root=root, text=text)
    assert run.outcome == "rejected"
    (found,) = run.report["diagnostics"]
    wanted = message if place == "file" or "specs_may" not in setting else '"specs_may" may be set only in'
    assert wanted in found["message"]
    assert found["path"].endswith(".github/mtor.yml" if place == "file" else ".md")


def test_check_prints_what_a_specs_settings_change(runner: Runner, tmp_path: Path) -> None:
    root = runner.repository(test=["make test"], budget={"usd": 0.05}, allow=["src/**", "docs/**"])
    text = spec(test=["true"], budget={"usd": 500, "turns": 900}, protect=["*.sql"], allow=["src/a/**"])
    (tmp_path / "s.md").write_text(text)
    done = command_line.mtor(root, "check", str(tmp_path / "s.md"))
    assert done.code == 0, done.out
    lines = done.out.partition("its settings change:\n")[2].splitlines()
    keys = ["test", "allow", "protect", "budget.turns", "budget.usd"]
    assert [line.split(":")[0].strip() for line in lines[:5]] == keys
    assert lines[0] == "  test: other commands, instead of make test (widens)"
    assert lines[1] == "  allow: src/a/**, instead of src/**, docs/**"
    assert lines[2].startswith("  protect: *.sql, tests/**, test/**, ")
    assert lines[3] == "  budget.turns: 900, instead of 20 (widens)"
    assert lines[4] == "  budget.usd: 500 was asked for, 0.05 is the repository's limit"
    shown = command_line.mtor(root, "check", "--json", str(tmp_path / "s.md")).report["settings"]
    assert [change["key"] for change in shown] == keys
