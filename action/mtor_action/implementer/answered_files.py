"""A model's answer in a plain block → a call that writes the file it means, changed as little as possible.

An answer may be the whole file, or the definitions that changed; anything else has no single reading and is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.implementer.definitions import Definition, definitions, with_definitions
from mtor_action.implementer.minimal import minimal
from mtor_action.implementer.replies.reply_blocks import ReplySubject
from mtor_action.implementer.replies.reply_text import read_reply
from mtor_action.implementer.tool_arguments import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.model.chat import Reply, ToolCall


_FRAGMENT = "fragment"  # the key of a plain block that is neither the whole file nor its definitions


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that a model has seen: its text, and the definition that was shown instead of the whole, if any."""

    path: str
    text: str
    part: Definition | None = None

    @property
    def excerpt(self) -> str:
        """Return what is shown: whole lines, as they are in the file."""
        if self.part is None:
            return self.text
        lines = self.text.split("\n")[self.part.first_line - 1 : self.part.last_line]
        column = self.part.column
        return "\n".join(line[column:] if line[:column].isspace() else line for line in lines) + "\n"


def answer_calls(reply: Reply, turn: int, files: Mapping[str, ShownFile], *, is_asked: bool) -> tuple[ToolCall, ...]:
    """Return the calls that a reply means in its text. `is_asked`: it was to give back one of `files`.

    Where it was not, a plain block is taken for a file only if there is one file and the block is one for certain.
    """
    paths = tuple(files)
    requested = paths if is_asked or len(paths) == 1 else ()
    subject = ReplySubject(paths, requested, reply.truncated, lambda path: files[path].text if path in files else None)
    calls = read_reply(reply.text, turn, subject)
    complete = _last_of_each([_as_meant(call, files) for call in calls])
    return tuple(call for call in complete if is_asked or not _is_example(call))


def _as_meant(call: ToolCall, files: Mapping[str, ShownFile]) -> ToolCall:
    arguments = _arguments(call)
    file, content = files.get(str(arguments.get("path"))), arguments.get("content")
    if call.name != "write" or file is None or not isinstance(content, str):
        return call
    whole = _whole(file, content)
    if whole is None:
        arguments = {"path": file.path, UNREADABLE: _fault(file, content), _FRAGMENT: True}
    else:
        arguments["content"] = minimal(file.text, whole, file.path)
    return replace(call, arguments=json.dumps(arguments))


def _is_example(call: ToolCall) -> bool:
    return call.name == "write" and _FRAGMENT in _arguments(call)


def _arguments(call: ToolCall) -> dict[str, object]:
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _last_of_each(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """Of several texts of one file only the last sound one counts: those before it show the mistake, or a draft."""
    last: dict[object, ToolCall] = {}
    others: list[ToolCall] = []
    for call in calls:
        arguments = _arguments(call)
        path = arguments.get("path") if call.name == "write" else None
        if path is None:
            others.append(call)
        elif path not in last or UNREADABLE not in arguments:
            last[path] = call
    return [*others, *last.values()]


def _whole(file: ShownFile, answer: str) -> str | None:
    """Return the file that an answer means: the answer, or the file with the answer's definitions in it."""
    if file.part is None and _is_whole(file, answer):
        return answer
    if file.path.endswith(".py"):
        inside = file.part.name.rpartition(".")[0] if file.part else ""
        return with_definitions(file.text, answer, inside)
    return None


def _is_whole(file: ShownFile, answer: str) -> bool:
    before = definitions(file.text) if file.path.endswith(".py") else None
    after = definitions(answer) if before is not None else None
    if before and after is not None:
        return {item.name for item in before if "." not in item.name} <= {item.name for item in after}
    return len(answer.split("\n")) * 3 >= len(file.text.split("\n")) * 2


def _fault(file: ShownFile, answer: str) -> str:
    if file.path.endswith(".py") and definitions(answer) is None:
        return "the answer is not Python that parses; nothing was written"
    subject = f"the definition of {file.part.name}" if file.part else f"the whole of {file.path}"
    return f"the answer is not {subject}; nothing was written"
