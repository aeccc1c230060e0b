"""The tools for models that cannot call tools: asked for in text, in the manifest's own grammar.

    ```edit=PATH              SEARCH/REPLACE hunks
    ```write=PATH             a whole file
    @read PATH [START-END]    @search TEXT    @run_tests    @finish     each alone on a line

After `@finish`, lines `surprised: …`, `spec_left_out: …`, `environment: …`, `disputed_tests: …`, `advice: …`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mtor_action.implementer.tool_arguments import Finish
from mtor_action.model.chat import ToolCall
from mtor_action.spec.blocks import block_body
from mtor_action.spec.structure import read_fences
from mtor_action.spec.text import Lines, Part, Problems

if TYPE_CHECKING:
    from mtor_action.spec.structure import Fence

_COMMAND = re.compile(r"@(?P<name>read|search|run_tests|finish)\b[ \t]*(?P<rest>.*)")
_RANGE = re.compile(r"(?P<path>.*?)(?:[ \t]+(?P<start>[0-9]{1,9})(?:-(?P<end>[0-9]{1,9}))?)?")
_FIELD = re.compile(rf"(?P<name>{'|'.join(Finish.model_fields)}):[ \t]*(?P<value>.*)")


def calls_in(text: str, turn: int) -> tuple[ToolCall, ...]:
    """The calls that a reply asks for, in order."""
    lines = Lines(Part("reply", text.encode("utf-8", "replace")))
    fences = read_fences(lines)
    inside = {number for fence in fences for number in range(fence.line, fence.end)}
    found = [(fence.line, asked) for fence in fences if (asked := _fenced(fence, lines)) is not None]
    for number in range(len(lines)):
        command = _COMMAND.fullmatch(lines.text(number).strip()) if number not in inside else None
        if command is not None:
            found.append((number, _command(command, lines, number)))
    found.sort(key=lambda item: item[0])
    return tuple(
        ToolCall(f"text-{turn}-{index}", name, json.dumps(arguments))
        for index, (_, (name, arguments)) in enumerate(found)
    )


def _fenced(fence: Fence, lines: Lines) -> tuple[str, dict[str, object]] | None:
    for word in fence.info.attributes:
        if word.key not in ("edit", "write", "create"):
            continue
        body = block_body(fence, Problems(lines)) if fence.closed else None
        if body is None:
            return word.key, {"path": word.value}  # the missing field is answered with what was expected
        text = body.decode("utf-8", "replace")
        return ("edit", {"path": word.value, "hunks": text}) if word.key == "edit" else (
            "write", {"path": word.value, "content": text})  # fmt: skip
    return None


def _command(command: re.Match[str], lines: Lines, number: int) -> tuple[str, dict[str, object]]:
    name, rest = command["name"], command["rest"].strip()
    if name == "search":
        return name, {"text": rest}
    if name == "finish":
        return name, _reflection(lines, number)
    asked = _RANGE.fullmatch(rest)
    if name != "read" or asked is None:
        return name, {}
    arguments: dict[str, object] = {"path": asked["path"]}
    if asked["start"]:
        arguments["start"] = int(asked["start"])
        arguments["end"] = int(asked["end"] or asked["start"])
    return name, arguments


def _reflection(lines: Lines, number: int) -> dict[str, object]:
    said: dict[str, object] = {}
    for later in range(number + 1, len(lines)):
        found = _FIELD.fullmatch(lines.text(later).strip())
        if found and found["value"]:
            is_list = found["name"] == "disputed_tests"
            said[found["name"]] = [found["value"]] if is_list else found["value"]
    return said
