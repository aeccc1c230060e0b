"""Commands of the text protocol, each alone on a line outside of every block.

    @read PATH [START-END]    @search TEXT    @run_tests    @finish

After `@finish`, lines `surprised: …`, `spec_left_out: …`, `environment: …`, `disputed_tests: …`, `advice: …`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.implementer.tools.tool_arguments import FinishArguments

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMAND = re.compile(r"@(?P<name>read|search|run_tests|finish)\b[ \t]*(?P<rest>.*)")
# A list's mark and emphasis change nothing for what only looks. Code that is quoted may be a mention: see `command_in`.
_MARKUP = re.compile(r"^(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<mark>\*\*|__|`|)(?P<text>@.*?)(?P=mark)$")
_RANGE = re.compile(
    r"(?P<path>.*?)(?:(?:[ \t]+|:)(?:lines?[ \t]+)?(?P<start>[0-9]{1,9})(?:[ \t]*[-,:][ \t]*(?P<end>[0-9]{1,9}))?)?"
)
_FIELD = re.compile(rf"(?P<name>{'|'.join(FinishArguments.model_fields)}):[ \t]*(?P<value>.*)")


def command_in(lines: Sequence[str], number: int) -> tuple[str, dict[str, object]] | None:
    """Return the tool and the arguments that line `number` asks for, or None.

    `@finish` ends the work, so it counts only as plain text; a mention in back-ticks does not end anything.
    """
    line = lines[number].strip()
    marked = _MARKUP.fullmatch(line)
    command = _COMMAND.fullmatch(marked["text"].strip() if marked else line)
    if command is None or (command["name"] == "finish" and not line.startswith("@")):
        return None
    name, argument = command["name"], command["rest"].strip()
    if name == "search":
        return name, {"text": _unquoted(argument)}
    if name == "finish":
        return name, _reflection(lines, number)
    return name, _range(argument) if name == "read" else {}


def _range(argument: str) -> dict[str, object]:
    match = _RANGE.fullmatch(argument)
    if match is None:
        return {"path": argument}
    arguments: dict[str, object] = {"path": _unquoted(match["path"])}
    if match["start"]:
        arguments["start"] = int(match["start"])
        arguments["end"] = int(match["end"] or match["start"])
    return arguments


def _unquoted(text: str) -> str:
    quoted = re.fullmatch(r"(?P<quote>[\"'`])(?P<text>.+)(?P=quote)", text)
    return quoted["text"] if quoted else text


def _reflection(lines: Sequence[str], number: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in lines[number + 1 :]:
        match = _FIELD.fullmatch(line.strip())
        if match and match["value"]:
            is_list = match["name"] == "disputed_tests"
            fields[match["name"]] = [match["value"]] if is_list else match["value"]
    return fields
