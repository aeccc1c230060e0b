"""The names that source text uses, and those that a file binds for itself: what it imports and defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar, ParsingEffort
    from mtor_action.symbols.outline import Outline

_KINDS = ("identifier", "constant", "name", "word")


def used_names(grammar: Grammar, lines: Sequence[bytes], effort: ParsingEffort) -> set[str]:
    """Return every identifier in the lines."""
    source = b"\n".join(lines) + b"\n"
    tree = grammar.parse(source, effort)
    return _identifiers([tree.root_node], source) if tree is not None else set()


def bound_names(outline: Outline, lines: Sequence[bytes], effort: ParsingEffort) -> set[str]:
    """Return what the file imports, and its outermost definitions."""
    grammar = outline.grammar
    source = b"\n".join(lines) + b"\n"
    tree = grammar.parse(source, effort)
    defined = {item.path.rpartition(".")[2] for item in outline.definitions if not item.depth}
    return defined | (_identifiers(_imports(tree.root_node, grammar), source) if tree is not None else set())


def _imports(root: Node, grammar: Grammar) -> list[Node]:
    imports: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        for child in node.children:
            if child.type in grammar.imports:
                imports.append(child)
            elif child.type in grammar.through | grammar.wraps:
                stack.append(child)
    return imports


def _identifiers(nodes: Sequence[Node], source: bytes) -> set[str]:
    names: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if not node.child_count and node.type.endswith(_KINDS):
            names.add(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        stack += node.children
    return names
