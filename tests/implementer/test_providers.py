"""Providers that fail: a sentence in the report, a finite number of requests, the next model where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_server import Fault, call, context_overflow, fault, garbage, no_quota, reset, say, silence, truncated
from scripted_runs import MODEL, SECOND, hunk, spec

if TYPE_CHECKING:
    from scripted_runs import Runner

FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say("{}")
FATAL = {
    "401": (fault(401, "wrong key"), "does not accept the key"),
    "404": (fault(404, "no such model", code="model_not_found"), "does not know this model"),
    "too long": (context_overflow(), "longer than the model reads"),
    "no quota": (no_quota(), "no credit or quota"),
    "400": (fault(400, "bad schema"), "malformed"),
    "garbage": (garbage(), "not a chat completion"),
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
    assert "given up after 4 tries" in run.report["reason"]


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
