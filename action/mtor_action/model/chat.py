"""Messages to a model and its replies, as values. Roles and finish reasons are OpenAI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """The speaker of a message, in OpenAI's words."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; `arguments` is its JSON as sent, which may not be valid."""

    id: str
    name: str
    arguments: str

    def as_json(self) -> dict[str, object]:
        """Return the call in the shape of OpenAI's API."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    `tool_calls` and `reasoning` belong to assistant messages, `tool_call_id` to tool messages. `reasoning`
    goes back to the providers that refuse a conversation without it (DeepSeek, Moonshot).
    """

    role: Role
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning: str = ""

    def as_json(self, *, with_reasoning: bool = False) -> dict[str, object]:
        """Return the message in the shape of OpenAI's API."""
        body: dict[str, object] = {"role": str(self.role), "content": self.text}
        if self.tool_calls:
            body["tool_calls"] = [call.as_json() for call in self.tool_calls]
        if self.tool_call_id:
            body["tool_call_id"] = self.tool_call_id
        if with_reasoning and self.reasoning:
            body["reasoning_content"] = self.reasoning
        return body


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer; `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, object] = field(default_factory=lambda: {"type": "object", "properties": {}})

    def as_json(self) -> dict[str, object]:
        """Return the tool in the shape of OpenAI's API."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, and what it cost.

    `truncated`: the output limit cut it. `usage_estimated`: the server counted no tokens, so they are
    estimates. `usd` is 0.0 where `price_known` is false. `requests` counts the HTTP requests it took, failed
    ones included.
    """

    text: str  # without calls and reasoning
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str  # OpenAI's: `stop`, `length`, `tool_calls`, …
    truncated: bool
    input_tokens: int
    output_tokens: int
    usd: float
    usage_estimated: bool
    model: str  # its litellm name
    price_known: bool = True
    requests: int = 1
    reasoning: str = ""  # what the model thought, where the provider gives it
