"""Definitions of a Python file: where they are, and which of them a failure is about.

Other languages have no parser here; files in them are asked for as a whole.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple


class Definition(NamedTuple):
    """A function or class by its path (`Client.send`), its first line with decorators and its last, from 1."""

    name: str
    first_line: int
    last_line: int
    column: int


_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(text: str) -> list[Definition] | None:
    """Return the definitions of modules and classes, outer ones first; None if the text does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return list(_of(tree, ""))


def _of(node: ast.Module | ast.ClassDef, prefix: str) -> list[Definition]:
    members: list[Definition] = []
    for child in node.body:
        if isinstance(child, _KINDS):
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            members.append(Definition(f"{prefix}{child.name}", first, child.end_lineno or first, child.col_offset))
        if isinstance(child, ast.ClassDef):
            members += _of(child, f"{prefix}{child.name}.")
    return members


def definition_at(text: str, line: int) -> Definition | None:
    """Return the innermost definition that holds a line, from 1."""
    holding = [item for item in definitions(text) or () if item.first_line <= line <= item.last_line]
    return holding[-1] if holding else None


def definition_called(text: str, failures: str) -> Definition | None:
    """Return the function that the failing output calls last; None where it calls none of the file's."""
    calls = {match[1]: match.start() for match in re.finditer(r"\b(\w+)\(", failures)}
    named = {item: calls[name] for item in definitions(text) or () if (name := item.name.rpartition(".")[2]) in calls}
    return max((item for item in named if not _is_class(item, text)), key=lambda item: named[item], default=None)


def _is_class(item: Definition, text: str) -> bool:
    lines = text.split("\n")[item.first_line - 1 : item.last_line]
    first = next((line for line in lines if re.match(r"\s*(?:async\s+def|def|class)\b", line)), "")
    return first.lstrip().startswith("class")
