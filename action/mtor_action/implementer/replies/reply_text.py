"""A whole reply → its calls, in the order of the text."""

from __future__ import annotations

import json
import re
import textwrap
from itertools import accumulate
from typing import TYPE_CHECKING

from mtor_action.implementer.replies.calls_in_text import calls_in_text
from mtor_action.implementer.replies.commands_in_text import command_in
from mtor_action.implementer.replies.reasoning import without_reasoning
from mtor_action.implementer.replies.reply_blocks import Located, ReplySubject, block_calls
from mtor_action.manifest.fences.fenced_blocks import read_fences
from mtor_action.manifest.text import Lines, Part
from mtor_action.model.chat import ToolCall

if TYPE_CHECKING:
    from mtor_action.implementer.replies.calls_in_text import CallInText
    from mtor_action.manifest.fences.fenced_blocks import Fence

_NOTHING = ReplySubject()
_INVISIBLE_BEFORE = re.compile("^[\u200b\u200c\u200d\u2060\ufeff]+(?=[ \t]*(?:```|~~~|@))", re.MULTILINE)
# A wrapper's tag alone on a line starts an HTML block for Markdown, and hides the fence right below it.
_WRAPPER = re.compile(
    r"[ \t]*</?(?:answer|output|response|result|final|solution|code|file|details|summary|assistant)>[ \t]*",
    re.IGNORECASE,
)
_FENCE = re.compile(r"[ \t]*(?P<marker>`{3,}|~{3,})(?P<info>.*)")
# What chat templates put around a turn: a server that does not know them lets them through, with an imagined next turn.
_TURN_START = re.compile(
    r"\A\s*(?:<\|start_header_id\|>assistant<\|end_header_id\|>|<\|im_start\|>assistant|<start_of_turn>model)"
)
_TURN_END = re.compile(
    r"(?:<\|(?:eot_id|im_end|end|endoftext|end_of_text)\|>|</s>|<end_of_turn>|<eos>|<[\uff5c|]end[\u2581_]of[\u2581_]sentence[\uff5c|]>)"
    r"\s*(?=\Z|<\|(?:start_header_id|im_start|user|system)\|>|<start_of_turn>|\[INST\])"
)
_INDENTED_FENCE = re.compile(r"[ \t]+(?:```|~~~)")
_SEARCH, _REPLACE = re.compile(r"<{7,} ?SEARCH[ \t]*"), re.compile(r">{7,} ?REPLACE[ \t]*")
_IN_HUNK = "hunk"
_FORM = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*\b(?:edit|write|create)\b", re.MULTILINE)
_TEXTS = frozenset({"markdown", "md", "text", "txt", "plaintext"})


def read_reply(text: str, turn: int, subject: ReplySubject = _NOTHING) -> tuple[ToolCall, ...]:
    """Return the calls that a reply asks for. Never raises for what a model may write."""
    answer = _plain(without_reasoning(_line_feeds(text)))
    calls = _meant(answer)
    if not calls:
        answer = _without_wrappers(answer)
        calls = _meant(answer)
    located = [Located(answer.count("\n", 0, call.start), (call.name, {"": call.arguments})) for call in calls]
    for call in calls:
        blank = "\n" * answer.count("\n", call.start, call.end)
        answer = answer[: call.start] + blank + answer[call.end :]
    located += _blocks_and_commands(_fenced_hunks(_unwrapped(_without_wrappers(answer))), subject)
    located.sort(key=lambda item: item.line)
    return tuple(
        ToolCall(f"text-{turn}-{number}", name, str(arguments[""]) if "" in arguments else json.dumps(arguments))
        for number, (_, (name, arguments)) in enumerate(located)
    )


def _meant(answer: str) -> list[CallInText]:
    """Return the calls that a reply holds; what is a call in the middle of a block's text is that text's own."""
    calls = calls_in_text(answer)
    if not calls:
        return []
    starts = list(accumulate((len(line) + 1 for line in answer.split("\n")), initial=0))
    bodies = [(starts[fence.body[0]], starts[fence.body[1]]) for fence in _fences(answer)]
    meant: list[CallInText] = []
    for call in calls:
        before = meant[-1].end if meant else 0
        first = next((first for first, end in bodies if first <= call.start < end), call.start)
        if not answer[max(first, before) : call.start].strip():
            meant.append(call)
    return meant


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _plain(text: str) -> str:
    text = _TURN_START.sub("", text)
    # In a block they are the program's own, unless nothing comes after them.
    ends = (
        each for each in _TURN_END.finditer(text) if each.end() == len(text) or not _is_in_block(text, each.start())
    )
    end = next(ends, None)
    return _INVISIBLE_BEFORE.sub("", text[: end.start()] if end else text)


