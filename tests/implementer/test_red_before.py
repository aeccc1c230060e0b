"""New failures beside old ones: the model sees its own, and cannot make them look old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import block, hunk, spec
from standins.model import call, say

if TYPE_CHECKING:
    from scripted_runs import Run, Runner
    from standins.model import Step

REFLECTION = say('{"advice": "look twice"}')
# Without addresses in their errors: those of two forked interpreters may be the same, or not.
OLD = (
    "import b\n\n\ndef test_old():\n    value = b.f()\n    assert value == 3, 'an old failure'\n"
    "\n\ndef test_both():\n    value = b.g()\n    assert value == 5\n"
)
FILES = {"b.py": "def f():\n    return 1\n\n\ndef g():\n    return 1\n", "test_old.py": OLD}
NEW = "import b\n\n\ndef test_new():\n    value = b.h()\n    assert value == 2, 'a new failure'\n"
H = block("edit", "b.py", hunk("def g():\n    return 1", "def g():\n    return 1\n\n\ndef h():\n    return 1"))
WORSE = block("edit", "b.py", hunk("def g():\n    return 1", "def g():\n    return 2\n\n\ndef h():\n    return 2"))
FIX = call("edit", path="b.py", hunks=hunk("def h():\n    return 1", "def h():\n    return 2"))


def repaired(runner: Runner, *script: Step, blocks: tuple[str, ...] = (H,), **settings: Any) -> Run:
    root = runner.repository(FILES)
    text = spec(None, blocks=[*blocks, block("create", "test_new.py", NEW)], test=[PYTEST], **settings)
    return runner.run([*script], text=text, root=root)


def test_the_model_gets_the_new_failure_without_the_old_ones(runner: Runner) -> None:
    run = repaired(runner, FIX, REFLECTION)
    assert (run.outcome, run.code, run.report["base_red"]) == ("fixed", 0, True)
    assert run.report["excused"] == ["test_old.py::test_both", "test_old.py::test_old"]
    asked = "".join(str(message["content"]) for message in run.asked[0])
    assert "a new failure" in asked
    assert "test_old" not in asked
    assert "an old failure" not in asked
    verified = [command for command in run.report["commands"] if command["stage"] == "verify"]
    assert [(command["exit_code"], command["as_on_base"]) for command in verified] == [(1, True)]


def test_what_was_not_excused_before_the_first_edit_is_never_excused(runner: Runner) -> None:
    # The spec makes an old failure another one; the model makes it the old one again, which repairs nothing.
    back = call("edit", path="b.py", hunks=hunk("def g():\n    return 2", "def g():\n    return 1"))
    run = repaired(runner, back, call("finish"), call("finish"), REFLECTION, blocks=(WORSE,))
    assert (run.code, run.outcome in {"stalled", "failing"}) == (1, True)
    assert run.report["excused"] == ["test_old.py::test_old"]


def test_a_test_in_fixes_that_is_still_red_goes_to_the_model(runner: Runner) -> None:
    fix = call("edit", path="b.py", hunks=hunk("def g():\n    return 2", "def g():\n    return 5"))
    run = repaired(runner, fix, REFLECTION, blocks=(WORSE,), fixes=["test_old.py::test_both"])
    assert (run.outcome, run.report["excused"]) == ("fixed", ["test_old.py::test_old"])
    assert "test_both" in str(run.asked[0])


@pytest.mark.parametrize("cheat", ["fewer tests", "a file that cannot be imported"])
def test_a_model_cannot_hide_the_new_failure_behind_old_ones(runner: Runner, cheat: str) -> None:
    code = "raise SystemExit(1)" if cheat == "fewer tests" else "import no_such_package"
    edit = call("edit", path="b.py", hunks=hunk("def f():\n    return 1", f"{code}\n\n\ndef f():\n    return 1"))
    run = repaired(runner, edit, call("finish"), call("finish"), REFLECTION)
    assert (run.code, run.outcome in {"stalled", "failing"}) == (1, True)
