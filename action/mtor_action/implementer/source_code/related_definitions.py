"""The definitions that another one of a Python file depends on: what it calls, and what fills the values that it reads.

A function that returns what is wrong may do so because of a helper, or of a table that was filled elsewhere; no frame
of a failing assertion names those.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.source_code.definitions import definitions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mtor_action.implementer.source_code.definitions import Definition

_MUTATORS = re.compile("add|append(left)?|clear|discard|extend|insert|pop(item)?|remove|reverse|setdefault|sort|update")


class _Names(NamedTuple):
    """What a function reads, in the order of its text, and what it fills: `name` of the module or `Class.name`."""

    read: list[str]
    filled: set[str]


def related_definitions(text: str, definition: Definition) -> list[Definition]:
    """Return the functions of the file that `definition` calls, nearest first, then those that fill what it reads."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    variables = {name for node in tree.body for name in _bound(node)}
    names = [_names_in(node, path.rpartition(".")[0], variables) for path, node in _functions(tree, "")]
    # In the same order; a property and its setter have one name.
    parts = [part for part in definitions(text) or () if not part.is_container]
    functions = dict(zip(parts, names, strict=True))
    called = _called(definition, functions)
    read = {name for part in called for name in functions[part].read}
    filling = [part for part, names in functions.items() if part not in called and names.filled & read]
    return [*called[1:], *filling]


def _called(start: Definition, functions: Mapping[Definition, _Names]) -> list[Definition]:
    """Return the functions that are called from `start`, which comes first, nearest first."""
    called = [start] if start in functions else []
    for part in called:  # which grows meanwhile
        for name in functions[part].read:
            targets = [each for each in functions if each.name == name]
            targets = targets or [each for each in functions if each.name == f"{name}.__init__"]
            called += [each for each in targets if each not in called]
    return called


def _functions(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for child in node.body:
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{prefix}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the variables that a statement of the module assigns."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def _names_in(function: ast.stmt, owner: str, variables: Collection[str]) -> _Names:
    read: list[tuple[int, int, str]] = []
    filled: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if _MUTATORS.fullmatch(attr):
                filled.add(_name(value, owner))
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                filled.add(_name(value, owner))
            case ast.Global(names=names):
                filled.update(names)
            case ast.Attribute(ctx=ast.Store()):
                filled.add(_name(node, owner))
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                read.append((node.lineno, node.col_offset, _name(node, owner)))
    filled = {name for name in filled if name in variables or "." in name}
    return _Names([name for _, _, name in sorted(read) if name], filled)


def _name(node: ast.expr, owner: str) -> str:
    """Return `name` for a name, `Class.name` for one of the method's own object or class, "" for anything else.

    Of an element it is the name of what it is in.
    """
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if owner:
            return f"{owner}.{name}"
        case ast.Subscript(value=value):  # what is in a table fills the table
            return _name(value, owner)
    return ""
