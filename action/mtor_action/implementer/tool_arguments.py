"""What the tools take. A model's arguments enter here, so here they are validated by pydantic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from mtor_action.model.chat import ToolCall

_SHORT = 2_000


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=400_000)


class Read(_Arguments):
    """Read lines of a file."""

    path: str = Field(description="path relative to the repository")
    start: int = Field(default=1, ge=1, description="first line, from 1")
    end: int | None = Field(default=None, ge=1, description="last line; at most 300 lines come at once")


class Search(_Arguments):
    """Find lines that hold a text, with file and line number."""

    text: str = Field(min_length=1, max_length=200, description="the literal text to look for")
    path: str = Field(default="", description="only below this folder or in this file")


class Edit(_Arguments):
    """Replace parts of a file by SEARCH/REPLACE hunks. Each SEARCH must match exactly one place, whole lines."""

    path: str = Field(description="a file that you may write")
    hunks: str = Field(
        description="<<<<<<< SEARCH\nlines as they stand\n=======\nlines as they shall stand\n>>>>>>> REPLACE, repeated"
    )


class Write(_Arguments):
    """Write a whole file. For small files; use edit to change a part."""

    path: str = Field(description="a file that you may write")
    content: str = Field(description="the whole text of the file")


class RunTests(_Arguments):
    """Run the test commands. They also run by themselves after a reply that changed a file."""


class Finish(_Arguments):
    """End the work, and say what others should know."""

    surprised: str = Field(default="", max_length=_SHORT, description="what surprised you")
    spec_left_out: str = Field(default="", max_length=_SHORT, description="what the spec should have said")
    environment: str = Field(default="", max_length=_SHORT, description="what in the environment was wrong")
    disputed_tests: list[str] = Field(
        default_factory=list, max_length=20, description="tests that you believe are wrong: `test: why`"
    )
    advice: str = Field(default="", max_length=_SHORT, description="what you would tell the next worker")


ARGUMENTS: dict[str, type[_Arguments]] = {
    "read": Read,
    "search": Search,
    "edit": Edit,
    "write": Write,
    "run_tests": RunTests,
    "finish": Finish,
}


def encodable(text: str) -> str:
    """The text with lone surrogates, which JSON can hold and UTF-8 cannot, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _encodable(value: object) -> object:
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return encodable(value) if isinstance(value, str) else value


class BadArguments(Exception):
    """The arguments of a call are wrong; the message is for the model."""


def parse_arguments(call: ToolCall) -> _Arguments:
    """The validated arguments. Raises BadArguments with every mistake, in words that a model can act on."""
    kind = ARGUMENTS.get(call.name)
    if kind is None:
        raise BadArguments(f"there is no tool {call.name[:100]!r}; the tools are {', '.join(ARGUMENTS)}")
    try:
        given = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise BadArguments(f"the arguments of {call.name} are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadArguments(f"the arguments of {call.name} are not an object")
    try:
        return kind.model_validate({key: _encodable(value) for key, value in given.items()})
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or call.name}: {fault['msg']}" for fault in error.errors()[:8]]
        raise BadArguments(f"the arguments of {call.name} are wrong: " + "; ".join(faults)) from error


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, without what models do not need."""
    full = ARGUMENTS[name].model_json_schema()
    properties = {
        key: {word: value for word, value in entry.items() if word not in ("title", "maxLength", "maxItems")}
        for key, entry in full.get("properties", {}).items()
    }
    return {"type": "object", "properties": properties, "required": full.get("required", [])}
