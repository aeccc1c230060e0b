"""The names that source text uses, and those that a file binds for itself: what it imports and defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar, ParsingEffort
    from mtor_action.symbols.outline import Outline

_KINDS = ("identifier", "constant", "name", "word")
# An import whose path is a string binds the last part of it: https://go.dev/ref/spec#Import_declarations
_PATH_IMPORT = "import_spec"
_VERSION = lazy_pattern(r"v[0-9]+")


def used_names(grammar: Grammar, lines: Sequence[bytes], effort: ParsingEffort) -> set[str]:
    """Return every identifier in the lines; none where they cannot be parsed."""
    source = b"\n".join(lines) + b"\n"
    tree = grammar.parse(source, effort)
    return _identifiers([tree.root_node], source) if tree is not None else set()


def defined_names(outline: Outline) -> set[str]:
    """Return the outermost definitions of a file."""
    return {item.path.rpartition(".")[2] for item in outline.definitions if not item.depth}


def imported_names(grammar: Grammar, lines: Sequence[bytes], effort: ParsingEffort) -> set[str]:
    """Return the names that a file imports; none where it cannot be parsed."""
    source = b"\n".join(lines) + b"\n"
    tree = grammar.parse(source, effort)
    if tree is None:
        return set()
    imports = _imports(tree.root_node, grammar)
    return _identifiers(imports, source) | _last_of_paths(imports, source)


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


def _last_of_paths(nodes: Sequence[Node], source: bytes) -> set[str]:
    names: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        path = node.child_by_field_name("path") if node.type == _PATH_IMPORT else None
        if path is not None and node.child_by_field_name("name") is None:
            parts = source[path.start_byte : path.end_byte].decode("utf-8", "replace").strip('"`').split("/")
            names.add(parts[-2] if len(parts) > 1 and _VERSION.fullmatch(parts[-1]) else parts[-1])
        stack += node.children
    return names


def _identifiers(nodes: Sequence[Node], source: bytes) -> set[str]:
    names: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if not node.child_count and node.type.endswith(_KINDS):
            names.add(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        stack += node.children
    return names
