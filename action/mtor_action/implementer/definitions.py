"""Definitions of a Python file: where they are, and how those that a model gives back take their places.

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
    functions = [item for item in definitions(text) or () if not _is_class(item, text)]
    calls = {item: failures.rfind(f"{item.name.rpartition('.')[2]}(") for item in functions}
    called = [item for item in functions if _is_called(item, failures)]
    return max(called, key=lambda item: calls[item], default=None)


def _is_called(item: Definition, failures: str) -> bool:
    return re.search(rf"\b{re.escape(item.name.rpartition('.')[2])}\(", failures) is not None


def _is_class(item: Definition, text: str) -> bool:
    lines = text.split("\n")[item.first_line - 1 : item.last_line]
    first = next((line for line in lines if re.match(r"\s*(?:async\s+def|def|class)\b", line)), "")
    return first.lstrip().startswith("class")


def with_definitions(text: str, answer: str, inside: str = "") -> str | None:
    """Put the definitions of `answer` into `text` in place of those of the same path.

    `inside` is the path of the class that the answer's definitions belong to. None if the answer holds anything else
    (imports are allowed, and added if they are missing), or if a definition has no single counterpart.
    """
    parts_of_answer = _top_level(answer)
    present = definitions(text)
    if parts_of_answer is None or present is None:
        return None
    imports, bodies = parts_of_answer
    lines = text.split("\n")
    prefix = f"{inside}." if inside else ""
    replaced: list[tuple[Definition, list[str]]] = []
    for name, body in bodies:
        same = [item for item in present if item.name in (prefix + name, name)]
        if len(same) != 1:
            return None
        replaced.append((same[0], body))
    for place, body in sorted(replaced, key=lambda pair: -pair[0].first_line):
        lines[place.first_line - 1 : place.last_line] = [" " * place.column + line if line else "" for line in body]
    missing = [line for line in imports if line not in lines]
    return "\n".join(_with_imports(lines, missing)) if replaced else None


def _top_level(answer: str) -> tuple[list[str], list[tuple[str, list[str]]]] | None:
    """Return the import lines of an answer, and name and lines of its definitions."""
    import textwrap

    text = textwrap.dedent(answer)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = text.split("\n")
    imports: list[str] = []
    bodies: list[tuple[str, list[str]]] = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += lines[node.lineno - 1 : node.end_lineno]
        elif isinstance(node, _KINDS):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            bodies.append((node.name, lines[first - 1 : node.end_lineno]))
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return None
    return imports, bodies


def _with_imports(lines: list[str], missing: list[str]) -> list[str]:
    if not missing:
        return lines
    tree = ast.parse("\n".join(lines))
    last = 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or is_docstring:
            last = node.end_lineno or last
        else:
            break
    return [*lines[:last], *missing, *lines[last:]]
