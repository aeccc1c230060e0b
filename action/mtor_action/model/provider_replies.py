"""A `Reply` from what litellm made of an answer, or from the answer itself where litellm could make nothing of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtor_action.untyped import JsonObject


from mtor_action.model import pricing
from mtor_action.model.chat import Reply, ToolCall
from mtor_action.model.provider_answers import Filtered, UnusableReply, first_choice, text_of


def reply_from_litellm(model: str, response: Any, answer: JsonObject | None) -> Reply:
    """Read litellm's response; `answer` is what really came, None if that is unknown. Raises UnusableReply."""
    if not getattr(response, "choices", None):
        raise UnusableReply("the answer has no choices")
    choice = response.choices[0]
    message = choice.message
    reason = str((first_choice(answer or {}) or {}).get("finish_reason") or choice.finish_reason or "")
    if choice.finish_reason == "content_filter":
        raise Filtered("it ended the answer with `content_filter`")
    reply = Reply(
        text=text_of(message.content),
        tool_calls=_calls(message) or _legacy_call(getattr(message, "function_call", None)),
        finish_reason=choice.finish_reason or "",
        truncated="length" in (choice.finish_reason, reason.lower()),
        input_tokens=_count(response, "prompt_tokens"),
        output_tokens=_count(response, "completion_tokens"),
        usd=0.0,
        usage_estimated=False,
        model=model,
        reasoning=getattr(message, "reasoning_content", None) or "",
    )
    price = pricing.price_of_reply(model, response)
    return replace(reply, usd=price.usd, price_known=price.known)


def reply_from_answer(model: str, answer: JsonObject) -> Reply:
    """Return the reply that a chat completion holds, as it came."""
    choice = first_choice(answer) or {}
    message = choice.get("message") or {}
    usage = answer.get("usage") if isinstance(answer.get("usage"), dict) else {}
    sent, received = (_whole((usage or {}).get(name)) for name in ("prompt_tokens", "completion_tokens"))
    reason = str(choice.get("finish_reason") or "")
    price = pricing.price_of_tokens(model, sent, received)
    return Reply(
        text=text_of(message.get("content")),
        tool_calls=_raw_calls(message.get("tool_calls")) or _legacy_call(message.get("function_call")),
        finish_reason=reason,
        truncated=reason == "length",
        input_tokens=sent,
        output_tokens=received,
        usd=price.usd,
        usage_estimated=False,
        model=model,
        price_known=price.known,
        reasoning=text_of(message.get("reasoning_content") or message.get("reasoning")),
    )


def _calls(message: Any) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call.id or f"call_{index}", call.function.name or "", _arguments(call.function.arguments))
        for index, call in enumerate(message.tool_calls or ())
    )


def _raw_calls(calls: Any) -> tuple[ToolCall, ...]:
    read = []
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            name = str(function.get("name") or "")
            read.append(ToolCall(str(call.get("id") or f"call_{index}"), name, _arguments(function.get("arguments"))))
    return tuple(read)


def _legacy_call(call: Any) -> tuple[ToolCall, ...]:
    """Return the one call of the field that came before `tool_calls`."""
    if not call:
        return ()
    name, arguments = (
        (call.get(key) if isinstance(call, dict) else getattr(call, key, "")) for key in ("name", "arguments")
    )
    return (ToolCall("call_0", str(name), _arguments(arguments)),) if name else ()


def _arguments(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments)


def _count(response: Any, name: str) -> int:
    return _whole(getattr(getattr(response, "usage", None), name, 0))


def _whole(count: Any) -> int:
    # A negative count would give budget back.
    return max(0, int(count)) if isinstance(count, int) else 0
