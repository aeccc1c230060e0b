"""What providers answer, through the client and real HTTP: each row of provider_answers.py."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from model import provider_answers as rows
from mtor_action.model.loading import GATEWAY, litellm_module
from mtor_action.model.provider_failures import CHECK_API_BASE, TABLE, ModelError, ModelFailureKind
from standins.model import fault, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.conftest import Scene
    from standins.model import Fault

FINE = say("fine")


def bodies(scene: Scene) -> list[dict[str, Any]]:
    return [request.body for request in scene.server.requests]


@pytest.mark.parametrize(("answer", "text", "calls"), rows.READ.values(), ids=rows.READ.keys())
def test_an_unusual_form_is_read(
    play: Callable[..., Scene], answer: Fault, text: str, calls: list[tuple[str, str]]
) -> None:
    reply = play(answer).ask()
    assert (reply.text, [(call.name, call.arguments) for call in reply.tool_calls]) == (text, calls)
    assert reply.input_tokens > 0
    assert all(call.id for call in reply.tool_calls)


@pytest.mark.parametrize(("answer", "kind"), rows.PASSING.values(), ids=rows.PASSING.keys())
def test_what_may_pass_is_asked_again(play: Callable[..., Scene], answer: Fault, kind: ModelFailureKind) -> None:
    scene = play(answer, FINE)
    reply = scene.ask()
    assert (reply.text, reply.requests, scene.requests_seen) == ("fine", 2, 2)
    most = TABLE[kind].tries
    scene = play(*[answer] * most, say("never reached"))
    with pytest.raises(ModelError, match=f"gave up after {most} tries") as caught:
        scene.ask()
    assert (caught.value.kind, scene.requests_seen) == (kind, most)


@pytest.mark.parametrize(("answer", "kind"), rows.FINAL.values(), ids=rows.FINAL.keys())
def test_what_cannot_pass_is_asked_once(play: Callable[..., Scene], answer: Fault, kind: ModelFailureKind) -> None:
    scene = play(answer, say("never reached"))
    with pytest.raises(ModelError) as caught:
        scene.ask()
    assert (caught.value.kind, scene.requests_seen, scene.time.waits) == (kind, 1, [])


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("words", rows.CONTEXT.values(), ids=rows.CONTEXT.keys())
def test_a_prompt_that_is_too_long_is_known_in_every_providers_words(
    play: Callable[..., Scene], words: str, status: int
) -> None:
    scene = play(fault(status, words), say("never reached"))
    with pytest.raises(ModelError) as caught:
        scene.ask()
    assert (caught.value.kind, scene.requests_seen) == (ModelFailureKind.CONTEXT_TOO_LONG, 1)
    assert words[:100] in caught.value.message


@pytest.mark.parametrize(("answer", "limit"), rows.LIMITS.values(), ids=rows.LIMITS.keys())
def test_a_limit_of_the_answer_is_learned_from_the_refusal(
    play: Callable[..., Scene], answer: Fault, limit: int | None
) -> None:
    scene = play(answer, FINE, FINE)
    assert scene.ask().text == "fine"
    scene.ask()
    limits = [body["max_tokens"] for body in bodies(scene)]
    assert limits[0] == 8192
    assert limits[1] == (limits[1] if limit is None else limit) < 4096 + (0 if limit is None else 4096)
    assert limits[2] == limits[1]  # later requests are not refused again
    assert scene.time.waits == []


def test_a_refusal_that_comes_again_ends_it(play: Callable[..., Scene]) -> None:
    refusal, _ = rows.LIMITS["OpenAI"]
    scene = play(refusal, refusal, refusal, refusal, refusal, refusal)
    with pytest.raises(ModelError):
        scene.ask()
    assert scene.requests_seen <= 3


@pytest.mark.parametrize(("answer", "name"), rows.PARAMETERS.values(), ids=rows.PARAMETERS.keys())
def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    play: Callable[..., Scene], answer: Fault, name: str
) -> None:
    scene = play(answer, FINE, FINE, seed=1)
    assert (scene.ask().requests, scene.ask().requests) == (2, 1)
    assert [name in body for body in bodies(scene)] == [True, False, False]
    if name == "max_tokens":
        assert bodies(scene)[1]["max_completion_tokens"] == 8192


def test_every_parameter_is_left_out_at_most_once(play: Callable[..., Scene]) -> None:
    answer, _ = rows.PARAMETERS["temperature"]
    scene = play(answer, answer, say("never reached"))
    with pytest.raises(ModelError) as caught:
        scene.ask()
    assert (caught.value.kind, scene.requests_seen, caught.value.requests) == (ModelFailureKind.BAD_REQUEST, 2, 2)


def test_a_malformed_call_is_asked_for_at_another_temperature(play: Callable[..., Scene]) -> None:
    answer, _ = rows.PASSING["Groq's tool_use_failed"]
    scene = play(answer, FINE)
    scene.ask()
    assert [body["temperature"] > 0 for body in bodies(scene)] == [False, True]
    assert scene.time.waits == []


@pytest.mark.parametrize(("answer", "seconds"), rows.WAITS.values(), ids=rows.WAITS.keys())
def test_the_wait_that_a_provider_names_is_kept(play: Callable[..., Scene], answer: Fault, seconds: float) -> None:
    scene = play(answer, FINE)
    scene.ask()
    assert scene.time.waits == [pytest.approx(seconds)]


def test_a_days_limit_without_a_time_lasts_until_midnight_utc(play: Callable[..., Scene]) -> None:
    day = fault(429, "Rate limit exceeded: free-models-per-day")
    told: list[str] = []
    scene = play(day, FINE, say=told.append)
    assert scene.ask(remaining_seconds=86_400).text == "fine"
    assert scene.time.waits == [15 * 3600 + 10 * 60 + 23]
    assert told == ["openai/scripted: the provider limits the rate; asking again in 54623 s"]
    scene = play(day, say("never reached"))
    with pytest.raises(ModelError, match="due in 54623 s, and the run has 1800 s left; Rate limit exceeded: free"):
        scene.ask()
    assert scene.requests_seen == 1


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        (rows.PASSING["choices: []"][0], False),
        (rows.PASSING["a null message"][0], False),
        (rows.PASSING["a web page with 200"][0], True),
        (rows.answer(200, {"hello": 1}), True),
    ],
)
def test_the_address_is_doubted_only_where_that_fits(play: Callable[..., Scene], answer: Fault, *, fits: bool) -> None:
    with pytest.raises(ModelError) as caught:
        play(answer, answer, answer).ask()
    assert (caught.value.hint == CHECK_API_BASE) is fits


def test_the_words_of_the_provider_behind_a_router_are_kept(play: Callable[..., Scene]) -> None:
    answer = rows.error(400, "Provider returned error", code=400, metadata={"raw": "the upstream's own words"})
    with pytest.raises(ModelError, match="Provider returned error: the upstream's own words"):
        play(answer).ask()


def test_what_a_model_writes_is_not_mistaken_for_an_error(play: Callable[..., Scene]) -> None:
    text = "The error `context_length_exceeded` and tool_use_failed: No endpoints found that support tool use."
    assert play(say(text)).ask().text == text


RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m",
    "output": [
        {"type": "function_call", "id": "f", "call_id": "c", "name": "edit", "arguments": "{}", "status": "completed"}
    ],
    "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


def responses_models() -> list[str]:
    """The models of the providers that need nothing but a key and an address, by litellm's list."""
    providers = ("openai", "xai", "databricks")
    return [
        name if "/" in name else f"{entry['litellm_provider']}/{name}"
        for name, entry in litellm_module().model_cost.items()
        if entry.get("mode") == "responses" and entry["litellm_provider"] in providers
    ]


def test_models_of_the_responses_api_work_without_the_package_mcp(play: Callable[..., Scene]) -> None:
    models = responses_models()
    assert "openai/gpt-5.1-codex-mini" in models
    for model in models:
        scene = play(rows.answer(200, RESPONSE), model=model)
        reply = scene.ask()
        assert [call.name for call in reply.tool_calls] == ["edit"], model
        assert (reply.input_tokens, reply.requests) == (10, 1)
        assert scene.server.requests[0].path.endswith("/responses")
    assert "mcp" not in sys.modules
    assert GATEWAY in sys.modules


def test_a_chat_completion_in_place_of_a_response_is_read(play: Callable[..., Scene]) -> None:
    scene = play(FINE, model="openai/gpt-5.1-codex-mini")
    assert scene.ask().text == "fine"
