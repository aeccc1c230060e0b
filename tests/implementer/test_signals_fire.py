"""Every stall that must fire, through `mtor run`: at the turn named, with evidence, with the ladder's response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import APP, hunk, spec
from standins.model import call, calls, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripted_runs import Runner
    from standins.model import Step

REFLECTION = say('{"advice": "look at the names"}')
STEMS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet")
PROSE = " ".join(f"The {stem} module keeps its {other} in order." for stem in STEMS for other in STEMS[:3])


def note(value: int, before: int) -> Step:
    """An edit that changes no test's result."""
    return call("edit", path="app.py", hunks=hunk(f"note = {before}", f"note = {value}"))


def swap(name: str, old: str, new: str) -> Step:
    return call("edit", path="app.py", hunks=hunk(f"{name} = '{old}'", f"{name} = '{new}'"))


def miss(text: str) -> Step:
    return call("edit", path="app.py", hunks=hunk(f"nowhere {text}", "x"))


FIX = swap("one", "wrong", "right")
READ = call("read", path="app.py")
READ_TWO = call("read", path="app.py", start=2)
READ_THREE = call("read", path="app.py", start=3)
CHEAT = call("edit", path="app.py", hunks=hunk("note = 0", "import sys\nsys.exit(0)"))
RUN_AND_LOOK = [calls(("run_tests", {}), ("search", {"text": stem})) for stem in STEMS]

FIRING: dict[str, tuple[Sequence[Step], str, int, str]] = {
    "the same call with the same observation": ([READ] * 4, "repeated-action", 4, "read("),
    "reworded thoughts around the same call": (
        [calls(("read", {"path": "app.py"}), text=f"Perhaps {stem}.") for stem in STEMS[:4]],
        "repeated-action", 4, "4 times in a row",
    ),
    "three identical calls in one batch": (
        [calls(*[("read", {"path": "app.py"})] * 3)], "repeated-action", 1, "one batch",
    ),
    "the same tool failing with different texts": (
        [miss(stem) for stem in STEMS[:3]], "repeated-error", 3, "edit failed 3 times with no-match",
    ),
    "the same tool failing with different arguments": (
        [call("read", path=f"{stem}.py") for stem in STEMS[:3]], "repeated-error", 3, "not-found",
    ),
    "a tool that does not exist": ([call("shell", command=stem) for stem in STEMS[:3]], "repeated-error", 3, "shell"),
    "a cycle of two": ([READ, READ_TWO] * 3, "alternation", 6, "3 times over"),
    "a cycle of three": ([READ, READ_TWO, READ_THREE] * 3, "alternation", 9, "3 times over"),
    "replies that only talk": ([say(f"I consider {stem} now.") for stem in STEMS[:3]], "monologue", 3, "3 replies"),
    "the spec said again": ([say(PROSE)], "echo", 1, "the spec"),
    "an earlier reply said again": (
        [say(PROSE[::-1].replace(".", " ")), READ, say(PROSE[::-1].replace(".", ""))], "echo", 3, "turn 1",
    ),
    "finishing with nothing built": ([call("finish")], "built-nothing", 1, "nothing built"),
    "eight turns without a change": (RUN_AND_LOOK[:8], "built-nothing", 8, "8 turns"),
    "sixteen turns that only read": (
        [call("search", text=f"{stem}{number}") for stem in STEMS[:8] for number in (1, 2)],
        "built-nothing", 16, "16 turns",
    ),
    "the files going back and forth": (
        [note(1, 0), note(0, 1), note(1, 0)], "oscillation", 3, "return 2",
    ),
    "four edits with the same failures": (
        [note(number + 1, number) for number in range(4)], "no-progress", 4, "4 edits in a row",
    ),
    "more failures than before, kept": (
        [swap("two", "right", "bad"), swap("three", "right", "bad"), note(1, 0)], "regression", 3, "1 before",
    ),
    "a protected file, twice": (
        [call("write", path="tests/check.sh", content="exit 0\n")] * 2, "tampering", 2, "tests/check.sh",
    ),
    "outside the scope, twice": (
        [call("write", path="other.py", content="x = 1\n"), call("write", path="../x", content="x = 1\n")],
        "tampering", 2, "../x",
    ),
    "an early exit": ([CHEAT], "test-cheat", 1, "early exit"),
    "replies that are empty": ([say("")] * 3, "context-loop", 3, "cut off or empty"),
    "replies that are cut off": (
        [say(f"The {stem}", finish_reason="length") for stem in STEMS[:3]], "context-loop", 3, "cut off",
    ),
    "a loop after a long healthy history": (
        [
            *[calls(("read", {"path": "app.py", "start": 1 + number % 3}), ("search", {"text": f"{stem}"}))
              for number, stem in enumerate(STEMS)],
            swap("two", "right", "worse"), READ_TWO, swap("two", "worse", "right"), note(1, 0), READ_THREE, note(2, 1),
            *[READ] * 4,
        ],
        "repeated-action", 20, "4 times in a row",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIRING)
def test_a_stall_fires_at_its_turn_and_a_worker_that_corrects_itself_ends_fixed(runner: Runner, name: str) -> None:
    script, kind, turn, evidence = FIRING[name]
    repair = call("write", path="app.py", content=APP.replace("wrong", "right"))
    run = runner.run([*script, repair, REFLECTION], text=spec(prose=PROSE, budget={"turns": 40}))
    assert run.signals == [(kind, turn, "nudge")], run.report["stall"]
    assert evidence in run.evidence[0]
    assert (run.outcome, run.code, run.unplayed) == ("fixed", 0, 0)
    nudge = run.asked[turn][-1]
    assert nudge["role"] == "user"
    assert run.evidence[0] in nudge["content"]
    assert not any(run.evidence[0] in str(messages) for messages in run.asked[:turn])
