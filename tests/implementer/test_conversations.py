"""What is sent: bounded however long a run lasts and whatever a model says, and always valid for OpenAI's API.

`Runner.run` checks the validity of every request of every test of this folder; here the replies are wild.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scripted_runs import APP, characters, hunk, spec
from standins.model import Answer, Fault, call, calls, say
from standins.model.script import Manner

if TYPE_CHECKING:
    from scripted_runs import Runner
    from standins.model import Step

QUIET = dict.fromkeys(
    ["monologue", "built-nothing", "repeated-action", "repeated-error", "alternation", "no-progress", "oscillation",
     "regression", "tampering", "test-cheat", "context-loop"], 1000,
)  # fmt: skip
BIG = "".join(f"line {number} {'x' * 60}\n" for number in range(2_000))
MOST_CHARACTERS = 200_000


@pytest.mark.soak
def test_sixty_greedy_turns_stay_below_a_bound(runner: Runner) -> None:
    root = runner.repository({"big.txt": BIG}, stalls=QUIET)
    turns: list[Step] = []
    for number in range(20):
        note = f"note = {number}\n" + "# filler\n" * 2_000
        turns += [
            calls(
                *[("read", {"path": "big.txt", "start": 1 + 90 * at + number}) for at in range(40)], text="y" * 90_000
            ),
            call("write", path="app.py", content=APP.replace("note = 0\n", note)),
            calls(("search", {"text": "x" * 20}), ("read", {"path": ["z" * 50_000]}), ("k" * 9_000, {})),
        ]
    run = runner.run([*turns, say("{}")], root=root, text=spec(budget={"turns": 60, "tokens": 10**9}))
    assert len(run.report["turns"]) == 60
    assert run.outcome == "failing"
    sizes = [characters(request) for request in run.requests]
    assert max(sizes) < MOST_CHARACTERS, sizes
    assert max(sizes[30:60]) < 1.2 * max(sizes[6:30]), sizes
    last = run.asked[59]
    assert sum("[folded" in message["content"] for message in last) > 10
    assert run.report["usage"]["parts"]["history"] < 60 * 60_000
    assert len(run.report["turns"][0]["calls"]) == 20
    assert "first 20 calls" in run.report["turns"][0]["said"]


def test_old_observations_are_folded_and_the_last_turns_are_whole(runner: Runner) -> None:
    root = runner.repository({"big.txt": BIG}, stalls=QUIET)
    reads = [call("read", path="big.txt", start=1 + number, end=41 + number) for number in range(8)]
    run = runner.run([*reads, say("{}")], root=root, text=spec(budget={"turns": 8}))
    observed = [message["content"] for message in run.asked[7] if message["role"] == "tool"]
    assert ["[folded" in text for text in observed] == [True] * 4 + [False] * 3
    assert observed[0].startswith("big.txt, lines 1-41 of 2000")


def test_ids_that_a_provider_gives_twice_are_told_apart(runner: Runner) -> None:
    one = {"id": "call_0", "type": "function", "function": {"name": "read", "arguments": '{"path": "app.py"}'}}
    two = {"id": "call_0", "type": "function", "function": {"name": "search", "arguments": '{"text": "one"}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [one, two]}
    body = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip
    twice = Fault(manner=Manner.STATUS, status=200, body=json.dumps(body))
    run = runner.run(
        [twice, twice, call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'")), say("{}")]
    )
    assert run.outcome == "fixed"


def test_numbers_that_python_will_not_read_are_answered(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    asked = [say(f"@read app.py {'9' * 5_000}-{'9' * 5_000}\n"), say("```edit=app.py\n\ud800\n```\n\n@search a\x00b\n")]
    repair = say(f"```edit=app.py\n{hunk('one = ' + repr('wrong'), 'one = ' + repr('right'))}\n```\n")
    run = runner.run([*asked, repair, say("{}")], root=root)
    assert (run.outcome, len(run.report["turns"])) == ("fixed", 3), (run.report["reason"], run.err)


PATHS = ["", " ", "\x00", "\ud800", "app.py", "../x", ".git/config", "tests/check.sh", "/etc/passwd", "a\nb"]
HUNKS = [hunk("one = 'wrong'", "one = 'bad'"), hunk("", ""), "<<<<<<< SEARCH\nx", "```edit=app.py\n\ud800\n```"]
COMMANDS = [
    "@read app.py\r\r\n@search \x00", "```write=app.py\nx\n", "@finish\nadvice: \ud800", "@read app.py " + "9" * 20,
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=40), *map(st.sampled_from, (PATHS, HUNKS, COMMANDS)))
NAMES = st.one_of(
    st.sampled_from(["read", "search", "edit", "write", "run_tests", "read", "write"]),
    st.text(max_size=5), st.just("a b.c"), st.just("x" * 80),
)  # fmt: skip
VALUES = st.one_of(TEXTS, st.integers(-3, 10**20), st.none(), st.lists(TEXTS, max_size=2), st.just({"a": 1.5}))
OBJECTS = st.dictionaries(
    st.one_of(st.sampled_from(["path", "start", "end", "text", "hunks", "content"]), TEXTS), VALUES, max_size=4
)
ARGUMENTS = st.one_of(
    OBJECTS.map(json.dumps), OBJECTS.map(json.dumps), TEXTS, VALUES.map(json.dumps),
    st.just("[" * 50),
)  # fmt: skip
ANSWERS = st.builds(
    Answer,
    text=st.one_of(st.none(), TEXTS),
    calls=st.lists(st.tuples(NAMES, ARGUMENTS), max_size=4).map(tuple),
    finish_reason=st.sampled_from(["", "", "stop", "length", "content_filter"]),
    reasoning=TEXTS,
)


# Without shrinking: every example is a run, and the seed is printed.
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)
@given(script=st.lists(ANSWERS, min_size=12, max_size=12), protocol=st.sampled_from(["tools", "tools", "text"]))
def test_whatever_a_model_says_the_next_request_is_valid(runner: Runner, script: list[Answer], protocol: str) -> None:
    root = runner.repository(stalls=QUIET, protocol=protocol)
    run = runner.run([*script, say("{}")], root=root, text=spec(budget={"turns": 12}))
    is_filtered = run.outcome == "error" and "content filter" in run.report["reason"]
    assert is_filtered or run.outcome in {"failing", "fixed", "stalled"}, (run.report["reason"], run.err)
    assert "Traceback" not in run.err
    assert max(map(characters, run.requests)) < MOST_CHARACTERS