def _without_wrappers(text: str) -> str:
    """Return the text without the tags of wrappers around blocks and hunks; in those they are the program's own."""
    lines = text.split("\n")
    end = ""  # of the block or hunk that the line is in
    for number, line in enumerate(lines):
        fence = _FENCE.fullmatch(line)
        if end == _IN_HUNK:
            end = "" if _REPLACE.fullmatch(line) else end
        elif end:
            is_end = fence is not None and fence["marker"].startswith(end) and not fence["info"].strip()
            end = "" if is_end else end
        elif fence:
            end = fence["marker"]
        elif _SEARCH.fullmatch(line):
            end = _IN_HUNK
        elif _WRAPPER.fullmatch(line):
            lines[number] = ""
    while end and lines and (not lines[-1].strip() or _WRAPPER.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _is_in_block(text: str, at: int) -> bool:
    return text.count("```", 0, at) % 2 == 1


def _unwrapped(text: str) -> str:
    """Return a reply that is one block of Markdown around the real blocks, or indented as a whole, without that."""
    fences = _fences(text)
    if len(fences) == 1 and fences[0].closed and set(fences[0].info.bare) <= _TEXTS and not fences[0].info.attributes:
        first, end = fences[0].body
        lines = text.split("\n")
        body = "\n".join(lines[first:end])
        if _FORM.search(body):
            return "\n".join([*lines[: first - 1], "", body, "", *lines[end + 1 :]])
    return _dedented(text) if not fences and _FORM.search(text) else text


def _dedented(text: str) -> str:
    """Blocks that are indented, as Markdown does not have them: with their bodies, or the fences alone."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if _INDENTED_FENCE.match(line)]
    first, end = fences[0], fences[-1] + 1
    if all(line.startswith("    ") or not line.strip() for line in lines[first:end]):
        return "\n".join([*lines[:first], *textwrap.dedent("\n".join(lines[first:end])).split("\n"), *lines[end:]])
    return "\n".join(line.lstrip() if number in fences else line for number, line in enumerate(lines))


def _fenced_hunks(text: str) -> str:
    """Return the hunks outside of every block, each put into one."""
    fences = _fences(text)
    inside = {number for fence in fences for number in range(fence.line, fence.end)}
    fenced: list[str] = []
    is_open = False
    for number, line in enumerate(text.split("\n")):
        if number not in inside and not is_open and _SEARCH.fullmatch(line):
            fenced.append("````")
            is_open = True
        fenced.append(line)
        if is_open and _REPLACE.fullmatch(line):
            fenced.append("````")
            is_open = False
    return text if is_open else "\n".join(fenced)


def _fences(text: str) -> list[Fence]:
    return read_fences(Lines(Part("reply", text.encode("utf-8", "replace"))))


def _blocks_and_commands(text: str, subject: ReplySubject) -> list[Located]:
    lines = Lines(Part("reply", text.encode("utf-8", "replace")))
    fences = read_fences(lines)
    texts = [lines.text(number) for number in range(len(lines))]
    commanding = [fence for fence in fences if _is_a_command(fence, texts)]
    others = [fence for fence in fences if fence not in commanding]
    located = block_calls(others, lines, subject)
    inside = {number for fence in others for number in range(fence.line, fence.end)}
    commands = [(number, command_in(texts, number)) for number in range(len(texts)) if number not in inside]
    return located + [Located(number, command) for number, command in commands if command is not None]


def _is_a_command(fence: Fence, texts: list[str]) -> bool:
    """Return whether it is a plain block that holds nothing but one command that only looks."""
    first, end = fence.body
    filled = [number for number in range(first, end) if texts[number].strip()]
    if len(filled) != 1 or fence.info.attributes:
        return False
    command = command_in(texts, filled[0])
    return command is not None and command[0] != "finish"
