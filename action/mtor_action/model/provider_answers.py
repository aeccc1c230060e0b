"""A provider's answer as it really came: JSON, or server-sent events to a request that asked for none.

litellm refuses some answers that mean something (content as a list of parts) and accepts some that mean a failure (an
error inside a choice, with status 200). So the body is read here too.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from typing import Any

from mtor_action.untyped import JsonObject, parsed_json

LONGEST_BODY = 4_000_000
# litellm puts a body that is not JSON into its message as Python's repr.
_BEFORE_QUOTE, _AFTER_QUOTE = "Received: ", ". Check the reverse proxy"
# Their finish reasons for a call that could not be read: https://ai.google.dev/api/generate-content#FinishReason
_MALFORMED = frozenset({"malformed_function_call", "unexpected_tool_call"})
_FILTERED = frozenset({"content_filter", "safety", "recitation", "prohibited_content", "blocklist", "sensitive"})
# Answers that broke off, by their finish reason: the status that says the same.
# https://api-docs.deepseek.com/api/create-chat-completion · https://docs.z.ai/api-reference/llm/chat-completion
_BROKEN_OFF = {"error": 502, "network_error": 502, "insufficient_system_resource": 503}


class UnusableReply(Exception):
    """Status 200 without a choice that can be used.

    `code` is the HTTP status or the name that the answer gives its error ("" for none), `words` what it says, `body`
    the answer.
    """

    def __init__(self, words: str, code: int | str = "", body: str = "") -> None:
        super().__init__(words)
        self.words, self.code, self.body = words, code, body


class Malformed(UnusableReply):
    """The provider could not read the tool call that the model wrote."""


class Filtered(UnusableReply):
    """The provider's content filter stopped the answer."""


class Declined(UnusableReply):
    """The model declined, in the field that the provider has for it."""


@dataclass(slots=True)
class Listener:
    """Keeps the body of one answer: litellm calls `hear` with what it knows before and after the request."""

    body: str = field(default="", repr=False)

    def hear(self, details: JsonObject) -> None:
        """Take the body from litellm's details: the first, since an error that follows is called a response too."""
        received = details.get("original_response")
        if details.get("log_event_type") == "post_api_call" and isinstance(received, str) and not self.body:
            self.body = received[:LONGEST_BODY]

    def hear_error(self, error: BaseException) -> None:
        """Take the body from the message in which litellm quotes what it could not read."""
        message = str(error)[:LONGEST_BODY]
        self.body = _quoted(message) or _events_in(message) or self.body or _object_in(message)


def read_answer(body: str) -> JsonObject | None:
    """Return the answer as an object, None if it is neither JSON nor server-sent events.

    Raises UnusableReply where it is, or holds, an error.
    """
    parsed = _parsed(body)
    if parsed is None:
        return None
    _raise_error(parsed.get("error"), body)
    choice = first_choice(parsed)
    if choice is None:
        _raise_refusal(parsed, body)
        return parsed
    _raise_error(choice.get("error"), body)
    message = choice.get("message")
    reason = str(choice.get("finish_reason") or "").lower()
    if reason in _BROKEN_OFF:
        raise UnusableReply(f"it ended the answer with `{reason}`", _BROKEN_OFF[reason], body)
    if reason == "model_context_window_exceeded":
        raise UnusableReply(reason, "context_length_exceeded", body)
    if reason in _FILTERED:
        words = _refusal(message) or f"it ended the answer with `{choice['finish_reason']}`"
        raise Filtered(words, reason, body)
    if not isinstance(message, dict):
        raise UnusableReply("the answer's message is empty", "", body)
    if not (text_of(message.get("content")) or message.get("tool_calls") or message.get("function_call")):
        if _refusal(message):
            raise Declined(_refusal(message), "", body)
        if reason in _MALFORMED:
            raise Malformed(f"it ended the answer with `{reason}`", reason, body)
    return parsed


def _quoted(message: str) -> str:
    start, end = message.find(_BEFORE_QUOTE), message.rfind(_AFTER_QUOTE)
    quoted = message[start + len(_BEFORE_QUOTE) : end] if 0 <= start < end else ""
    try:
        return str(ast.literal_eval(quoted)) if quoted[:1] in {"'", '"'} else ""
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return quoted


