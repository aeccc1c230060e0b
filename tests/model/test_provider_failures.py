from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.model.provider_client import ModelClient
from mtor_action.model.provider_failures import TABLE, ModelError, ModelFailure, ModelFailureKind
from mtor_action.model.reading_failures import read_failure
from standins.model import (
    Fault,
    call,
    context_overflow,
    fault,
    garbage,
    no_quota,
    reset,
    say,
    silence,
    trickle,
    truncated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.conftest import Scene

FINAL = {
    "401": (fault(401), ModelFailureKind.BAD_KEY),
    "402": (fault(402, "Insufficient Balance"), ModelFailureKind.NO_CREDIT),
    "403": (fault(403), ModelFailureKind.FORBIDDEN),
    "404": (fault(404), ModelFailureKind.UNKNOWN_MODEL),
    "400": (fault(400), ModelFailureKind.BAD_REQUEST),
    "400 unknown model": (fault(400, "Model Not Exist"), ModelFailureKind.UNKNOWN_MODEL),
    "400 context": (context_overflow(), ModelFailureKind.CONTEXT_TOO_LONG),
    "400 policy": (fault(400, "no", code="content_policy_violation"), ModelFailureKind.REFUSED),
    "413": (fault(413), ModelFailureKind.CONTEXT_TOO_LONG),
    "418": (fault(418), ModelFailureKind.BAD_REQUEST),
    "429 quota of OpenAI": (no_quota(), ModelFailureKind.NO_CREDIT),
    "429 quota of Z.AI": (fault(429, "Insufficient balance or no resource package."), ModelFailureKind.NO_CREDIT),
    "501": (fault(501), ModelFailureKind.NO_SUCH_PAGE),
}
PASSING = {
    "408": (fault(408), ModelFailureKind.TIMEOUT),
    "429": (fault(429), ModelFailureKind.RATE_LIMITED),
    "500": (fault(500), ModelFailureKind.SERVER_ERROR),
    "502": (fault(502), ModelFailureKind.SERVER_ERROR),
    "502 with a web page": (Fault(status=502, body="<html>bad gateway</html>"), ModelFailureKind.SERVER_ERROR),
    "503": (fault(503), ModelFailureKind.OVERLOADED),
    "504": (fault(504), ModelFailureKind.TIMEOUT),
    "529": (fault(529), ModelFailureKind.OVERLOADED),
    "a reset": (reset(), ModelFailureKind.CONNECTION_LOST),
    "a truncated body": (truncated(), ModelFailureKind.CONNECTION_LOST),
}
GARBAGE = {
    "a web page": garbage(),
    "half a JSON text": garbage('{"id": "x", "choi'),
    "an empty body": garbage(""),
    "JSON of another kind": garbage('{"hello": 1}'),
    "a completion with wrong types": garbage('{"choices": [{"index": 0, "message": null, "finish_reason": "stop"}]}'),
    "no choices": garbage('{"id": "x", "object": "chat.completion", "choices": []}'),
}
MODELS = ("openai/scripted", "zai/glm-5.1", "deepseek/deepseek-chat")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("answer", "kind"), FINAL.values(), ids=FINAL.keys())
def test_what_waiting_does_not_cure_is_asked_once(
    play: Callable[..., Scene], answer: Fault, kind: ModelFailureKind, model: str
) -> None:
    scene = play(answer, say("never reached"), model=model)
    with pytest.raises(ModelError) as caught:
        scene.ask()
    assert (caught.value.kind, caught.value.retryable) == (kind, False)
    assert (scene.requests_seen, caught.value.requests, scene.time.waits) == (1, 1, [])
    assert caught.value.hint == TABLE[kind].next_step
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("answer", "kind"), PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_asked_four_times_and_no_more(
    play: Callable[..., Scene], answer: Fault, kind: ModelFailureKind, model: str
) -> None:
    scene = play(answer, answer, answer, answer, say("never reached"), model=model)
    with pytest.raises(ModelError, match="gave up after 4 tries") as caught:
        scene.ask()
    assert (caught.value.kind, caught.value.retryable) == (kind, True)
    assert (scene.requests_seen, caught.value.requests) == (4, 4)
    assert scene.time.waits == [2.0, 8.0, 32.0]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE.keys())
def test_what_is_not_a_completion_is_asked_three_times(play: Callable[..., Scene], answer: Fault, model: str) -> None:
    scene = play(answer, answer, answer, say("never reached"), model=model)
    with pytest.raises(ModelError, match="gave up after 3 tries") as caught:
        scene.ask()
    assert (caught.value.kind, caught.value.retryable) == (ModelFailureKind.GARBAGE, True)
    assert (scene.requests_seen, caught.value.requests, scene.time.waits) == (3, 3, [2.0, 8.0])
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize(("answer", "kind"), PASSING.values(), ids=PASSING.keys())
def test_a_failure_that_passes_ends_in_the_answer(
    play: Callable[..., Scene], answer: Fault, kind: ModelFailureKind
) -> None:
    scene = play(answer, call("edit", path="a.py"))
    reply = scene.ask()
    assert (reply.tool_calls[0].name, reply.requests, scene.requests_seen) == ("edit", 2, 2)
    assert TABLE[kind].retryable


