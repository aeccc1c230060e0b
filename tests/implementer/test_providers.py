"""Providers that fail: a sentence in the report, a finite number of requests, the next model where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import APP, MODEL, SECOND, hunk, spec
from standins.model import Fault, call, context_overflow, fault, garbage, no_quota, reset, say, silence, truncated

if TYPE_CHECKING:
    from scripted_runs import Runner

FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say("{}")
FATAL = {
    "401": (fault(401, "wrong key"), "does not accept the key"),
    "404": (fault(404, "no such model", code="model_not_found"), "does not know this model"),
    "too long": (context_overflow(), "longer than the model's context window"),
    "no quota": (no_quota(), "no credit or quota"),
    "400": (fault(400, "bad schema"), "malformed"),
}


@pytest.mark.parametrize("name", FATAL)
def test_what_no_second_try_cures_hands_over_or_ends_in_an_error(runner: Runner, name: str) -> None:
    step, sentence = FATAL[name]
    alone = runner.run([step])
    assert (alone.outcome, alone.code, len(alone.requests)) == ("error", 3, 1)
    assert sentence in alone.report["reason"]
    assert alone.report["next_step"]
    assert (alone.report["usage"]["requests"], alone.report["branch"]) == (1, "")
    both = runner.run([step, FIX, REFLECTION], models=[MODEL, SECOND])
    assert (both.outcome, both.code) == ("fixed", 0)
    assert both.models == ["scripted-1", "scripted-2", "scripted-2"]
    assert sentence in both.asked[1][1]["content"]
    assert both.report["usage"]["requests"] == 3


PASSING = {
    "429": [fault(429, retry_after=0.2)],
    "tool_use_failed": [fault(400, "Failed to call a function.", code="tool_use_failed")],
    "choices: []": [garbage('{"id": "x", "object": "chat.completion", "choices": []}')],
    "max_tokens": [fault(400, "max_tokens is too large: 8192. This model supports at most 4096 completion tokens")],
    "500 twice": [fault(500, retry_after=0), fault(500, retry_after=0)],
    "a reset and half an answer": [reset(), truncated()],
}


@pytest.mark.parametrize("name", [name for name in PASSING if "reset" not in name])
def test_what_passes_is_tried_again(runner: Runner, name: str) -> None:
    faults = PASSING[name]
    run = runner.run([*faults, FIX, REFLECTION])
    assert (run.outcome, run.report["usage"]["requests"]) == ("fixed", len(faults) + 2)


def test_a_provider_that_stays_down_is_given_up(runner: Runner) -> None:
    run = runner.run([fault(503, retry_after=0)] * 9)
    assert (run.outcome, run.code, len(run.requests), run.report["usage"]["requests"]) == ("error", 3, 4, 4)
    assert "gave up after 4 tries" in run.report["reason"]


def test_a_rate_limit_beyond_the_runs_time_is_not_waited_for(runner: Runner) -> None:
    run = runner.run([fault(429, retry_after=3600)], text=spec(budget={"minutes": 5}))
    assert (run.outcome, len(run.requests)) == ("error", 1)
    assert "3600 s" in run.report["reason"]


@pytest.mark.parametrize("step", [silence(30), truncated()], ids=["silence", "half an answer"])
def test_no_answer_ends_with_the_minutes(runner: Runner, step: Fault) -> None:
    run = runner.run([step] * 5, text=spec(budget={"minutes": 0.025}), models=[MODEL, SECOND])
    assert run.outcome in {"failing", "error"}
    assert len(run.requests) <= 4
    assert run.report["reason"]
    assert run.report["seconds"] < 10


def test_what_was_built_before_it_failed_is_kept(runner: Runner) -> None:
    note = call("edit", path="app.py", hunks=hunk("note = 0", "note = 1"))
    run = runner.run([note, fault(401)])
    assert (run.outcome, run.code) == ("failing", 1)
    assert "does not accept the key" in run.report["reason"]
    assert "note = 1" in run.committed("app.py")


@pytest.mark.parametrize("name", ["nonsense", "nowhere/model", "openai/"])
def test_a_name_that_litellm_does_not_know_hands_over_too(runner: Runner, name: str) -> None:
    run = runner.run([fault(404), FIX, REFLECTION] if name == "openai/" else [FIX, REFLECTION], models=[name, SECOND])
    assert run.outcome == "fixed", run.report["reason"]


TEXT_FIX = say(f"The name is wrong.\n\n```python\n{APP.replace('wrong', 'right')}```\n")
WITHOUT_TOOLS = {
    "OpenRouter": [fault(404, "No endpoints found that support tool use. Try disabling edit.")],
    "Ollama": [fault(400, "registry.ollama.ai/library/gemma:2b does not support tools")],
    "a call that the provider never reads": [fault(400, "Failed to call a function.", code="tool_use_failed")] * 3,
}


@pytest.mark.parametrize("name", WITHOUT_TOOLS)
def test_a_provider_without_tools_is_asked_in_text_from_then_on(runner: Runner, name: str) -> None:
    faults = WITHOUT_TOOLS[name]
    wrong = say(f"Hm.\n\n```python\n{APP.replace('wrong', 'worse')}```\n")
    run = runner.run([*faults, wrong, TEXT_FIX])
    assert (run.outcome, run.report["usage"]["requests"]) == ("fixed", len(faults) + 2), run.report["reason"]
    assert ["tools" in request.body for request in run.requests] == [True] * len(faults) + [False, False]
    assert "continuing in text" in run.err
    assert "does not know this model" not in run.err


def test_the_next_model_is_offered_tools_again(runner: Runner) -> None:
    no_tools = fault(404, "No endpoints found that support tool use")
    run = runner.run([no_tools, fault(401), FIX, REFLECTION], models=[MODEL, SECOND])
    assert run.outcome == "fixed", run.report["reason"]
    assert ["tools" in request.body for request in run.requests] == [True, False, True, False]


def test_the_limit_of_an_answer_is_a_setting(runner: Runner) -> None:
    run = runner.run([FIX, REFLECTION], root=runner.repository(max_output_tokens=2048))
    assert run.outcome == "fixed"
    assert [request.body["max_tokens"] for request in run.requests] == [2048, 1000]


def test_a_days_limit_hands_over_and_says_so(runner: Runner) -> None:
    day = fault(429, "Rate limit exceeded: free-models-per-day", retry_after=43200)
    run = runner.run([day, FIX, REFLECTION], models=[MODEL, SECOND], text=spec(budget={"minutes": 5}))
    assert (run.outcome, run.models[:2]) == ("fixed", ["scripted-1", "scripted-2"])
    assert "the next try is due in 43200 s" in run.err
    assert "free-models-per-day" in run.asked[1][1]["content"]


@pytest.mark.parametrize("code", ["content_filter", "refusal"])
def test_a_filter_is_named_as_such(runner: Runner, code: str) -> None:
    message = '{"role": "assistant", "content": null, "refusal": "I cannot do that."}'
    reason = "content_filter" if code == "content_filter" else "stop"
    choice = f'{{"index": 0, "message": {message}, "finish_reason": "{reason}"}}'
    answer = garbage(f'{{"id": "x", "object": "chat.completion", "choices": [{choice}]}}')
    run = runner.run([answer])
    sentence = "content filter stopped it" if code == "content_filter" else "the model declined to answer"
    assert (run.outcome, len(run.requests)) == ("error", 1)
    assert sentence in run.report["reason"]
    assert "I cannot do that." in run.report["reason"]