def _events_in(message: str) -> str:
    start = message.find("data: {")
    return message[start:] if start >= 0 else ""


def _object_in(message: str) -> str:
    """Return the chat completion in a message: a server may answer a request of the Responses API with one."""
    start, end = message.find('{"'), message.rfind("}")
    value = parsed_json(message[start : end + 1]) if start >= 0 else None
    return message[start : end + 1] if isinstance(value, dict) and "choices" in value else ""


def first_choice(answer: JsonObject) -> JsonObject | None:
    """Return the first choice of a chat completion; None if the answer has none."""
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else None


def text_of(content: Any) -> str:
    """Return the text of a message's content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(part if isinstance(part, str) else _part(part) for part in content)


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type", "text") in ("text", "output_text") else ""
    return text if isinstance(text, str) else ""


def _refusal(message: Any) -> str:
    refusal = message.get("refusal") if isinstance(message, dict) else None
    return refusal.strip() if isinstance(refusal, str) else ""


def _raise_error(error: Any, body: str) -> None:
    if not error:
        return
    if isinstance(error, dict):
        code = error.get("code") or error.get("status") or error.get("type") or ""
        raise UnusableReply(message_of(error), code if isinstance(code, int | str) else "", body)
    raise UnusableReply(str(error), "", body)


def _raise_refusal(parsed: JsonObject, body: str) -> None:
    """An error without the key `error`, as vLLM and FastAPI write it."""
    detail = parsed.get("detail") or (
        parsed.get("message") if parsed.get("object") == "error" or "code" in parsed else ""
    )
    if detail:
        _raise_error({"message": detail if isinstance(detail, str) else json.dumps(detail), **_code(parsed)}, body)


def _code(parsed: JsonObject) -> JsonObject:
    return {"code": parsed.get("code") or parsed.get("status_code") or ""}


def message_of(error: Any) -> str:
    """Return the words of an error object: its message, with the upstream provider's own where it was forwarded."""
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    message = error.get("message") or error.get("detail") or error.get("error") or error.get("msg") or ""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else ""  # OpenRouter: the provider behind it
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (message, raw) if part]
    return ": ".join(parts)


def _parsed(body: str) -> JsonObject | None:
    value = parsed_json(body)
    if value is None:
        return _from_events(body)
    if isinstance(value, list) and value:
        value = value[0]  # Gemini's endpoint wraps its errors so
    return value if isinstance(value, dict) else None


def _from_events(body: str) -> JsonObject | None:
    """Put a stream of server-sent events together; None if it is none, or if its end is missing."""
    lines = [line[5:].strip() for line in body.splitlines() if line.startswith("data:")]
    chunks: list[JsonObject] = [chunk for chunk in map(parsed_json, lines) if isinstance(chunk, dict)]
    if not chunks:
        return None
    failed = next((chunk for chunk in chunks if chunk.get("error")), None)
    if failed is not None:
        return failed
    message: JsonObject = {"role": "assistant", "content": ""}
    calls: dict[int, JsonObject] = {}
    reason = None
    for choice in filter(None, map(first_choice, chunks)):
        _add(message, calls, choice.get("delta") or choice.get("message") or {})
        reason = choice.get("finish_reason") or reason
    if reason is None and "[DONE]" not in lines:
        return None
    if calls:
        message["tool_calls"] = list(calls.values())
    usage = next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), None)
    choices = [{"index": 0, "message": message, "finish_reason": reason}] if any(map(first_choice, chunks)) else []
    return {"choices": choices, "usage": usage}


def _add(message: JsonObject, calls: dict[int, JsonObject], delta: Any) -> None:
    if not isinstance(delta, dict):
        return
    message["content"] += text_of(delta.get("content"))
    for name in ("reasoning_content", "reasoning", "refusal"):
        if isinstance(delta.get(name), str):
            message[name] = message.get(name, "") + delta[name]
    parts = delta.get("tool_calls")
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        function = part.get("function") if isinstance(part, dict) else None
        if not isinstance(function, dict):
            continue
        index = part.get("index")
        call = calls.setdefault(
            index if isinstance(index, int) else number,
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        call["id"] = part.get("id") or call["id"]
        call["function"]["name"] += text_of(function.get("name"))
        call["function"]["arguments"] += text_of(function.get("arguments"))