@pytest.mark.parametrize("model", ["openai/scripted", "deepseek/deepseek-chat"])
@pytest.mark.parametrize("quiet", [silence(30), trickle(30)], ids=["silence", "keep-alive lines"])
def test_a_server_that_does_not_answer_is_cut(play: Callable[..., Scene], quiet: Fault, model: str) -> None:
    scene = play(quiet, say("late but here"), model=model, timeout_seconds=0.5)
    assert scene.ask().text == "late but here"
    assert scene.requests_seen == 2


def test_silence_for_ever_ends_as_a_timeout(play: Callable[..., Scene]) -> None:
    scene = play(*[silence(30)] * 5, timeout_seconds=0.1)
    with pytest.raises(ModelError, match="no complete answer came in time") as caught:
        scene.ask()
    assert (caught.value.kind, scene.requests_seen) == (ModelFailureKind.TIMEOUT, 4)


def test_a_slow_server_of_ones_own_has_twice_as_long_after_each_timeout(play: Callable[..., Scene]) -> None:
    told: list[str] = []
    scene = play(silence(30), silence(30), say("late but here"), timeout_seconds=0.5, say=told.append)
    assert scene.ask().text == "late but here"
    assert [line.partition("; ")[2] for line in told] == ["the next try may take 1 s", "the next try may take 2 s"]


def test_the_next_try_is_said_to_take_no_longer_than_the_run_has_left(play: Callable[..., Scene]) -> None:
    told: list[str] = []
    scene = play(silence(30), say("late but here"), timeout_seconds=1.0, say=told.append)
    assert scene.ask(remaining_seconds=3.5).text == "late but here"  # of which it waits 2 before the next try
    assert told == ["openai/scripted: no answer in 1 s; the next try may take 1.5 s"]


@pytest.mark.parametrize("status", [408, 504])
def test_a_timeout_that_a_server_reports_is_not_one_of_ours(play: Callable[..., Scene], status: int) -> None:
    told: list[str] = []
    scene = play(fault(status), say("done"), say=told.append)
    assert (scene.ask().text, told) == ("done", [])


def test_a_rate_limit_reported_with_status_200_counts_as_one(play: Callable[..., Scene]) -> None:
    scene = play(garbage('{"error": {"message": "slow down", "code": 429}}'), say("done"))
    assert (scene.ask().text, scene.time.waits) == ("done", [2.0])


def test_a_server_that_is_not_there_is_asked_once() -> None:
    client = ModelClient("openai/x", api_base="http://127.0.0.1:9/v1", api_key="sk-none-at-all-here")
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        client.complete([])
    assert (caught.value.kind, caught.value.requests) == (ModelFailureKind.UNREACHABLE, 1)


def test_the_message_names_model_status_and_the_providers_words(play: Callable[..., Scene]) -> None:
    scene = play(fault(401, "Incorrect API key provided"))
    with pytest.raises(ModelError) as caught:
        scene.ask()
    expected = "openai/scripted: the provider does not accept the key (HTTP 401); Incorrect API key provided"
    assert caught.value.message == expected


def test_escapes_and_line_breaks_in_the_providers_words_do_not_get_through(play: Callable[..., Scene]) -> None:
    with pytest.raises(ModelError) as caught:
        play(fault(400, "one\n::add-mask::two \x1b[31mred\u202e")).ask()
    assert caught.value.message.endswith("; one ::add-mask::two [31mred")


def test_a_key_echoed_by_the_provider_is_redacted_even_where_the_words_are_cut(
    play: Callable[..., Scene],
) -> None:
    key = "private-key-without-a-known-shape"
    scene = play(fault(401, "x" * 280 + f" {key} is wrong"), api_key=key)
    with pytest.raises(ModelError) as caught:
        scene.ask()
    assert "[redacted]" in caught.value.message
    assert "private-key" not in caught.value.message


def test_every_kind_has_a_row_with_a_sentence_and_a_next_step() -> None:
    assert set(TABLE) == set(ModelFailureKind)
    assert all(row.sentence and row.next_step for row in TABLE.values())


def test_litellms_own_bugs_are_not_tried_again() -> None:
    failure = read_failure(AttributeError("'NoneType' object has no attribute 'x'"), str)
    assert failure == ModelFailure(ModelFailureKind.UNEXPECTED, None, "'NoneType' object has no attribute 'x'")
    assert not failure.row.retryable


def test_an_error_that_is_its_own_context_is_still_read() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert read_failure(one, str).kind is ModelFailureKind.UNEXPECTED


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("UnsupportedParamsError", ModelFailureKind.UNSUPPORTED),
        ("BudgetExceededError", ModelFailureKind.LOCAL_BUDGET),
        ("ContextWindowExceededError", ModelFailureKind.CONTEXT_TOO_LONG),
        ("ContentPolicyViolationError", ModelFailureKind.REFUSED),
        ("PermissionDeniedError", ModelFailureKind.FORBIDDEN),
        ("APIConnectionError", ModelFailureKind.GARBAGE),
    ],
)
def test_litellms_exceptions_are_known_by_name(name: str, kind: ModelFailureKind) -> None:
    error = type(name, (Exception,), {})("said so")
    if name == "APIConnectionError":
        error = type(name, (type("APIError", (Exception,), {}),), {})("a parser failed")
    assert read_failure(error, str).kind is kind
