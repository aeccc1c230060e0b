"""The lines that belong to a definition, and those where its members are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar

_BLANKS = b" \t\r"
_CLOSING = frozenset({"}", "end"})
_AFTER = re.compile(rb"[ \t]*[;,]?[ \t\r]*")
_OF_THE_FILE = re.compile(rb"#!|#.*?coding[:=]")


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The lines of a file, and the root of their tree."""

    grammar: Grammar
    lines: Sequence[bytes]
    root: Node

    def text_of(self, node: Node) -> str:
        """Return the text of one of its nodes; odd bytes become U+FFFD."""
        (row, column), (last, end) = node.start_point, node.end_point
        if row == last:
            return self.lines[row][column:end].decode("utf-8", "replace")
        inner = (self.lines[row][column:], *self.lines[row + 1 : last], self.lines[last][:end])
        return b"\n".join(inner).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Extent:
    """The lines `start` up to `stop` (0-based, half open), and the blanks that the definition begins after."""

    start: int
    stop: int
    indent: bytes


@dataclass(frozen=True, slots=True)
class Interior:
    """A new last member begins at line `stop` (0-based). `fault` says why there cannot be one."""

    stop: int
    indent: bytes | None  # of its first member; None if it has none
    fault: str = ""


def extent_of(outer: Node, parsed: ParsedText) -> tuple[Extent, str]:
    """Return the lines of a definition whose node is `outer`, and why they are not its alone ("" if they are)."""
    row, column = outer.start_point
    before = parsed.lines[row][:column]
    last, fault = _last_line(outer, parsed)
    if before.strip(_BLANKS):
        fault = f"shares line {row + 1} with other code"
        return Extent(row, last + 1, before[: len(before) - len(before.lstrip(_BLANKS))]), fault
    return Extent(_first_line(row, column, parsed), last + 1, before), fault


def _first_line(row: int, column: int, parsed: ParsedText) -> int:
    """The first line of the comments and attributes that are glued to a definition's first line."""
    while row:
        first = _lead_above(row, column, parsed)
        if first is None:
            break
        row = first
    return row


def _lead_above(row: int, column: int, parsed: ParsedText) -> int | None:
    """The first line of the comment or attribute that ends on the line above `row` and begins at `column`."""
    above = parsed.lines[row - 1]
    if not above.strip(_BLANKS):
        return None
    lead = len(above) - len(above.lstrip(_BLANKS))
    node = parsed.root.named_descendant_for_point_range((row - 1, lead), (row - 1, lead + 1))
    if node is None or node.type not in parsed.grammar.leading or _last_row(node) != row - 1:
        return None
    first, indent = node.start_point
    text = parsed.lines[first]
    is_alone = not text[:indent].strip(_BLANKS) and not above[_end_column(node, parsed.lines) :].strip(_BLANKS)
    return first if is_alone and indent == column and not _is_of_the_file(first, text) else None


def _is_of_the_file(row: int, text: bytes) -> bool:
    """Whether a comment says something of the whole file: how it is run and read (PEP 263), or Rust's inner docs."""
    bare = text.lstrip(_BLANKS)
    return bare.startswith((b"//!", b"/*!")) or (row < 2 and _OF_THE_FILE.match(bare) is not None)


def _last_row(node: Node) -> int:
    """The last row that a node reaches into; the node of a line comment may end where the next line begins."""
    row, column = node.end_point
    return int(row - 1 if column == 0 and row > node.start_point[0] else row)


def _end_column(node: Node, lines: Sequence[bytes]) -> int:
    row, column = node.end_point
    return len(lines[row - 1]) if column == 0 and row > node.start_point[0] else int(column)


def _last_line(outer: Node, parsed: ParsedText) -> tuple[int, str]:
    lines = parsed.lines
    row, column = _last_row(outer), _end_column(outer, lines)
    while row > outer.start_point[0] and not lines[row][:column].strip(_BLANKS):
        row -= 1
        column = len(lines[row])
    after = _AFTER.match(lines[row][column:])
    at = column + (after.end() if after else 0)
    if not lines[row][at:].strip(_BLANKS) or _is_remark(row, at, parsed):
        return row, ""
    return row, f"shares line {row + 1} with other code"


def _is_remark(row: int, at: int, parsed: ParsedText) -> bool:
    """Whether the rest of a line is one comment."""
    node = parsed.root.named_descendant_for_point_range((row, at), (row, at + 1))
    if node is None or node.type not in parsed.grammar.leading or not node.start_point[0] == row == _last_row(node):
        return False
    return not parsed.lines[row][_end_column(node, parsed.lines) :].strip(_BLANKS)


def interior_of(node: Node, extent: Extent, parsed: ParsedText) -> Interior:
    """Return where the members of a container end."""
    body: Node | None = None
    current = node
    while current.children:
        last = current.children[-1]
        if last.type == ";" and len(current.children) > 1:
            last = current.children[-2]
        if last.is_missing:
            return Interior(extent.stop, None, "is not closed")
        if last.type in parsed.grammar.through:
            body = last
        elif last.type in _CLOSING:
            return _before_closing(last, body or current, extent, parsed)
        else:
            break
        current = last
    indent = _members_indent(body, extent, parsed) if body is not None else None
    if body is None and not parsed.grammar.offside:
        return Interior(extent.stop, None, "has no body")
    return Interior(extent.stop, indent)


def _before_closing(closing: Node, body: Node, extent: Extent, parsed: ParsedText) -> Interior:
    row, column = closing.start_point
    indent = _members_indent(body, extent, parsed)
    if parsed.lines[row][:column].strip(_BLANKS):
        return Interior(row, indent, f"closes on line {row + 1} beside other code")
    return Interior(row, indent)


def _members_indent(body: Node, extent: Extent, parsed: ParsedText) -> bytes | None:
    """The indentation of the first member or statement that begins a line of its own."""
    stack = [body]
    while stack:
        node = stack.pop(0)
        for child in node.named_children:
            row, column = child.start_point
            before = parsed.lines[row][:column]
            if row > extent.start and not before.strip(_BLANKS) and len(before) > len(extent.indent):
                return before
            if child.type in parsed.grammar.through and child.start_point[0] == node.start_point[0]:
                stack.append(child)
    return None
