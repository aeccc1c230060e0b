"""Every stall that must fire and every one that must not, through `Detector.observe`, the turn named exactly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.stalls.detector import Action, Detector, Responses, Supervisor
from mtor_action.stalls.signals import SIGNALS
from mtor_action.stalls.turn_events import Call, CallKind, FinishClaim, Signal, Turn
from mtor_action.stalls.watch import WatchStart

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SPEC = " ".join(f"sentence {n} of the spec says that module {n * 7} must return value {n * 13}." for n in range(40))
START = WatchStart(spec_text=SPEC, failures=frozenset({"t::a", "t::b"}), tree="T0", head="c0")


def read(path: str = "a.py", observation: str = "x = 1") -> Call:
    return Call("read", f'{{"path": "{path}"}}', observation, CallKind.READ, path)


def edit(new: str, path: str = "a.py") -> Call:
    return Call("edit", f'{{"new": "{new}", "path": "{path}"}}', "ok", CallKind.EDIT, path)


def run(observation: str, command: str = "status") -> Call:
    return Call("run", f'{{"command": "{command}"}}', observation)


def suite(*failing: str, observation: str = "red") -> Call:
    return Call("test", "{}", observation, CallKind.TEST, failing=frozenset(failing))


def failed_edit(new: str, error: str, observation: str = "no") -> Call:
    return Call("edit", f'{{"new": "{new}"}}', observation, CallKind.EDIT, error_class=error)


def turns(*calls: Call | Sequence[Call], trees: Sequence[str] = ()) -> list[Turn]:
    batches = [(call,) if isinstance(call, Call) else tuple(call) for call in calls]
    given_trees = [*trees, *[""] * len(batches)]
    return [Turn(number, calls=batch, tree=given_trees[number - 1]) for number, batch in enumerate(batches, 1)]


def talk(*texts: str) -> list[Turn]:
    return [Turn(number, text=text) for number, text in enumerate(texts, 1)]


def fired(events: Iterable[Turn | FinishClaim], start: WatchStart = START) -> list[tuple[str, int]]:
    detector = Detector({}, start)
    return [(signal.kind, signal.turn) for event in events for signal in detector.observe(event)]


# Stalls that must fire.


def test_the_same_call_with_the_same_observation_fires_at_the_fourth_time_not_at_the_third() -> None:
    assert fired(turns(*[read()] * 3)) == []
    assert fired(turns(*[read()] * 4)) == [("repeated-action", 4)]


def test_a_tool_that_fails_three_times_in_one_class_fires_whatever_the_arguments_and_texts() -> None:
    calls = [failed_edit(str(n), "no-match", f"no place matches {n}") for n in range(3)]
    assert fired(turns(*calls)) == [("repeated-error", 3)]


def test_two_calls_that_alternate_three_times_fire_at_the_sixth() -> None:
    assert fired(turns(*[read("a"), read("b")] * 3)) == [("alternation", 6)]


def test_a_cycle_of_three_calls_fires_at_the_ninth() -> None:
    cycle = [read("a"), read("b"), read("c")]
    assert fired(turns(*cycle * 3)) == [("alternation", 9)]


def test_three_replies_in_a_row_that_only_talk_fire_whatever_their_wording() -> None:
    assert fired(talk("First I think.", "Then I ponder.", "Now I muse.")) == [("monologue", 3)]


def test_the_spec_echoed_back_fires_at_once() -> None:
    assert fired(talk(f"Here is my plan. {SPEC}")) == [("echo", 1)]


def test_an_earlier_reply_echoed_back_fires() -> None:
    reply = " ".join(f"I would like to change function {n} so that it returns {n * n} again." for n in range(12))
    events = [Turn(1, reply, (read(),)), Turn(2, "", (read("b"),)), Turn(3, f"Well: {reply}")]
    assert fired(events) == [("echo", 3)]


def test_a_reworded_thought_with_the_same_action_and_observation_fires() -> None:
    events = [Turn(n, f"Thought number {n}, put another way", (read(),)) for n in range(1, 5)]
    assert fired(events) == [("repeated-action", 4)]


def test_three_identical_calls_in_one_batch_fire() -> None:
    assert fired(turns([read(), read("b"), read(), read()])) == [("repeated-action", 1)]
    assert fired(turns([read(), read()])) == []


def test_a_finish_with_no_change_is_built_nothing_not_success() -> None:
    assert fired([*turns(read()), FinishClaim(1, built=False)]) == [("built-nothing", 1)]


def test_a_tree_that_goes_back_and_forth_fires_at_its_second_return() -> None:
    assert fired(turns(edit("b"), edit("a"), edit("c"), trees=["T1", "T0", "T1"])) == [("oscillation", 3)]


def test_the_same_failures_after_four_edits_fire_at_the_fourth_test_run() -> None:
    events = turns(
        *[call for n in range(4) for call in (edit(str(n)), suite("t::a", "t::b", observation=f"{n}"))],
        trees=[tree for n in range(4) for tree in (f"T{n + 1}", f"T{n + 1}")],
    )
    assert fired(events[:-1]) == []
    assert fired(events) == [("no-progress", 8)]


def test_edit_and_test_in_one_batch_are_a_cycle_too() -> None:
    batches = [[edit(str(n)), suite("t::a", "t::b", observation=str(n))] for n in range(4)]
    assert fired(turns(*batches, trees=["T1", "T2", "T3", "T4"])) == [("no-progress", 4)]


def test_a_loop_in_the_last_events_of_a_long_healthy_history_fires_as_it_would_alone() -> None:
    healthy = healthy_history(600)
    looping = [Turn(600 + n, calls=(read(),)) for n in range(1, 5)]
    assert fired([*healthy, *looping]) == [("repeated-action", 604)]


def test_two_attempts_on_protected_files_or_outside_the_scope_fire() -> None:
    protected = Call("edit", observation="refused", error_class="protected", tampering="edit of tests/test_a.py")
    outside = Call("write", observation="refused", error_class="outside", tampering="write to ../x")
    assert fired(turns(protected, read(), outside)) == [("tampering", 3)]
    assert fired(turns([protected, outside])) == [("tampering", 1)]


def test_a_test_cheat_fires_at_the_first() -> None:
    cheat = Call("edit", kind=CallKind.EDIT, cheats=("tests/test_a.py: skip added (1)",))
    assert fired(turns(read(), cheat)) == [("test-cheat", 2)]


def test_more_failures_than_before_the_first_fix_kept_for_three_cycles_fire() -> None:
    worse = [call for n in range(3) for call in (edit(str(n)), suite(*"abcd"[: 3 + n % 2], observation=str(n)))]
    assert fired(turns(*worse)) == [("regression", 6)]


def test_eight_turns_that_leave_the_tree_fire_and_reads_count_half() -> None:
    assert fired(turns(*[run(str(n), str(n)) for n in range(8)])) == [("built-nothing", 8)]
    assert fired(turns(*[read(str(n)) for n in range(16)])) == [("built-nothing", 16)]


def test_truncated_or_empty_replies_fire_at_the_third() -> None:
    events = [Turn(1, "cut", truncated=True), Turn(2), Turn(3, "cut", (read(),), truncated=True)]
    assert fired(events) == [("context-loop", 3)]


# Stalls that must not fire.


def healthy_history(count: int) -> list[Turn]:
    """Edit and test by turns, other failures each time."""
    return [
        Turn(n, calls=(edit(str(n)) if n % 2 else suite(f"t::{n}", observation=str(n)),), tree=f"T{(n + 1) // 2}")
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([], id="no history at all"),
        pytest.param(turns(read()), id="too short a history"),
        pytest.param(turns(*[read(str(n)) for n in range(15)]), id="many reads at the start of a large task"),
        pytest.param(turns(*[run(f"{n}% done") for n in range(40)]), id="polling whose output changes"),
        pytest.param(
            turns(*[call for n in range(3) for call in (edit(str(n)), suite("t::a", "t::b"))], trees=list("AABBCC")),
            id="the tests run again after an edit",
        ),
        pytest.param(
            turns(*[call for n in range(6) for call in (read(), edit(str(n)))], trees=list("_ABBCCDDEEFF")),
            id="the same file read again after it was edited",
        ),
        pytest.param(
            [*turns(edit("b"), trees=["T1"]), Turn(2, calls=(run("committed"),), tree="T0", head="c1"),
             FinishClaim(2, built=False)],
            id="a worker that committed everything",
        ),
        pytest.param([*turns(read()), FinishClaim(1, built=False, disputes=("t::a",))], id="a dispute"),
        pytest.param(
            turns(failed_edit("1", "no-match"), edit("1"), failed_edit("2", "no-match"), edit("2"),
                  failed_edit("3", "no-match"), trees=["", "A", "", "B"]),
            id="one failure between successes",
        ),
        pytest.param(
            turns(*[failed_edit(str(n), "SyntaxError", f"line {n}: invalid syntax") for n in range(7)]),
            id="a syntax error at a moving line",
        ),
        pytest.param(turns(*[read("a"), read("b")] * 2, read("a")), id="alternation, one call below"),
        pytest.param(turns(*[failed_edit(str(n), "no-match") for n in range(2)]), id="two errors"),
        pytest.param(turns(*[failed_edit(str(n), f"class-{n}") for n in range(6)]), id="errors of other classes"),
        pytest.param(talk("I think.", "I ponder."), id="two replies that only talk"),
        pytest.param([*talk("So.", "Well."), Turn(3, calls=(read(),)), Turn(4, "Hm.")], id="talk, work, talk"),
        pytest.param([Turn(1, truncated=True), Turn(2)], id="two empty replies"),
        pytest.param(talk(SPEC[:380]), id="a short quotation of the spec"),
        pytest.param([Turn(1, SPEC, (read(),))], id="the spec quoted beside a call"),
        pytest.param(turns(edit("b"), edit("a"), trees=["T1", "T0"]), id="one return to an earlier tree"),
        pytest.param(turns(Call("edit", tampering="edit of tests/test_a.py")), id="one attempt on a protected file"),
        pytest.param(healthy_history(400), id="a long healthy history"),
        pytest.param(turns(*[suite("t::a", observation=str(n)) for n in range(5)]), id="test runs without an edit"),
    ],
)  # fmt: skip
def test_this_is_not_a_stall(events: list[Turn | FinishClaim]) -> None:
    assert fired(events) == []


def test_a_slow_tool_is_not_a_stall_because_no_event_carries_a_time() -> None:
    assert not any("second" in name or "time" in name for name in (*Turn.__slots__, *Call.__slots__))


def test_failures_that_a_broken_import_hid_are_not_a_regression() -> None:
    start = WatchStart(failures=frozenset({"tests/test_a.py"}), broken=True, tree="T0")
    shown = [call for n in range(4) for call in (edit(str(n)), suite(*"abcdefgh"[: 8 - n], observation=str(n)))]
    assert fired(turns(*shown), start) == []


def test_observations_that_differ_only_in_times_and_addresses_are_the_same() -> None:
    calls = [run(f"refused after {n}.1s at 0x7f00{n}aa, pid {n}7") for n in range(4)]
    assert fired(turns(*calls)) == [("repeated-action", 4)]


# What is done about it.


def repeat(supervisor: Supervisor, first: int, count: int) -> list[Action]:
    events = [Turn(n, calls=(read(),)) for n in range(first, first + count)]
    return [response.action for event in events if (response := supervisor.observe(event))]


def test_after_a_nudge_correcting_itself_goes_on_normally() -> None:
    supervisor = Supervisor({}, START, models=2)
    assert repeat(supervisor, 1, 4) == [Action.NUDGE]
    work = [Turn(4 + each.number, calls=each.calls, tree=each.tree) for each in healthy_history(50)]
    assert [supervisor.observe(event) for event in work] == [None] * 50


def test_the_same_again_escalates_and_the_next_identical_hit_stops() -> None:
    supervisor = Supervisor({}, START, models=2)
    assert repeat(supervisor, 1, 4) == [Action.NUDGE]
    assert repeat(supervisor, 5, 3) == []
    assert repeat(supervisor, 8, 1) == [Action.ESCALATE]
    assert repeat(supervisor, 9, 3) == []
    assert repeat(supervisor, 12, 1) == [Action.STOP]
    fired_at = [(signal.turn, response.action) for response in supervisor.responses for signal in response.signals]
    assert fired_at == [(4, Action.NUDGE), (8, Action.ESCALATE), (12, Action.STOP)]


def test_with_one_model_the_second_hit_stops() -> None:
    supervisor = Supervisor({}, START, models=1)
    assert repeat(supervisor, 1, 8) == [Action.NUDGE, Action.STOP]


def test_an_escalation_starts_every_window_again() -> None:
    supervisor = Supervisor({}, START, models=2)
    assert repeat(supervisor, 1, 7) == [Action.NUDGE]
    supervisor.observe(Turn(8, "I think."))
    supervisor.observe(Turn(9, "I ponder."))
    assert repeat(supervisor, 10, 1) == [Action.ESCALATE]
    assert supervisor.observe(Turn(11, "I muse.")) is None


def test_a_nudge_names_the_evidence() -> None:
    response = Responses(2).respond([Signal("monologue", 3, "3 replies in a row without a tool call")])
    assert response is not None
    assert "monologue: 3 replies in a row without a tool call" in response.text


def test_another_kind_is_nudged_first_but_a_model_is_nudged_three_times_at_most() -> None:
    responses = Responses(models=2)
    kinds = ["monologue", "echo", "tampering", "oscillation", "no-progress", "monologue"]
    actions = [responses.respond([Signal(kind, 1, "")]) for kind in kinds]
    assert [response.action.value for response in actions if response] == [
        "nudge",
        "nudge",
        "nudge",
        "escalate",
        "nudge",
        "stop",
    ]


def test_no_signal_needs_no_response() -> None:
    assert Responses(1).respond([]) is None


# Robustness.

_CALLS = st.builds(
    Call,
    tool=st.sampled_from(["read", "edit", "test"]),
    arguments=st.sampled_from(["{}", "1"]) | st.text(max_size=5),
    observation=st.sampled_from(["", "x"]) | st.text(max_size=5),
    kind=st.sampled_from(CallKind),
    error_class=st.none() | st.sampled_from(["a", "syntax"]),
    failing=st.none() | st.frozensets(st.sampled_from("abc")),
    broken=st.booleans(),
    tampering=st.none() | st.just("t"),
    cheats=st.just(()) | st.just(("c",)),
)
_TURNS = st.builds(
    Turn,
    number=st.integers(),
    text=st.text(max_size=20) | st.just(SPEC),
    calls=st.lists(_CALLS, max_size=4).map(tuple),
    tree=st.sampled_from(["", "A", "B", "C"]),
    head=st.sampled_from(["", "c0", "c1"]),
    truncated=st.booleans(),
)
_FINISHES = st.builds(FinishClaim, turn=st.integers(), built=st.booleans(), disputes=st.just(()) | st.just(("x",)))
_EVENTS = st.lists(_TURNS | _FINISHES, max_size=12)
_KINDS = {kind.name for kind in SIGNALS}


@given(_EVENTS)
def test_no_history_raises_and_every_signal_is_of_the_table(events: list[Turn | FinishClaim]) -> None:
    supervisor = Supervisor({}, START, models=2)
    for event in events:
        supervisor.observe(event)
    assert {signal.kind for response in supervisor.responses for signal in response.signals} <= _KINDS


@given(_EVENTS)
def test_the_same_events_give_the_same_signals(events: list[Turn | FinishClaim]) -> None:
    assert fired(events) == fired(events)


@given(st.integers(min_value=0, max_value=40), st.sampled_from(["read", "alternate", "talk", "empty"]))
def test_a_loop_fires_after_the_same_number_of_turns_however_long_the_healthy_history(length: int, loop: str) -> None:
    loops = {
        "read": (4, [read()] * 4),
        "alternate": (6, [read("a"), read("b")] * 3),
    }
    before = healthy_history(2 * length)
    if loop in loops:
        count, calls = loops[loop]
        events = [Turn(2 * length + n, calls=(call,)) for n, call in enumerate(calls, 1)]
    else:
        count, text = 3, "words" if loop == "talk" else ""
        events = [Turn(2 * length + n, text) for n in range(1, 4)]
    assert [turn for _, turn in fired([*before, *events])] == [2 * length + count]


def test_ten_thousand_turns_are_quick() -> None:
    events = healthy_history(10_000)
    started = time.monotonic()
    assert fired(events) == []
    assert time.monotonic() - started < 30


def test_a_huge_reply_and_a_huge_observation_are_bounded() -> None:
    started = time.monotonic()
    fired([Turn(1, "word " * 1_000_000), Turn(2, calls=(read(observation="line\n" * 1_000_000),))])
    assert time.monotonic() - started < 20
