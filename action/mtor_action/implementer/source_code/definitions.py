"""The definitions of a source file: where they are, and which of them a failure is about.

Python has its own parser; other languages have the grammars of the extra `symbols`, where that is installed.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mtor_action.symbols.outline import Outline


class Definition(NamedTuple):
    """A function or class by its path (`Client.send`), its first line with decorators and its last, from 1.

    `column` is its indentation; `is_container` says that it is a class or the like.
    """

    name: str
    first_line: int
    last_line: int
    column: int
    is_container: bool = False

    @property
    def simple_name(self) -> str:
        """Return its name without those of what it is in."""
        return re.split(r"\W+", self.name)[-1]


_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(text: str) -> list[Definition] | None:
    """Return the definitions of modules and classes of Python, outer ones first; None if the text does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return list(_of(tree, ""))


def _of(node: ast.Module | ast.ClassDef, prefix: str) -> list[Definition]:
    members: list[Definition] = []
    for child in node.body:
        is_class = isinstance(child, ast.ClassDef)
        if isinstance(child, _KINDS):
            first, name = min([child.lineno, *(each.lineno for each in child.decorator_list)]), f"{prefix}{child.name}"
            members.append(Definition(name, first, child.end_lineno or first, child.col_offset, is_class))
        if isinstance(child, ast.ClassDef):
            members += _of(child, f"{prefix}{child.name}.")
    return members


def definitions_in(path: str, text: str) -> list[Definition] | None:
    """Return the same for a file of any language; None also where no parser of its language is installed."""
    if path.endswith(".py"):
        return definitions(text)
    outline = installed_outline(path, text)
    if outline is None or outline.error is not None:
        return None
    lines = text.split("\n")
    return [
        Definition(each.path, first + 1, each.extent.stop, _column(lines[first]), each.interior is not None)
        for each in outline.definitions
        if not each.fault
        for first in [each.extent.start]
    ]


def make_readable(path: str) -> None:
    """Install the grammar of a file's language if that is possible: on a runner, which has only those of the spec."""
    from mtor_action.symbols.grammar import grammar_of

    grammar = None if path.endswith(".py") else grammar_of(path)
    if grammar is not None:
        grammar.install()


def installed_outline(path: str, text: str) -> Outline | None:
    """Return the outline of a file by its grammar; None without one that is installed, and beyond a parser's limits."""
    from mtor_action.symbols.grammar import ParsingEffort, grammar_of
    from mtor_action.symbols.outline import read_outline

    grammar = grammar_of(path)
    if grammar is None or not grammar.is_installed():
        return None
    return read_outline(grammar, text.encode("utf-8", "replace").split(b"\n"), ParsingEffort())


def _column(line: str) -> int:
    return len(line) - len(line.lstrip())


def definition_at(path: str, text: str, line: int) -> Definition | None:
    """Return the innermost definition that holds a line, from 1."""
    holding = [item for item in definitions_in(path, text) or () if item.first_line <= line <= item.last_line]
    return holding[-1] if holding else None


def definition_called(path: str, text: str, failures: str) -> Definition | None:
    """Return the function that the failing output calls last; None where it calls none of the file's."""
    calls = {match[1]: match.start() for match in re.finditer(r"\b(\w+)\(", failures)}
    named = {item: calls[item.simple_name] for item in definitions_in(path, text) or () if item.simple_name in calls}
    return max((item for item in named if not item.is_container), key=lambda item: named[item], default=None)
