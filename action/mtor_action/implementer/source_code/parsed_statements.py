"""What a file of another language has beside its definitions, by the grammar: statements, and what is above a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.parsed_lines import parsed_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar

# Parts of node kinds: `line_comment`, `marker_annotation`, `attribute_item`, `import_declaration`, `preproc_include`.
_REMARKS = ("comment",)
_MARKS = ("decorator", "annotation", "attribute")
_DECLARES = ("import", "declaration", "definition", "preproc", "using")
_OF_THE_FILE = ("package", "namespace", "module")


def statements(path: str, lines: Sequence[str]) -> list[tuple[list[str], bool]]:
    """Return the lines of each outermost statement of a file, and whether it only belongs to the one below it."""
    parsed = parsed_lines(path, lines)
    nodes = [node for node in parsed[1].children if node.is_named] if parsed else []
    kinds = (*_REMARKS, *_MARKS)
    return [(list(lines[node.start_point[0] : _last_row(node) + 1]), _is_kind(node, kinds)) for node in nodes]


def loose_line(path: str, lines: Sequence[str], first: int, last: int) -> int:
    """Return the first line, from 1, of what is among the lines `first` to `last` and defines nothing; 0 for nothing.

    Comments and imports are no such statements, nor is what is inside of a definition.
    """
    parsed = parsed_lines(path, lines)
    pending = list(reversed(parsed[1].children)) if parsed else []
    while parsed and pending:
        node = pending.pop()
        start, end = node.start_point[0] + 1, _last_row(node) + 1
        if end < first or start > last:
            continue
        if start < first or node.type in parsed[0].through:
            pending += reversed(node.children)
        elif node.is_named and not _may_be_added(node, parsed[0], lines):
            return start
    return 0


def lead_of(path: str, lines: Sequence[str], first: int) -> list[tuple[str, bool]]:
    """Return the lines of comments, attributes and decorators from line `first` on, from 1, that are above a head.

    With each line, whether it is a comment.
    """
    parsed = parsed_lines(path, lines)
    lead: list[tuple[str, bool]] = []
    row = first - 1
    while parsed and row < len(lines) and (node := _mark_at(parsed[1], lines, row)) is not None:
        last = _last_row(node)
        if lines[last][_end_column(node, lines) :].strip():
            break
        lead += [(line, _is_kind(node, _REMARKS)) for line in lines[row : last + 1]]
        row = last + 1
    return lead


def _mark_at(root: Node, lines: Sequence[str], row: int) -> Node | None:
    """Return the comment, attribute or decorator that begins on a row, as its first code."""
    column = len(lines[row][: len(lines[row]) - len(lines[row].lstrip())].encode())
    node = root.named_descendant_for_point_range((row, column), (row, column + 1))
    while node is not None and node.start_point == (row, column):
        if _is_kind(node, (*_REMARKS, *_MARKS)):
            return node
        node = node.parent
    return None


def _may_be_added(node: Node, grammar: Grammar, lines: Sequence[str]) -> bool:
    if _is_kind(node, (*_REMARKS, *_MARKS)) or node.type in grammar.imports or node.type in grammar.definitions:
        return True
    if _is_kind(node, _OF_THE_FILE):
        return False
    if _is_kind(node, _DECLARES) or lines[node.start_point[0]].split("(")[0].split()[:1] == ["require"]:
        return True
    return any(each.type in grammar.definitions for each in _wrapped(node, grammar))


def _wrapped(node: Node, grammar: Grammar) -> Iterator[Node]:
    """Yield what is inside of a statement that only wraps definitions: `export`, a group of constants."""
    pending = [node] if node.type in grammar.wraps | grammar.through else []
    while pending:
        for child in pending.pop().children:
            yield child
            if child.type in grammar.wraps | grammar.through:
                pending.append(child)


def _is_kind(node: Node, parts: Sequence[str]) -> bool:
    return any(part in node.type for part in parts)


def _last_row(node: Node) -> int:
    """Return the last row that a node reaches into; one of a line may end where the next line begins."""
    row, column = node.end_point
    return int(row - 1 if column == 0 and row > node.start_point[0] else row)


def _end_column(node: Node, lines: Sequence[str]) -> int:
    """Return where a node ends on its last row, in characters."""
    row, column = node.end_point
    last = _last_row(node)
    return len(lines[last]) if last < row else len(lines[row].encode()[:column].decode("utf-8", "replace"))
