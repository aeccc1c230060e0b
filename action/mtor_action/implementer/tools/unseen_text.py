"""The parts of a file that a model has not seen as they are, and so must not write back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.implementer.tools.file_listing import MOST_LINE_CHARACTERS
from mtor_action.redaction.redactor import REPLACEMENT
from mtor_action.tree.file_text import is_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONG, _START = 300, 100  # characters of a line, and of its beginning, by which it is known again

_MARKS = (REPLACEMENT, "\N{REPLACEMENT CHARACTER}")


def unseen_loss(before: bytes, after: bytes, redact: Callable[[str], str]) -> str:
    """Return what writing `after` over `before` would lose or make up, in words for the model; "" for nothing.

    `redact` is what a text went through before the model saw it.
    """
    if not is_utf8(before):
        is_kept = all(line in before.split(b"\n") or line.isascii() for line in after.split(b"\n"))
        old = sum(not line.isascii() for line in before.split(b"\n"))
        new = sum(not line.isascii() for line in after.split(b"\n"))
        return "" if is_kept and new >= old else "the file is not UTF-8; change it by an edit that holds ASCII only"
    old_text, new_text = (content.decode("utf-8", "replace").replace("\r\n", "\n") for content in (before, after))
    present = set(new_text.split("\n"))
    for number, line in _hidden(old_text, redact):
        if line not in present:
            return f"line {number} of the file was not shown as it is; change the lines around it by an edit"
    for number, line, size in _shortened(old_text, new_text):
        return f"line {number} has {len(line)} characters and came back with {size}; change a long line by an edit"
    for line in new_text.split("\n"):
        if _is_made_up(line, old_text):
            return f"{line.strip()[:80]!r} is what was shown in place of something else; leave that line as it is"
    return ""


def _hidden(text: str, redact: Callable[[str], str]) -> list[tuple[int, str]]:
    """Return number, from 1, and text of the lines that were left out or redacted."""
    lines = text.split("\n")
    redacted = redact(text)
    visible = set(redacted.split("\n")) if redacted != text else set(lines)
    return [
        (number, line)
        for number, line in enumerate(lines, 1)
        if len(line) > MOST_LINE_CHARACTERS or line not in visible
    ]


def _shortened(before: str, after: str) -> Iterator[tuple[int, str, int]]:
    """Yield number, text and new length of long lines that came back cut: models lose the middle or the end of them."""
    old, new = before.split("\n"), after.split("\n")
    cut = {line[:_START]: len(line) for line in set(new) - set(old)}
    for number, line in enumerate(old, 1):
        size = cut.get(line[:_START]) if len(line) > _LONG and line not in new else None
        if size is not None and size < 0.8 * len(line):
            yield number, line, size


def _is_made_up(line: str, before: str) -> bool:
    return any(mark in line and line not in before for mark in _MARKS)
