from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from model.conftest import EDIT, KEY, QUESTION
from mtor_action.model.chat import Message, Reply, Role, ToolCall
from mtor_action.model.provider_client import ModelClient
from mtor_action.model.provider_failures import ModelError, ModelFailureKind
from standins.model import Request, call, calls, fault, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.conftest import Scene
    from standins.model import Answer


def test_text_and_counted_usage_come_back(play: Callable[..., Scene]) -> None:
    reply = play(say("I looked.")).ask()
    assert (reply.text, reply.finish_reason, reply.tool_calls) == ("I looked.", "stop", ())
    assert (reply.input_tokens, reply.output_tokens, reply.usage_estimated) == (100, 20, False)


def test_the_request_says_what_was_asked_and_nothing_else(play: Callable[..., Scene]) -> None:
    scene = play(say("ok"), max_output_tokens=500)
    scene.ask()
    (request,) = scene.server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body.pop("tools")[0]["function"]["name"] == "edit"
    assert request.body == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "You fix code."},
            {"role": "user", "content": "Make the test pass."},
        ],
        "temperature": 0.0,
        "max_tokens": 500,
    }


def test_parallel_tool_calls_keep_their_order_and_raw_arguments(play: Callable[..., Scene]) -> None:
    reply = play(
        calls(
            ("read", {"path": "a"}),
            (
                "edit",
                '{"path": "b',
            ),
        )
    ).ask()
    assert reply.tool_calls == (
        ToolCall("call_1_0", "read", '{"path": "a"}'),
        ToolCall("call_1_1", "edit", '{"path": "b'),
    )
    assert (reply.text, reply.finish_reason) == ("", "tool_calls")


def as_message(reply: Reply) -> Message:
    return Message(Role.ASSISTANT, reply.text, reply.tool_calls, reasoning=reply.reasoning)


def test_a_conversation_with_tool_results_reaches_the_server(play: Callable[..., Scene]) -> None:
    def answer(request: Request) -> Answer:
        last = request.body["messages"][-2:]
        assert last[0]["tool_calls"][0]["id"] == last[1]["tool_call_id"]
        return say(f"the tool said {last[1]['content']}")

    scene = play(call("edit", path="a.py"), answer)
    first = scene.ask()
    result = Message(Role.TOOL, "done", tool_call_id=first.tool_calls[0].id)
    reply = scene.client.complete([*QUESTION, as_message(first), result], [EDIT])
    assert reply.text == "the tool said done"


def test_a_reply_that_hit_the_output_limit_is_truncated(play: Callable[..., Scene]) -> None:
    assert play(say("half a", finish_reason="length")).ask().truncated


def test_usage_that_never_came_is_estimated(play: Callable[..., Scene]) -> None:
    reply = play(say("x" * 40, usage=None)).ask()
    assert reply.usage_estimated
    assert (reply.output_tokens, reply.input_tokens > 40) == (10, True)


@pytest.mark.parametrize("usage", [{"prompt_tokens": -9, "completion_tokens": -9}, {"prompt_tokens": 9}])
def test_counts_that_cannot_be_true_are_estimated(play: Callable[..., Scene], usage: dict[str, int]) -> None:
    reply = play(say("x" * 40, usage=usage), model="openai/gpt-4o").ask()
    assert (reply.usage_estimated, reply.output_tokens) == (True, 10)
    assert reply.usd > 0


@pytest.mark.parametrize(("model", "sent_back"), [("deepseek/deepseek-chat", "hm"), ("openai/x", None)])
def test_reasoning_goes_back_only_to_providers_that_want_it(
    play: Callable[..., Scene], model: str, sent_back: str | None
) -> None:
    scene = play(say("a", reasoning="hm"), say("b"), model=model)
    first = scene.ask()
    assert first.reasoning == "hm"
    scene.client.complete([*QUESTION, as_message(first), Message(Role.USER, "go on")])
    assert scene.server.requests[1].body["messages"][2].get("reasoning_content") == sent_back


def test_parameters_that_a_model_refuses_are_left_out(play: Callable[..., Scene]) -> None:
    scene = play(say("ok"), model="openai/gpt-5")
    scene.ask()
    assert "temperature" not in scene.server.requests[0].body


def test_the_output_limit_never_exceeds_what_the_model_can_write(play: Callable[..., Scene]) -> None:
    scene = play(say("ok"), model="openai/gpt-4o", max_output_tokens=10**6)
    scene.ask()
    assert scene.server.requests[0].body["max_tokens"] == 16384


def test_no_exception_of_litellm_follows_ours(play: Callable[..., Scene]) -> None:
    with pytest.raises(ModelError) as caught:
        play(fault(400)).ask()
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_the_key_is_not_in_the_clients_representation() -> None:
    assert "sk-" not in repr(ModelClient("openai/x", api_key=KEY))


def test_a_script_that_has_run_out_fails_loudly(play: Callable[..., Scene]) -> None:
    scene = play()
    with pytest.raises(ModelError, match="script exhausted") as caught:
        scene.ask()
    assert (caught.value.kind, scene.server.exhausted) == (ModelFailureKind.BAD_REQUEST, 1)


def test_tool_arguments_survive_the_way_there_and_back(play: Callable[..., Scene]) -> None:
    tricky = {"path": "a b/ü.py", "text": 'quote " backslash \\ newline \n tab \t'}
    reply = play(call("edit", **tricky)).ask()
    assert json.loads(reply.tool_calls[0].arguments) == tricky
