"""What the server plays: steps, one a request, each an answer, a fault, or a function of the request.

In Python, `[say("thinking"), call("edit", path="a.py"), fault(429, retry_after=2), no_quota()]`. In a file:

    - say: thinking
    - call: edit
      arguments: {path: a.py}
      usage: {prompt_tokens: 900, completion_tokens: 40}      # `usage: null` leaves it out
    - calls: [{name: read, arguments: {path: a.py}}, {name: read, arguments: {path: b.py}}]
      text: two at once
    - fault: 429
      retry_after: 2
    - special: garbage | truncated | reset | context_overflow | no_quota
    - silence: 30                                             # seconds
    - trickle: 30                                             # seconds of blank keep-alive lines

Every step takes `latency_seconds`. The shapes are OpenAI's: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_USAGE: Mapping[str, Any] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


class ScriptError(ValueError):
    """A file that is not a script."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one client sent: header names in lower case, the body as parsed JSON (`{}` if it was none)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion: text, tool calls as (name, raw JSON arguments), usage as sent, or None for none."""

    text: str | None = None
    calls: tuple[tuple[str, str], ...] = ()
    usage: Mapping[str, Any] | None = field(default_factory=lambda: DEFAULT_USAGE)
    finish_reason: str = ""
    reasoning: str = ""
    latency_seconds: float = 0.0


class Manner(Enum):
    """How a fault goes wrong."""

    STATUS = "the status and body are sent in full"
    TRUNCATED = "the body stops half-way and the connection closes"
    RESET = "the connection is reset before any byte of the answer"
    SILENCE = "nothing is sent for `seconds`, then the connection closes"
    TRICKLE = "a blank line now and then for `seconds`, then the connection closes"


@dataclass(frozen=True, slots=True)
class Fault:
    """Anything but a completion."""

    manner: Manner = Manner.STATUS
    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    latency_seconds: float = 0.0


Reactive = Callable[[Request], "Answer | Fault"]
Step = Answer | Fault | Reactive


def say(text: str, **options: Any) -> Answer:
    """Plain text; `options` are fields of Answer."""
    return Answer(text=text, **options)


def call(name: str, /, **arguments: Any) -> Answer:
    """One tool call with these arguments."""
    return Answer(calls=((name, json.dumps(arguments)),))


def calls(*pairs: tuple[str, Mapping[str, Any] | str], text: str | None = None, **options: Any) -> Answer:
    """Several tool calls in one reply; a string argument is sent raw, valid JSON or not."""
    raw = tuple((name, given if isinstance(given, str) else json.dumps(given)) for name, given in pairs)
    return Answer(text=text, calls=raw, **options)


def fault(status: int, message: str = "", *, retry_after: float | str | None = None, code: str | None = None) -> Fault:
    """An error status with OpenAI's error body; `retry_after` is seconds or an HTTP date."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message or f"scripted {status}", "type": code or kind, "param": None, "code": code}
    return Fault(status=status, body=json.dumps({"error": error}), headers=headers)


def garbage(body: str = "<html><body>Welcome to the hotel's network</body></html>") -> Fault:
    """Status 200 and a body that is not a completion."""
    return Fault(status=200, body=body)


def truncated() -> Fault:
    """Status 200 and half of a completion."""
    return Fault(manner=Manner.TRUNCATED, status=200, body='{"id": "chatcmpl-1", "object": "chat.comp')


def reset() -> Fault:
    """The connection is reset."""
    return Fault(manner=Manner.RESET)


def silence(seconds: float) -> Fault:
    """Nothing at all for `seconds`."""
    return Fault(manner=Manner.SILENCE, seconds=seconds)


def trickle(seconds: float) -> Fault:
    """Keep-alive lines, as busy providers send them, and no answer for `seconds`."""
    return Fault(manner=Manner.TRICKLE, status=200, seconds=seconds)


def context_overflow() -> Fault:
    """What OpenAI says when the prompt is too long."""
    message = (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. "
        "Please reduce the length of the messages."
    )
    return fault(400, message, code="context_length_exceeded")


def no_quota() -> Fault:
    """OpenAI's 429 that waiting does not cure."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return fault(429, message, code="insufficient_quota")


SPECIAL: Mapping[str, Callable[[], Fault]] = {
    "garbage": garbage,
    "truncated": truncated,
    "reset": reset,
    "context_overflow": context_overflow,
    "no_quota": no_quota,
}
LASTING: Mapping[str, Callable[[float], Fault]] = {"silence": silence, "trickle": trickle}


def load_script(path: Path) -> list[Step]:
    """Read a YAML or JSON list of steps; ScriptError names the step that is not one."""
    import yaml

    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ScriptError(f"{path}: expected a list of steps")
    return [_step(index, entry) for index, entry in enumerate(entries, start=1)]


def _step(index: int, entry: Any) -> Answer | Fault:
    if not isinstance(entry, dict):
        raise ScriptError(f"step {index}: expected a mapping, got {entry!r}")
    left = dict(entry)
    latency_seconds = float(left.pop("latency_seconds", 0.0))
    try:
        step = _fault_step(left) or _answer_step(left)
    except (KeyError, TypeError) as error:
        raise ScriptError(f"step {index}: {entry!r} is not a step ({error})") from error
    if left:
        raise ScriptError(f"step {index}: unknown keys {sorted(left)}")
    return replace(step, latency_seconds=latency_seconds)


def _fault_step(left: dict[str, Any]) -> Fault | None:
    if "fault" in left:
        options = {key: left.pop(key) for key in ("message", "retry_after", "code") if key in left}
        return fault(left.pop("fault"), **options)
    if "special" in left:
        return SPECIAL[left.pop("special")]()
    for name, make in LASTING.items():
        if name in left:
            return make(float(left.pop(name)))
    return None


def _answer_step(left: dict[str, Any]) -> Answer:
    names = ("usage", "finish_reason", "reasoning")
    options = {key: left.pop(key) for key in names if key in left}
    if "say" in left:
        return say(left.pop("say"), **options)
    made: Sequence[Any] = left.pop("calls", ())
    if "call" in left:
        made = [{"name": left.pop("call"), "arguments": left.pop("arguments", {})}]
    if not made:
        raise KeyError("expected one of say, call, calls, fault, special, silence, trickle")
    pairs = [(one["name"], one.get("arguments", {})) for one in made]
    return calls(*pairs, text=left.pop("text", None), **options)
