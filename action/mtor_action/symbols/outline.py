"""A source file's text → its definitions: members of modules, classes and namespaces, never locals.

A definition has the path of names from the outermost one, and the lines that belong to it: its own, those of its
decorators or attributes and of the comment glued to it, and what closes it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.symbols.extent import Extent, Interior, ParsedText, extent_of, interior_of
from mtor_action.symbols.naming import Name, name_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from mtor_action.symbols.grammar import Grammar, ParsingEffort

_MOST_NESTED = 50
_MOST_PREFIXES = 4


@dataclass(frozen=True, slots=True)
class SymbolDefinition:
    """One definition. Lines are 0-based; `extent` is what is replaced, deleted or moved as a whole."""

    path: str
    kind: str
    line: int  # that has its name
    header: str  # that line's text, blanks collapsed
    parameters: str  # with their parentheses; "" if it has none
    extent: Extent
    depth: int  # how many definitions are around it
    twin: int = 0  # 1-based among those of the same path; 0 if it is the only one
    also: tuple[str, ...] = ()  # other forms of its path
    interior: Interior | None = None  # where its members are, if it can have any
    fault: str = ""  # why it can be looked into but not be replaced as a whole; "" if it can

    @property
    def form(self) -> str:
        """The path as a spec writes it, with the twin's number."""
        return f"{self.path}#{self.twin}" if self.twin else self.path


@dataclass(frozen=True, slots=True)
class Outline:
    """The definitions of one text in their order. `error` is the 0-based line of the first syntax error."""

    grammar: Grammar
    definitions: tuple[SymbolDefinition, ...]
    error: int | None = None
    unparsed: tuple[tuple[int, str], ...] = ()  # line and text of what is not part of any definition, for its errors


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node whose members are looked for, and the paths that they begin with."""

    node: Node
    prefixes: tuple[str, ...]
    depth: int


def read_outline(grammar: Grammar, lines: Sequence[bytes], effort: ParsingEffort) -> Outline | None:
    """Return the definitions in these lines; None if they are beyond the parser's limits.

    Raises GrammarMissingError where the grammar is not installed.
    """
    tree = grammar.parse(b"\n".join(lines) + b"\n", effort)
    if tree is None:
        return None
    root = tree.root_node
    unparsed: list[tuple[int, str]] = []
    # A node that the parser only supposes may be on the empty line after the last one.
    definitions = sorted(_walk(ParsedText(grammar, [*lines, b""], root), unparsed), key=_order)
    error = first_error(root) if root.has_error else None
    return Outline(grammar, tuple(_numbered(definitions)), error, tuple(unparsed))


def _order(definition: SymbolDefinition) -> tuple[int, int, int]:
    """Return what puts a definition before what is inside of it."""
    return definition.extent.start, -definition.extent.stop, definition.depth


def first_error(root: Node) -> int:
    """Return the 0-based line of the first syntax error below a node that has one."""
    node = root
    while True:
        if node.is_error or node.is_missing:
            return int(node.start_point[0])
        following = next((child for child in node.children if child.has_error or child.is_missing), None)
        if following is None:
            return int(node.start_point[0])
        node = following


def _numbered(definitions: Sequence[SymbolDefinition]) -> Iterator[SymbolDefinition]:
    times = Counter(definition.path for definition in definitions)
    count: Counter[str] = Counter()
    for definition in definitions:
        count[definition.path] += 1
        yield replace(definition, twin=count[definition.path]) if times[definition.path] > 1 else definition


def _walk(parsed: ParsedText, unparsed: list[tuple[int, str]]) -> Iterator[SymbolDefinition]:
    grammar = parsed.grammar
    spots = [_Spot(parsed.root, ("",), 0)]
    while spots:
        spot = spots.pop()
        for node, outer in _members(spot.node, parsed, unparsed):
            name = name_of(node, parsed)
            if name is None or not name.text or not _is_nameable(node, grammar):
                continue
            yield _definition(node, outer, name, spot, parsed)
            if node.type in grammar.containers and spot.depth < _MOST_NESTED:
                prefixes = _joined(spot.prefixes, name.prefixes)
                spots.append(_Spot(node, prefixes, spot.depth + 1))


def _joined(prefixes: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    paths = (f"{prefix}.{name}" if prefix else name for prefix in prefixes for name in names)
    return tuple(dict.fromkeys(paths))[:_MOST_PREFIXES]


def _is_nameable(node: Node, grammar: Grammar) -> bool:
    allowed = grammar.only.get(node.type)
    if allowed is not None:
        holder = node.child_by_field_name(grammar.names.get(node.type, "name"))
        if holder is None and node.type == "assignment_statement":
            first = node.named_children[0]
            holder = first.named_children[0] if first.named_children else None
        return holder is not None and holder.type in allowed
    return node.type not in grammar.bodied or node.child_by_field_name("body") is not None


def _members(top: Node, parsed: ParsedText, unparsed: list[tuple[int, str]]) -> Iterator[tuple[Node, Node]]:
    """Yield each definition right inside of `top`, with the outermost node that belongs to it alone."""
    stack: list[tuple[Node, Node | None]] = [(child, None) for child in reversed(top.children)]
    members: list[tuple[Node, Node | None]] = []
    grammar = parsed.grammar
    while stack:
        node, outer = stack.pop()
        if node.is_error:
            unparsed.append((node.start_point[0], parsed.text_of(node)))
        elif node.type in grammar.definitions:
            members.append((node, outer))
        elif node.type in grammar.wraps:
            is_list = any(child.type == "(" for child in node.children)
            stack += [(child, None if is_list else outer or node) for child in reversed(node.children)]
        elif node.type in grammar.through:
            stack += [(child, None) for child in reversed(node.children)]
    times = Counter(outer.id for _, outer in members if outer is not None)
    for node, outer in members:
        yield node, outer if outer is not None and times[outer.id] == 1 else node


def _definition(node: Node, outer: Node, name: Name, spot: _Spot, parsed: ParsedText) -> SymbolDefinition:
    path, *also = _joined(spot.prefixes, (name.text, *name.also))
    extent, fault = extent_of(outer, parsed)
    if outer.has_error:
        fault = f"has a syntax error on line {first_error(outer) + 1}"
    header = parsed.lines[name.row].decode("utf-8", "replace")
    return SymbolDefinition(
        path=path,
        kind=parsed.grammar.definitions[node.type],
        line=name.row,
        header=plain(header),
        parameters=_parameters(node, parsed),
        extent=extent,
        depth=spot.depth,
        also=tuple(also),
        interior=interior_of(node, extent, parsed) if node.type in parsed.grammar.containers else None,
        fault=fault,
    )


def _parameters(node: Node, parsed: ParsedText) -> str:
    for _ in range(_MOST_NESTED):
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            return _neat(parsed.text_of(parameters))
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("value")
        if inner is None:
            break
        node = inner
    parameters = next((child for child in node.named_children if child.type.endswith("value_parameters")), None)
    return _neat(parsed.text_of(parameters)) if parameters is not None else ""


def _neat(parameters: str) -> str:
    """Return parameters as they are on one line."""
    text = plain(parameters)
    inner = text[1:-1].strip().removesuffix(",").rstrip()
    return f"({inner})" if text[:1] == "(" and text[-1:] == ")" else text
