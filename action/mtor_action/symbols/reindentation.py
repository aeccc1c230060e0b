"""Code written at one indentation, put at another; and what a text holds after a definition of it was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar, ParsingEffort
    from mtor_action.symbols.outline import Outline, SymbolDefinition

_BLANKS = b" \t"
_STATEMENTS = frozenset({"expression_statement"})


def indentation(lines: Sequence[bytes]) -> bytes:
    """Return the blanks before the first line that has anything else."""
    first = next((line for line in lines if line.strip()), b"")
    return first[: len(first) - len(first.lstrip(_BLANKS))]


def indented(lines: Sequence[bytes], indent: bytes) -> list[bytes]:
    """Return the lines with `indent` before each that is not blank."""
    return [indent + line if line.strip() else line for line in lines]


def shifted_string(
    grammar: Grammar, lines: Sequence[bytes], start: int, stop: int, effort: ParsingEffort
) -> int | None:
    """Return the first row of `start` up to `stop` that begins inside of a string, which shifting has changed.

    A string that is a statement of its own (Python's documentation) may be shifted.
    """
    if not grammar.strings:
        return None
    tree = grammar.parse(b"\n".join(lines) + b"\n", effort)
    stack: list[tuple[Node, bool]] = [(tree.root_node, False)] if tree is not None else []
    while stack:
        node, is_statement = stack.pop()
        first, last = node.start_point[0], node.end_point[0]
        if last < start or first >= stop or first == last:
            continue
        if node.type in grammar.strings:
            if not is_statement and first >= start:
                return int(first + 1)
            continue
        inside = node.type in _STATEMENTS and node.named_child_count == 1
        stack += [(child, inside) for child in node.children]
    return None


def names_outside(outline: Outline, start: int, stop: int) -> list[tuple[str, str]]:
    """Return path and kind of every definition that is not within the lines `start` up to `stop`, in order."""
    return [(item.path, item.kind) for item in outline.definitions if not is_within(item, start, stop)]


def is_within(definition: SymbolDefinition, start: int, stop: int) -> bool:
    """Return whether all lines of the definition are among `start` up to `stop`."""
    return start <= definition.extent.start and definition.extent.stop <= stop


def outermost(outline: Outline, start: int, stop: int) -> list[SymbolDefinition]:
    """Return the definitions within the lines that are not inside of another one there."""
    inside = [item for item in outline.definitions if is_within(item, start, stop)]
    least = min((item.depth for item in inside), default=0)
    return [item for item in inside if item.depth == least]
