"""Nudge, escalate, stop; what must not fire; and thresholds as they are set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import command_line
from scripted_runs import APP, MODEL, SECOND, block, hunk, spec
from standins.model import call, calls, say

if TYPE_CHECKING:
    from scripted_runs import Runner
    from standins.model import Answer

REFLECTION = say("{}")
READ = call("read", path="app.py")


def note(value: int, before: int) -> Answer:
    return call("edit", path="app.py", hunks=hunk(f"note = {before}", f"note = {value}"))


def swap(name: str, old: str, new: str) -> Answer:
    return call("edit", path="app.py", hunks=hunk(f"{name} = '{old}'", f"{name} = '{new}'"))


def test_nudge_then_the_next_model_in_a_fresh_context_then_stop(runner: Runner) -> None:
    first = [note(1, 0), *[READ] * 8]
    second = [READ] * 4
    run = runner.run([*first, *second, REFLECTION], models=[MODEL, SECOND])
    repeated = [(5, "nudge"), (9, "escalate"), (13, "stop")]
    assert run.signals == [("repeated-action", turn, response) for turn, response in repeated]
    assert (run.outcome, run.code) == ("stalled", 1)
    assert run.models == ["scripted-1"] * 9 + ["scripted-2"] * 5
    opening = run.asked[9]
    assert [message["role"] for message in opening] == ["system", "user"]
    assert "turn 1: edit app.py: app.py: 1 hunk applied" in opening[1]["content"]
    assert run.evidence[1] in opening[1]["content"]
    assert "note = 1" in opening[1]["content"]  # the files as they are now
    assert run.evidence[2] in run.report["reason"]
    assert "note = 1" in run.committed("app.py")
    assert run.report["turns"][9]["context"] == 1
    assert command_line.git(run.root, "status", "--porcelain") == ""


def test_the_second_model_may_repair_what_the_first_could_not(runner: Runner) -> None:
    talk = [say(f"Let me think of {number}.") for number in range(6)]
    run = runner.run([*talk, swap("one", "wrong", "right"), REFLECTION], models=[MODEL, SECOND])
    assert run.signals == [("monologue", 3, "nudge"), ("monologue", 6, "escalate")]
    assert (run.outcome, run.code, run.models[6:]) == ("fixed", 0, ["scripted-2"] * 2)


def test_with_one_model_the_second_hit_stops_and_nothing_built_stays_the_specs(runner: Runner) -> None:
    run = runner.run([call("finish"), call("finish"), REFLECTION])
    assert run.signals == [("built-nothing", 1, "nudge"), ("built-nothing", 2, "stop")]
    assert (run.outcome, run.code) == ("stalled", 1)
    assert run.committed("app.py") == APP


def test_a_model_is_nudged_three_times_at_most(runner: Runner) -> None:
    three = [READ] * 4 + [note(1, 0)] + [say(f"On {number}.") for number in range(3)] + [note(2, 1)]
    errors = [call("read", path=f"no{number}.py") for number in range(3)]
    empty = [say("")] * 3
    run = runner.run([*three, *errors, *empty, REFLECTION])
    assert [response for _, _, response in run.signals] == ["nudge"] * 3 + ["stop"]
    assert run.outcome == "stalled"


def other(number: int) -> Answer:
    """An edit that leaves a tree never seen before and, every second time, other failures."""
    two = "worse" if number % 2 else "right"
    return call("write", path="app.py", content=f"one = 'wrong'\ntwo = '{two}'\nthree = 'right'\nnote = {number}\n")


QUIET = [
    # one below each threshold, each broken off by something else
    READ, READ, READ, call("search", text="one"),
    call("read", path="a.py"), call("read", path="b.py"), READ, call("read", path="c.py"), other(1),
    say("First I think."), say("Then I think more."), call("search", text="two"), other(2),
    say(""), say("The", finish_reason="length"), call("search", text="three"), other(3),
    READ, call("read", path="app.py", start=2), READ, call("read", path="app.py", start=2), call("search", text="x"),
    call("write", path="tests/check.sh", content="exit 0\n"),
    other(4), call("run_tests"), other(5), call("run_tests"), other(6), call("run_tests"), other(7), call("run_tests"),
    READ, other(8), READ, other(9), READ, other(10), READ,
    note(11, 10), note(12, 11), note(13, 12), other(15), other(16),  # three edits with the same failures
    note(17, 16), note(16, 17), other(19), other(18),  # one return
    call("edit", path="app.py", hunks=hunk("nowhere", "x")), call("edit", path="app.py", hunks=hunk("nothing", "x")),
    note(21, 18), call("edit", path="app.py", hunks=hunk("never", "x")), other(23),
    # many reads, below the threshold
    *[call("search", text=f"name {number}") for number in range(15)],
]  # fmt: skip


def test_a_long_healthy_run_fires_nothing(runner: Runner) -> None:
    script = [*QUIET, call("write", path="app.py", content=APP.replace("wrong", "right")), REFLECTION]
    run = runner.run(script, text=spec(budget={"turns": 80}))
    assert run.signals == []
    assert (run.outcome, run.unplayed) == ("fixed", 0)


SLOW = (
    "n=$(cat .n || echo 0); echo $((n + 1)) > .n; sleep 0.05; "
    "red=0; sh tests/check.sh || red=1; echo $n items; exit $red"
)


def test_polling_what_changes_and_a_slow_silent_tool_fire_nothing(runner: Runner) -> None:
    script = [*[call("run_tests")] * 12, swap("one", "wrong", "right"), REFLECTION]
    run = runner.run(script, text=spec(test=[SLOW]))
    assert run.signals == []
    assert run.outcome == "fixed"


def test_a_syntax_error_that_moves_fires_nothing(runner: Runner) -> None:
    broken = [block("create", "b.txt", "def g():\n    return (\n\n\n\n\n\nx = 1")]
    moves = [call("write", path="b.txt", content="\n" * number + "def g(:\n    return 1\n") for number in range(5)]
    command = "test ! -e b.txt || python3 -m py_compile b.txt"
    repair = call("write", path="b.txt", content="def g():\n    return 1\n")
    run = runner.run([*moves, repair, REFLECTION], text=spec(None, blocks=broken, test=[command]))
    assert run.signals == []
    assert run.outcome == "fixed"


def test_too_short_a_history_fires_nothing(runner: Runner) -> None:
    run = runner.run([READ, swap("one", "wrong", "right"), REFLECTION])
    assert (run.signals, run.outcome) == ([], "fixed")


THRESHOLDS = {
    "monologue": ([say(f"On {number}.") for number in range(9)], 5, 5),
    "repeated-action": ([READ] * 9, 2, 2),
    "alternation": ([READ, call("search", text="one")] * 9, 2, 4),
    "context-loop": ([say("")] * 9, 1, 1),
    "built-nothing": ([calls(("run_tests", {}), ("search", {"text": f"x{number}"})) for number in range(9)], 3, 3),
    "tampering": ([call("write", path=f"no{number}.py", content="x\n") for number in range(9)], 1, 1),
}


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_thresholds_of_the_repository_are_honoured(runner: Runner, kind: str) -> None:
    script, threshold, turn = THRESHOLDS[kind]
    root = runner.repository(stalls={kind: threshold}, roles={"implementer": [MODEL]})
    script = [*script[:turn], swap("one", "wrong", "right"), REFLECTION]
    run = runner.run(script, root=root, models=[])
    assert run.signals == [(kind, turn, "nudge")]
    assert run.outcome == "fixed"
    assert "scripted" in json.dumps(run.report["turns"])
