"""Every outcome of a run, as the work job hands it over."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from command_line import EDIT, git, wait_until
from mtor_action.tree.changes import FileState
from standins.model import ModelServer, call, say
from work.workplace import IS_ROOT, RUNNER, SAME_USER

if TYPE_CHECKING:
    from pathlib import Path

    from work.workplace import Worked, Workplace

_MODEL = "openai/gpt-4o-mini"
_THREE = "```python create=b.py\ndef g():\n    return 3\n```\n"
_IS_TWO = "! grep -q 'return 3' [b].py"
_TO_TWO = call("edit", path="b.py", hunks="<<<<<<< SEARCH\n    return 3\n=======\n    return 2\n>>>>>>> REPLACE")
_REFLECTION = say(json.dumps({"surprised": "nothing"}))


@pytest.mark.parametrize(
    ("outcome", "code", "blocks", "settings"),
    [
        ("clean", 0, [EDIT], {"test": ["grep 'return 2' a.py"]}),
        ("empty", 0, [EDIT], {"test": ["true"]}),
        ("failing", 0, [EDIT], {"test": ["grep 'return 1' a.py"]}),
        ("failing", 0, [EDIT], {"test": ["false"]}),
        ("rejected", 0, [EDIT.replace("return 1", "return 7")], {"test": ["true"]}),
        ("rejected", 0, [], {}),
        ("error", 3, [EDIT], {"setup": ["false"], "test": ["true"]}),
    ],
)
def test_an_outcome_without_a_model_is_handed_over(
    workplace: Workplace, *, outcome: str, code: int, blocks: list[str], settings: dict[str, Any]
) -> None:
    if outcome == "empty":
        workplace.repo.commit({"a.py": "def f():\n    return 2\n"})
    done = workplace.work(workplace.issue(*blocks, **settings))
    assert (done.code, done.outputs["outcome"]) == (code, outcome), done.log
    assert done.outputs["report"] == str(done.handover / "report.json")
    received = done.received
    assert (received.report.outcome, received.report.job, received.handover.job) == (outcome, "run-77", "")
    assert (received.handover.issue, received.handover.base) == (1, received.report.base)
    assert [pin.id for pin in received.handover.pins] == [1]
    assert received.handover.implementer == ()
    assert outcome.upper() in done.summary
    assert (done.handover / "changes.patch").exists() == (outcome in {"clean", "failing"})
    _assert_as_before(workplace)


def test_what_an_implementer_fixed_is_handed_over_apart_from_the_spec(workplace: Workplace, place: Path) -> None:
    issue = workplace.issue(EDIT, _THREE, test=[_IS_TWO], implementer=[_MODEL])
    done = _with_model(workplace, issue.number, [_TO_TWO, _REFLECTION])
    assert (done.code, done.outputs["outcome"]) == (0, "fixed"), done.log
    two = FileState(b"def g():\n    return 2\n")
    assert done.received.handover.implementer == (("b.py", two),)
    git(place, "clone", "-q", str(workplace.repo.git.path), "other")
    git(place / "other", "apply", "--index", str(done.handover / "changes.patch"))
    assert git(place / "other", "show", ":a.py", ":b.py") == "def f():\n    return 2\ndef g():\n    return 2\n"
    _assert_as_before(workplace)


def test_a_stalled_implementers_work_is_handed_over(workplace: Workplace) -> None:
    worse = call("edit", path="b.py", hunks="<<<<<<< SEARCH\n    return 3\n=======\n    return 3  # 3\n>>>>>>> REPLACE")
    issue = workplace.issue(_THREE, test=[_IS_TWO], implementer=[_MODEL])
    done = _with_model(workplace, issue.number, [worse, *[say(f"hm {number}") for number in range(30)]])
    assert (done.code, done.outputs["outcome"]) == (0, "stalled"), done.log
    assert [path for path, _ in done.received.handover.implementer] == ["b.py"]
    assert "::error title=mtor%3A stalled::" in done.log


def test_a_failed_installation_of_the_model_is_an_error_that_says_why(workplace: Workplace) -> None:
    install = json.dumps([sys.executable, "-I", "-c", "import sys; sys.exit('the index is closed today')"])
    issue = workplace.issue(_THREE, test=[_IS_TWO], implementer=[_MODEL])
    # A process of its own: in one that is forked from a warm one, a model's packages are imported already.
    started = workplace.start(issue.number, OPENAI_API_KEY="of-no-known-shape-1", MTOR_MODEL_INSTALL=install)
    done = workplace.ended(started)
    assert (done.code, done.outputs["outcome"]) == (3, "error"), done.log
    assert "cannot be installed: the index is closed today" in done.report["reason"]


def test_a_green_run_installs_no_model(workplace: Workplace, place: Path) -> None:
    install = json.dumps(["touch", str(place / "installed")])
    issue = workplace.issue(EDIT, test=["true"], implementer=[_MODEL])
    done = workplace.work(issue, OPENAI_API_KEY="of-no-known-shape-1", MTOR_MODEL_INSTALL=install)
    assert done.outputs["outcome"] == "clean", done.log
    assert not (place / "installed").exists()


@pytest.mark.parametrize("before", [(), SAME_USER])
@pytest.mark.parametrize("signals", [[signal.SIGINT, signal.SIGTERM], [signal.SIGTERM]])
def test_a_cancelled_job_still_tells_what_it_did(
    workplace: Workplace, place: Path, before: tuple[str, ...], signals: list[signal.Signals]
) -> None:
    ready = place / "ready"
    place.chmod(0o777)
    process = workplace.start(workplace.issue(EDIT, test=[f"touch {ready}; sleep 300"]), before=before)
    wait_until(ready.exists, process)
    for signum in signals:
        process.send_signal(signum)
    done = workplace.ended(process)
    assert (done.code, done.received.report.outcome) == (130, "cancelled"), done.log
    assert done.outputs["outcome"] == "cancelled"
    assert done.obeyed[-1][0] == "error"
    _assert_as_before(workplace)


def test_a_kill_leaves_no_half_of_a_handover(workplace: Workplace, place: Path) -> None:
    ready = place / "ready"
    place.chmod(0o777)
    issue = workplace.issue(EDIT, test=[f"test -e {ready} || {{ touch {ready}; sleep 300; }}"])
    process = workplace.start(issue)
    wait_until(ready.exists, process)
    process.kill()
    assert workplace.ended(process).outputs == {}
    assert list((workplace.temp / "handover").iterdir()) == []
    again = workplace.work(issue)
    assert (again.code, again.outputs["outcome"]) == (0, "clean"), again.log
    assert "put back what the interrupted job run-77 had changed" in again.log
    (place / "home").chmod(0o750)  # opened for the user who runs the commands; a kill leaves it so
    _assert_as_before(workplace)


def _with_model(workplace: Workplace, issue: int, script: list[Any]) -> Worked:
    with ModelServer(script) as server:
        return workplace.work(issue, OPENAI_API_KEY="of-no-known-shape-1", OPENAI_API_BASE=server.api_base)


def _assert_as_before(workplace: Workplace) -> None:
    """The checkout is the runner's own again, on its branch, with nothing of root in it."""
    if IS_ROOT:
        paths = (workplace.place / "home").rglob("*")
        assert {str(path): path.lstat().st_uid for path in paths if path.lstat().st_uid != RUNNER} == {}
        assert (workplace.place / "home").stat().st_mode & 0o777 == 0o750
    trusted = ("-c", f"safe.directory={workplace.root}")
    assert git(workplace.root, *trusted, "status", "--porcelain", "--branch").splitlines() == ["## main...origin/main"]


def test_what_format_commands_made_is_handed_over_with_the_tree_that_was_tested(workplace: Workplace) -> None:
    new = "```python create=b.py\nb=1\n```\n"
    issue = workplace.issue(EDIT, new, format=["sed -i 's/=/ = /' b.py; echo y >> lib.py"], test=["grep 'b = 1' b.py"])
    done = workplace.work(issue)
    assert (done.code, done.outputs["outcome"]) == (0, "clean"), done.log
    assert done.received.handover.implementer == (("b.py", FileState(b"b = 1\n")),)
    assert (done.report["formatted"], done.report["dirtied"]) == (["b.py"], ["lib.py"])
    _assert_as_before(workplace)
