"""YAML text → nodes: a plain text here, any other by pyyaml's parser (parsed_yaml.py).

Duplicate keys, anchors, aliases, tags and more than one document are errors, each at its line. A text is plain where
every line is a key with a scalar or a list of scalars, or an item of such a list: no parser has to be imported, which
takes 13 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.settings_block.yaml_nodes import Document, Node

if TYPE_CHECKING:
    import re


def read_yaml(text: str, *, quick: bool = False) -> Document:
    """Parse one document; a syntax error leaves no root and one fault.

    `quick` takes libyaml's parser where there is one, five times faster: the same values, not always the same places.
    """
    root = None if quick else plain_root(text)
    if root is not None:
        return Document(root)
    from mtor_action.manifest.settings_block.parsed_yaml import parsed_yaml

    return parsed_yaml(text, quick=quick)


# Scalars of printable ASCII on one line: in quotes without an escape; bare without a comment or a colon before a space.
_QUOTED = r"'(?P<single>[ -&(-~]*)'|\"(?P<double>[ !#-\[\]-~]*)\""
_SCALAR = rf"(?P<bare>[\w./](?:[ !\"$-9;-~]|:(?=[!-~]))*(?<! ))|{_QUOTED}"
_KEY = lazy_pattern(rf"(?a)(?P<name>[a-z_]{{1,60}}):(?: (?:{_SCALAR}|(?P<flow>\[[ -~]*\])))?")
_ITEM = lazy_pattern(rf"(?a)(?P<lead> *)- (?:{_SCALAR})")
_FLOW_ITEM = lazy_pattern(rf"(?a)(?:(?P<bare>[\w./](?:[\w./+=~ -]*[\w./+=~-])?)|{_QUOTED})(?:, ?(?=[^ ])|\Z)")


def plain_root(text: str) -> Node | None:
    """Return the mapping of a text of such lines; None of any other text, right or wrong."""
    entries: dict[str, tuple[Node, Node]] = {}
    lines = text.removesuffix("\n").split("\n")
    number = 0
    while number < len(lines):
        match = _KEY.fullmatch(lines[number])
        if match is None or match["name"] in entries:
            return None
        key = Node(number, 0, match["name"], plain=True)
        value = _scalar(match, number) or _flow_list(match, number)
        number += 1
        if value is None:
            value = _list(lines, number) if match.lastgroup == "name" else None
            if value is None:
                return None
            number += len(value.items or ())
        entries[match["name"]] = (key, value)
    return Node(0, 0, entries=tuple(entries.values()), source=lines[0])


def _list(lines: list[str], first: int) -> Node | None:
    items: list[Node] = []
    column = 0
    for number in range(first, len(lines)):
        match = _ITEM.fullmatch(lines[number])
        item = match and _scalar(match, number)
        if match is None or item is None or (items and match.end("lead") != column):
            break
        column = match.end("lead")
        items.append(item)
    return Node(first, column, items=tuple(items), source=lines[first][column:]) if items else None


def _flow_list(match: re.Match[str], line: int) -> Node | None:
    """Return the list in brackets on the line; None if there is none, or none of plain items."""
    source = match["flow"]
    if source is None:
        return None
    items: list[Node] = []
    position, end = match.start("flow") + 1, match.end("flow") - 1
    while position < end:
        item = _FLOW_ITEM.match(match.string, position, end)
        scalar = item and _scalar(item, line)
        if item is None or scalar is None:
            return None
        items.append(scalar)
        position = item.end()
    return Node(line, match.start("flow"), items=tuple(items), source=source)


def _scalar(match: re.Match[str], line: int) -> Node | None:
    """Return the value on the line; None if there is none."""
    form = match.lastgroup
    if form is None or form not in ("bare", "single", "double"):
        return None
    return Node(line, match.start(form) - (form != "bare"), match[form], plain=form == "bare")
