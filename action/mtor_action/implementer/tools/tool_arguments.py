"""The arguments of the tools. A model's arguments enter here, so here they are validated by pydantic."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mtor_action.implementer.tools.lenient_json import Unreadable, read_object

if TYPE_CHECKING:
    from mtor_action.model.chat import ToolCall

_SHORT = 2_000
_MOST_SEARCHED = 1_000


def _shortened(value: object) -> object:
    return value[:_SHORT] if isinstance(value, str) else value


def _first_line(value: object) -> object:
    return 1 if value in (0, "0") else value


def _last_line(value: object) -> object:
    """Minus one means "to the end" to many models."""
    return None if value in (0, -1, "", "-1", "end") else value


def _joined(value: object) -> object:
    """Return a text that came as a list of its lines or hunks."""
    return "\n".join(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else value


def _listed(value: object) -> object:
    """Return a list that came as its JSON text, or as its only item."""
    if not isinstance(value, str):
        return value
    if value.strip().startswith("["):
        import json

        try:
            return json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return [value]
    return [value] if value.strip() else []


Short = Annotated[str, BeforeValidator(_shortened)]


class _Arguments(BaseModel):
    """Keys that a tool does not take are ignored: models explain themselves in them."""

    model_config = ConfigDict(extra="ignore", str_max_length=400_000)


class ReadArguments(_Arguments):
    """Read the lines of a file that the implementer may see."""

    path: str = Field(description="path relative to the repository")
    start: Annotated[int, BeforeValidator(_first_line)] = Field(default=1, ge=1, description="first line, from 1")
    end: Annotated[int | None, BeforeValidator(_last_line)] = Field(
        default=None, ge=1, description="last line; at most 300 lines come at once"
    )


class SearchArguments(_Arguments):
    """Find lines that hold a text, with file and line number."""

    text: str = Field(min_length=1, max_length=_MOST_SEARCHED, description="the literal text to look for")
    path: str = Field(default="", description="only below this folder or in this file")


class EditArguments(_Arguments):
    """Replace parts of a file by SEARCH/REPLACE hunks. Each SEARCH must match exactly one place, whole lines."""

    path: str = Field(description="a file that you may write")
    hunks: Annotated[str, BeforeValidator(_joined)] = Field(
        description="<<<<<<< SEARCH\nlines to replace\n=======\nlines to put there\n>>>>>>> REPLACE, repeated"
    )


class WriteArguments(_Arguments):
    """Write a whole file. For small files; use edit to change a part."""

    path: str = Field(description="a file that you may write")
    content: str = Field(description="the whole text of the file")


class RunTests(_Arguments):
    """Run the test commands. They also run by themselves after a reply that changed a file."""


class FinishArguments(_Arguments):
    """End the work, and say what others should know."""

    surprised: Short = Field(default="", description="what surprised you")
    spec_left_out: Short = Field(default="", description="what the spec should have said")
    environment: Short = Field(default="", description="what in the environment was wrong")
    disputed_tests: Annotated[list[str], BeforeValidator(_listed)] = Field(
        default_factory=list, max_length=20, description="tests that you believe are wrong: `test: why`"
    )
    advice: Short = Field(default="", description="what you would tell the next worker")


ARGUMENTS: dict[str, type[_Arguments]] = {
    "read": ReadArguments,
    "search": SearchArguments,
    "edit": EditArguments,
    "write": WriteArguments,
    "run_tests": RunTests,
    "finish": FinishArguments,
}
# The names that other agents' tools have for the same, which models know by heart.
_ALIASES = {
    "path": ("file_path", "filepath", "filename", "file", "target_file"),
    "content": ("contents", "file_text", "new_content", "code", "text"),
    "hunks": ("hunk", "diff", "edits", "changes"),
    "start": ("start_line", "line_start", "from"),
    "end": ("end_line", "line_end", "to"),
    "text": ("query", "pattern", "search"),
}
_PAIRS = (("old_string", "new_string"), ("old_str", "new_str"), ("old_text", "new_text"), ("search", "replace"))
UNREADABLE = "unreadable"  # the key under which a reader of replies says why it could not read a call


def plain_name(name: str) -> str:
    """Return the tool that a model meant by `name` (`functions.edit`, `Edit`, `edit<|channel|>…`); "" for none."""
    word = re.split(r"<\||:\d+$", name.strip(), maxsplit=1)[0].rpartition(".")[2].strip().lower().replace("-", "_")
    return word if word in ARGUMENTS else ""


def encodable(text: str) -> str:
    """Return the text with lone surrogates, which JSON can hold and UTF-8 cannot, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _encodable(value: object) -> object:
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return encodable(value) if isinstance(value, str) else value


class BadArguments(Exception):
    """The arguments of a call are wrong; the message is for the model."""


def parse_arguments(call: ToolCall) -> _Arguments:
    """Return the validated arguments. Raises BadArguments with every mistake, in words that a model can act on."""
    name = plain_name(call.name)
    if not name:
        raise BadArguments(f"there is no tool {call.name[:100]!r}; the tools are {', '.join(ARGUMENTS)}")
    try:
        values = read_object(call.arguments or "")
    except Unreadable as error:
        raise BadArguments(f"the arguments of {name} cannot be read: {error}") from error
    if UNREADABLE in values:
        raise BadArguments(str(values[UNREADABLE]))
    try:
        return ARGUMENTS[name].model_validate(_normalised(name, values))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or name}: {fault['msg']}" for fault in error.errors()[:8]]
        raise BadArguments(f"the arguments of {name} are wrong: " + "; ".join(faults)) from error


def _normalised(name: str, values: dict[str, object]) -> dict[str, object]:
    """Give the keys their names here, and leave out what is null, which means that nothing was given."""
    normalised = {key: _encodable(value) for key, value in values.items() if value is not None}
    for field in ARGUMENTS[name].model_fields:
        alias = next((alias for alias in _ALIASES.get(field, ()) if alias in normalised), None)
        if field not in normalised and alias is not None:
            normalised[field] = normalised[alias]
    if name == "edit" and not isinstance(normalised.get("hunks"), (str, list)):
        normalised.update(_pair(normalised))
    return normalised


def _pair(arguments: dict[str, object]) -> dict[str, object]:
    """Return one hunk of SEARCH and REPLACE, given as two texts."""
    for old, new in _PAIRS:
        before, after = arguments.get(old), arguments.get(new)
        if isinstance(before, str) and isinstance(after, str):
            lines = [part for part in ("<<<<<<< SEARCH", before.rstrip("\n"), "=======", after.rstrip("\n")) if part]
            return {"hunks": "\n".join([*lines, ">>>>>>> REPLACE"])}
    return {}


def schema(name: str) -> dict[str, object]:
    """Return the JSON Schema of a tool's arguments, without what models do not need; the caller's to change."""
    full = json.loads(_described(name))
    properties = {
        key: {word: value for word, value in entry.items() if word not in ("title", "maxLength", "maxItems")}
        for key, entry in full.get("properties", {}).items()
    }
    return {"type": "object", "properties": properties, "required": full.get("required", [])}


@cache
def _described(name: str) -> str:
    """What pydantic would make anew for each request, as JSON: reading that takes a fraction of the time."""
    return json.dumps(ARGUMENTS[name].model_json_schema())
