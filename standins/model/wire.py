"""An answer in the bytes of OpenAI's chat completions, whole or as a stream of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.model.script import Answer

CREATED = 1_700_000_000


def completion(answer: Answer, model: str, number: int) -> bytes:
    """The whole body of a `chat.completion`; `number` makes ids unique within a server."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = _tool_calls(answer, number)
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(answer)}
    body = _envelope("chat.completion", model, number) | {"choices": [choice]}
    if answer.usage is not None:
        body["usage"] = dict(answer.usage)
    return json.dumps(body).encode()


def events(answer: Answer, model: str, number: int) -> Iterator[bytes]:
    """The same as server-sent events: text in halves, then the calls, the end, the usage, `[DONE]`."""
    text = answer.text or ""
    middle = (len(text) + 1) // 2
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    deltas += [{"content": part} for part in (text[:middle], text[middle:]) if part]
    deltas += [{"tool_calls": [{"index": at} | one]} for at, one in enumerate(_tool_calls(answer, number))]
    envelope = _envelope("chat.completion.chunk", model, number)
    for delta in deltas:
        yield _event(envelope | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": _finish_reason(answer)}
    yield _event(envelope | {"choices": [end]})
    if answer.usage is not None:
        yield _event(envelope | {"choices": [], "usage": dict(answer.usage)})
    yield b"data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _envelope(kind: str, model: str, number: int) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": CREATED, "model": model}


def _finish_reason(answer: Answer) -> str:
    return answer.finish_reason or ("tool_calls" if answer.calls else "stop")


def _tool_calls(answer: Answer, number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{number}_{at}",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for at, (name, arguments) in enumerate(answer.calls)
    ]
