"""Red made green, at what price; and runs that must not call a model at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import command_line
from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import APP, MODEL, SECOND, block, hunk, spec
from standins.model import Answer, call, calls, garbage, say

if TYPE_CHECKING:
    from scripted_runs import Runner

RIGHT = APP.replace("wrong", "right")
FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say('{"surprised": "one was wrong", "advice": "look twice", "unknown": 3}')
KNOWN = "openai/gpt-4o-mini"  # its price is in litellm's list


def test_one_wrong_line_costs_one_request_and_one_reflection(runner: Runner) -> None:
    root = runner.repository({"tests/conftest.py": "import sys\n\nsys.path.insert(0, '.')\n"})
    tests = "from b import g\n\n\ndef test_g():\n    assert g() == 2\n"
    blocks = [block("create", "b.py", "def g():\n    return 3\n"), block("create", "tests/test_b.py", tests)]
    edit = call("edit", path="b.py", hunks=hunk("    return 3", "    return 2"))
    run = runner.run([edit, REFLECTION], text=spec(None, blocks=blocks, test=[PYTEST]), root=root)
    assert (run.outcome, run.code, len(run.requests)) == ("fixed", 0, 2)
    usage = run.report["usage"]
    parts = usage["parts"]
    assert parts["rules"] + parts["coaching"] + parts["history"] <= 2_500
    first = sum(len(str(message["content"])) for message in run.asked[0]) / 4
    assert first <= 2_500 + parts["output"] + parts["files"]
    assert run.requests[0].body["tools"]
    assert len(json.dumps(run.requests[0].body["tools"])) / 4 <= 1_500
    assert (usage["requests"], usage["input_tokens"], usage["output_tokens"]) == (2, 200, 40)
    assert run.committed("b.py") == "def g():\n    return 2\n"
    assert run.report["reflection"] == {"surprised": "one was wrong", "advice": "look twice"}
    assert [each["note"] for each in run.report["operations"]] == ["then changed by the implementer", ""]
    assert "assert 3 == 2" in run.asked[0][1]["content"]


def test_several_files_a_crlf_file_and_one_that_allow_opens_in_one_reply(runner: Runner) -> None:
    root = runner.repository({"lib/deep/c.txt": "a\r\nb\r\n", "lib/d.txt": "d\n"})
    command = "test ! -e app.py || { sh tests/check.sh && grep -q z lib/deep/c.txt && test -e lib/new.txt; }"
    batch = calls(
        ("edit", {"path": "app.py", "hunks": hunk("one = 'wrong'", "one = 'right'")}),
        ("edit", {"path": "lib/deep/c.txt", "hunks": hunk("b", "z\ny")}),
        ("write", {"path": "lib/new.txt", "content": "new\n"}),
        ("write", {"path": "other.txt", "content": "new\n"}),
    )
    run = runner.run([batch, REFLECTION], root=root, text=spec(test=[command], allow=["lib/**"]))
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert command_line.git(root, "cat-file", "-p", f"{run.report['branch']}:lib/deep/c.txt") == "a\r\nz\r\ny\r\n"
    assert run.committed("lib/new.txt") == "new\n"
    assert "outside the scope" in run.observations[3]
    assert {each["path"]: each["placement"] for each in run.report["operations"]} == {
        "app.py": "exact", "lib/deep/c.txt": "model", "lib/new.txt": "model",
    }  # fmt: skip


def test_a_write_that_leaves_out_definitions_is_answered_and_deletes_nothing(runner: Runner) -> None:
    root = runner.repository({"tests/conftest.py": "import sys\n\nsys.path.insert(0, '.')\n"})
    program = "def g():\n    # ... existing code ...\n    return 3\n\n\ndef untested():\n    return 4\n"
    tests = "from b import g\n\n\ndef test_g():\n    assert g() == 2\n"
    blocks = [block("create", "b.py elision=ok", program), block("create", "tests/test_b.py", tests)]
    own = "    # ... existing code ..."  # a line of the program as it was, which replaces nothing
    partial = call("write", path="b.py", content="def g():\n    return 2\n")
    edit = call("edit", path="b.py", hunks=hunk(f"{own}\n    return 3", f"{own}\n    return 2"))
    run = runner.run([partial, edit, REFLECTION], text=spec(None, blocks=blocks, test=[PYTEST]), root=root)
    assert (run.outcome, run.committed("b.py")) == ("fixed", program.replace("3", "2"))
    assert "leaves out untested; give the whole of b.py, or change a part of it by an edit" in run.observations[0]


def test_the_text_protocol_does_the_same_repair(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    script = [
        say("Let me look.\n\n@read app.py 1-2\n"),
        say(f"The first name.\n\n```edit=app.py\n{hunk('one = ' + repr('wrong'), 'one = ' + repr('right'))}\n```\n"),
        REFLECTION,
    ]
    run = runner.run(script, root=root)
    assert (run.outcome, run.code, len(run.requests)) == ("fixed", 0, 3)
    assert all("tools" not in request.body for request in run.requests)
    assert {message["role"] for messages in run.asked for message in messages} == {"system", "user", "assistant"}
    assert "\none = 'wrong'\n" in run.asked[1][-1]["content"]
    assert run.committed("app.py") == RIGHT


def test_a_dispute_ends_it_and_is_in_the_report(runner: Runner) -> None:
    finish = call("finish", disputed_tests=["tests/check.sh one: wrong is right"], advice="ask the architect")
    run = runner.run([finish])
    assert (run.outcome, run.code, run.signals, len(run.requests)) == ("failing", 1, [], 1)
    assert run.report["reflection"] == {
        "disputed_tests": ["tests/check.sh one: wrong is right"], "advice": "ask the architect",
    }  # fmt: skip
    assert "wrong is right" in run.report["reason"]


UNPLACED = block("edit", "lib.py", hunk("x = 2  # the answer", "x = 42"))


def test_a_hunk_that_found_no_place_is_the_first_task(runner: Runner) -> None:
    root = runner.repository({"lib.py": "x = 1\ny = 2\n"})
    script = [call("edit", path="lib.py", hunks=hunk("x = 1", "x = 42")), REFLECTION]
    run = runner.run(script, root=root, text=spec(None, blocks=[UNPLACED], test=["true"]))
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert "x = 2  # the answer" in run.asked[0][1]["content"]
    assert [(each["path"], each["placement"]) for each in run.report["operations"]] == [("lib.py", "model")]
    assert run.committed("lib.py") == "x = 42\ny = 2\n"


def test_green_tests_do_not_make_up_for_a_hunk_that_was_ignored(runner: Runner) -> None:
    root = runner.repository({"lib.py": "x = 1\n"})
    text = spec(RIGHT, blocks=[UNPLACED], test=["sh tests/check.sh"])
    run = runner.run([call("run_tests"), call("finish"), call("finish"), REFLECTION], root=root, text=text)
    assert (run.outcome, run.code) == ("stalled", 1)
    assert "lib.py has not been made" in run.asked[1][-1]["content"]


def test_without_an_implementer_such_a_hunk_rejects_the_spec(runner: Runner) -> None:
    root = runner.repository({"lib.py": "x = 1\n"})
    run = runner.run([], root=root, text=spec(None, blocks=[UNPLACED], test=["true"]), models=[])
    assert (run.outcome, run.code, run.requests) == ("rejected", 2, [])


NO_MODEL = {
    "green": ({}, spec(RIGHT), "clean"),
    "red on the base too": (
        {"app.py": APP}, spec(None, blocks=[block("create", "new.txt", "x")], test=["sh tests/check.sh"]), "failing",
    ),
    "flaky": ({}, spec(RIGHT, test=["test -e .git/seen || { touch .git/seen; exit 1; }"]), "clean"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_MODEL)
def test_no_model_is_called(runner: Runner, name: str) -> None:
    files, text, outcome = NO_MODEL[name]
    run = runner.run([], root=runner.repository(files), text=text)
    assert (run.outcome, run.requests, run.report["usage"]["requests"]) == (outcome, [], 0)
    assert (run.report["base_red"], run.report["flaky"]) == (name.startswith("red"), name == "flaky")


REFLECTIONS = {
    "no JSON": "It was fine.",
    "a list": "[1, 2]",
    "too long": json.dumps({"advice": "x" * 100_000, "disputed_tests": ["y" * 100_000] * 100}),
    "wrong types": '{"advice": 3, "disputed_tests": "none"}',
    "nested too deep": '{"advice": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "a fence around it": '```json\n{"advice": "fenced"}\n```',
    "lone surrogates": '{"advice": "\\ud800"}',
}


@pytest.mark.parametrize("name", REFLECTIONS)
def test_reflection_is_asked_once_bounded_and_read_with_patience(runner: Runner, name: str) -> None:
    run = runner.run([FIX, say(REFLECTIONS[name])])
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    asked = run.requests[1].body
    assert (len(asked["messages"]), "tools" in asked, asked["max_tokens"]) == (1, False, 1_000)
    assert len(json.dumps(run.report["reflection"])) < 60_000
    assert run.report["reflection"]


def test_a_reflection_that_fails_does_not_spoil_the_run(runner: Runner) -> None:
    run = runner.run([FIX, garbage()])
    assert run.outcome == "fixed"
    assert run.report["reflection"]["facts"][0].startswith("no reflection: ")


def test_the_reflector_of_the_repository_reflects(runner: Runner) -> None:
    root = runner.repository(roles={"implementer": [MODEL], "reflector": [SECOND]})
    run = runner.run([FIX, REFLECTION], root=root, models=[])
    assert run.models == ["scripted-1", "scripted-2"]


def test_usage_that_the_server_does_not_count_is_estimated_and_marked_as_that(runner: Runner) -> None:
    uncounted = Answer(calls=FIX.calls, usage=None)
    counted = runner.run([FIX, REFLECTION], models=[KNOWN]).report["usage"]
    assert counted["estimated"] is False
    assert counted["usd"] > 0
    estimated = runner.run([uncounted, REFLECTION], models=[KNOWN]).report["usage"]
    assert estimated["estimated"] is True
    assert estimated["input_tokens"] > 500


TALK = [call("search", text=f"x{number}") for number in range(14)]
BUDGETS = {
    "turns": ({"turns": 3}, 3, MODEL, "3 of 3 turns"),
    "tokens": ({"tokens": 300}, 3, MODEL, "360 of 300 tokens"),
    "usd": ({"usd": 0.0001}, 4, KNOWN, "0.0001 of 0.0001 usd"),
    "minutes": ({"minutes": 0.02}, 3, MODEL, "of 0.02 minutes"),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_budget_that_is_spent_ends_it_and_is_named(runner: Runner, name: str) -> None:
    budget, turns, model, said = BUDGETS[name]
    slow = [Answer(calls=step.calls, latency_seconds=0.4) for step in TALK]
    run = runner.run(slow if name == "minutes" else TALK, text=spec(budget=budget), models=[model])
    assert (run.outcome, run.code) == ("failing", 1)
    assert said in run.report["reason"]
    if name == "minutes":  # as many turns as this machine makes
        assert len(run.requests) <= turns
        return
    assert len(run.report["turns"]) == turns
    assert len(run.requests) == turns + (name == "turns")  # what is left buys a reflection only where turns ran out
    assert run.report["next_step"]


def test_a_day_has_a_budget_too(runner: Runner) -> None:
    root = runner.repository(per_day={"jobs": 1})
    first = runner.run([FIX, REFLECTION], root=root)
    second = runner.run([FIX, REFLECTION], root=root)
    assert (first.outcome, second.outcome, len(second.requests)) == ("fixed", "failing", 0)
    assert "1 of 1 jobs" in second.report["reason"]
    root = runner.repository(per_day={"usd": 0.0001})
    runner.run(
        [Answer(calls=FIX.calls, usage={"prompt_tokens": 10_000, "completion_tokens": 1}), REFLECTION],
        root=root,
        models=[KNOWN],
    )
    third = runner.run([FIX, REFLECTION], root=root, models=[KNOWN])
    assert (third.outcome, third.requests) == ("failing", [])
    assert "US dollars today" in third.report["reason"]
