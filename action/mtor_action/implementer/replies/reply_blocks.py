"""Fenced blocks of a reply: what each of them does, and to which file.

A block says so itself (`edit=PATH`, `write PATH`), or by the line above it, by a path in its first line, or because the
question was about one file only. What it does follows from its body: hunks, a diff, or the text of the whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.replies.diffs import edits_of, is_diff
from mtor_action.implementer.tools.tool_arguments import UNREADABLE
from mtor_action.manifest.file_blocks.blocks import block_body
from mtor_action.manifest.text import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mtor_action.manifest.fences.fenced_blocks import Fence
    from mtor_action.manifest.text import Lines

Call = tuple[str, dict[str, object]]
OPEN = "open"  # the key of a text whose block is never closed


@dataclass(frozen=True, slots=True)
class ReplySubject:
    """The files that a reply may be about.

    `paths` may be written. `read(path)` gives a file's text, None where there is none. `asked` are the files that the
    question wanted back: there a block without any form is an answer, elsewhere it is an example. `definitions` are
    the names in those, `Class.method`, which look like paths. `is_cut`: the reply was cut off at its length limit, so a
    block that is not closed is not whole.
    """

    paths: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    definitions: frozenset[str] = frozenset()
    is_cut: bool = False
    read: Callable[[str], str | None] = field(default=lambda _: None)


class Located(NamedTuple):
    """A call, and the 0-based line of the reply that it begins at."""

    line: int
    call: Call


_VERBS = {"edit": "edit", "patch": "diff", "diff": "diff", "write": "write", "create": "write", "replace": "write"}
_PATH = re.compile(r"(?:\.{0,2}/)?[\w.@+-]+(?:/[\w.@+\[\]()-]+)*", re.ASCII)
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_ABOVE = re.compile(
    r"^(?:#{1,6}[ \t]+|[-*+][ \t]+|\d+[.)][ \t]+)?(?:\*\*|__)?"
    r"(?:(?:new |updated |corrected )?file(?:name)?:?[ \t]*|path:[ \t]*)?"
    r"[`\"'*]*(?P<path>[^\s`\"'*]+?)[`\"'*]*:?(?:\*\*|__)?:?$",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"^(?:#|//|--|;|/\*|<!--)[ \t]*(?:file(?:name)?:[ \t]*)?(?P<path>\S+?)[ \t]*(?:\*/|-->)?$", re.IGNORECASE
)
_HUNK = re.compile(r"^<{7,} ?SEARCH[ \t]*$", re.MULTILINE)
_FENCE_LINE = re.compile(r"^ {0,3}(?P<marker>`{3,}|~{3,})[ \t]*(?P<info>[^`\s]*)", re.MULTILINE)


def block_calls(fences: Sequence[Fence], lines: Lines, subject: ReplySubject) -> list[Located]:
    """Return the calls that the blocks ask for; a block that asks for nothing is left out."""
    located: list[Located] = []
    for number, fence in enumerate(fences):
        following = fences[number + 1] if number + 1 < len(fences) else None
        located += [Located(fence.line, call) for call in _calls(fence, following, lines, subject)]
    return located


def _calls(fence: Fence, following: Fence | None, lines: Lines, subject: ReplySubject) -> Iterator[Call]:
    verb, path = _info(fence, subject)
    if path == "PATH":  # of the form that was shown, copied
        path = ""
    body = (block_body(fence, Problems(lines)) or b"").decode("utf-8", "replace")
    # The text above a block counts only if the block itself names nothing.
    path = path or _above(lines, fence, subject)
    if not path:
        path, body = _first_line(body, subject)
    verb = verb or _kind_of(body, has_path=bool(path), is_asked=bool(subject.asked))
    if verb and not path and len(subject.asked or subject.paths) == 1:
        path = (subject.asked or subject.paths)[0]
    if not verb:
        return
    # Whether the text of an asked file is whole can be told from the text; then a lost last line says nothing.
    may_be_open = path in subject.asked and path.endswith(".py") and not subject.is_cut
    fault = _fault(fence, following, body, may_be_open=may_be_open)
    if fault:
        yield ("write" if verb == "write" else "edit"), {"path": path, UNREADABLE: fault}
    elif verb == "diff":
        yield from _diff(body, path)
    elif not path:
        yield verb, {UNREADABLE: f"which file is this for? Open the block with ```{verb}=PATH"}
    else:
        arguments: dict[str, object] = {"path": path, "hunks" if verb == "edit" else "content": body}
        yield verb, {**arguments, OPEN: True} if verb == "write" and not fence.closed else arguments


def _info(fence: Fence, subject: ReplySubject) -> tuple[str, str]:
    """Return the verb and the path that the info string names, each "" if it names none."""
    for word in fence.info.attributes:
        if word.key.lower() in _VERBS:
            return _VERBS[word.key.lower()], word.value
        if word.key.lower() in ("path", "file", "filename", "title"):
            return "", word.value
    verb = path = ""
    for text in fence.info.bare:
        language, colon, after = text.partition(":")
        if text.lower() in _VERBS:
            verb = verb or _VERBS[text.lower()]
        elif colon and _is_path(after) and not _SUFFIX.search(language):
            path, verb = after, verb or _VERBS.get(language.lower(), "")
        elif _is_path(text) and not _is_definition(text, subject):
            path = text
    return ("" if verb == "diff" and not path else verb), path


def _above(lines: Lines, fence: Fence, subject: ReplySubject) -> str:
    number = fence.line - 1
    while number >= 0 and not lines.text(number).strip():
        number -= 1
    match = _ABOVE.match(lines.text(number).strip()) if number >= 0 else None
    return match["path"] if match and _names(match["path"], subject) else ""


def _first_line(body: str, subject: ReplySubject) -> tuple[str, str]:
    """Return a path in the first line of a body, and the body without that line where the file does not have it."""
    first, _, remainder = body.partition("\n")
    match = _COMMENT.match(first.strip()) or (_ABOVE.match(first.strip()) if _HUNK.match(remainder) else None)
    if match is None or not _names(match["path"], subject):
        return "", body
    path = match["path"]
    current = subject.read(path) or ""
    return path, body if current.partition("\n")[0].strip() == first.strip() else remainder


def _names(text: str, subject: ReplySubject) -> bool:
    return text in subject.paths or text in subject.asked or (_is_path(text) and not _is_definition(text, subject))


def _is_definition(text: str, subject: ReplySubject) -> bool:
    """Return whether it names a definition of an asked file, as `Class.method` or with the module before it."""
    name = text.removesuffix("()")
    return any(name == each or name.endswith(f".{each}") for each in subject.definitions if "." in each)


def _is_path(text: str) -> bool:
    return bool(_PATH.fullmatch(text)) and ("/" in text or bool(_SUFFIX.search(text))) and not text.endswith("/")


def _kind_of(body: str, *, has_path: bool, is_asked: bool) -> str:
    if _HUNK.search(body):
        return "edit"
    if is_diff(body):
        return "diff"
    return "write" if (has_path or is_asked) and body.strip() else ""


def _fault(fence: Fence, following: Fence | None, body: str, *, may_be_open: bool) -> str:
    """Return why the block may not be what its author meant, "" if it is sound."""
    if fence.quoted:
        return "the block is in a quote; write it without the > before its lines"
    if fence.inside:
        return "the block is inside a comment or a tag that is still open; write it by itself"
    if not fence.closed and not may_be_open:
        return f"the block is never closed; end it with {fence.marker} alone on a line"
    inner = [match for match in _FENCE_LINE.finditer(body) if match["marker"][0] == fence.marker[0]]
    if any(len(match["marker"]) >= len(fence.marker) for match in inner) or (
        inner and following is not None and not following.closed
    ):
        longer = fence.marker[0] * (max(len(match["marker"]) for match in inner) + 1)
        return (
            f"the block holds {inner[0].group().strip()}, so it ends where that ends and the rest is lost; "
            f"nothing was written. Open and close the block with {longer}"
        )
    return ""


def _diff(body: str, path: str) -> Iterator[Call]:
    edits = edits_of(body)
    if not edits:
        yield "edit", {"path": path, UNREADABLE: "the diff changes no line"}
    for header_path, hunks in edits:
        if path or header_path:
            yield "edit", {"path": header_path or path, "hunks": hunks}
        else:
            yield "edit", {UNREADABLE: "which file is this diff for? Give it --- a/PATH and +++ b/PATH"}
