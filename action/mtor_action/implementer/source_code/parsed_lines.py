"""The lines of a file by its parser: which begin inside of a string, where their indentation is the program's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.code_cleanup import lines_in_texts, parses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from mtor_action.implementer.source_code.definitions import Definition
    from mtor_action.symbols.grammar import Grammar


def lines_in_strings(path: str, lines: Sequence[str], part: Definition) -> set[int]:
    """Return the lines, from 1, of a definition of a file that begin inside of a string, docstrings of Python apart.

    `lines` are those of the file. There are none in a language whose grammar is not installed.
    """
    if not path.endswith(".py"):
        return string_lines(path, lines) & set(range(part.first_line, part.last_line + 1))
    own = "\n".join(["class _:" if part.column else "", *lines[part.first_line - 1 : part.last_line], ""])
    return {part.first_line + number - 2 for number in lines_in_texts(own)} if parses(own) else set()


def string_lines(path: str, lines: Sequence[str]) -> set[int]:
    """Return the lines, from 1, of a file that begin inside of a string, by the grammar of its language."""
    parsed = parsed_lines(path, lines)
    if parsed is None:
        return set()
    grammar, root = parsed
    numbers: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in grammar.strings:
            numbers |= set(range(node.start_point[0] + 2, node.end_point[0] + 2))
        elif node.start_point[0] < node.end_point[0]:
            pending += node.children
    return numbers


def parsed_lines(path: str, lines: Sequence[str]) -> tuple[Grammar, Node] | None:
    """Return the grammar of a file's language and the tree of its lines; None without one, or beyond its limits."""
    from mtor_action.symbols.grammar import grammar_of

    grammar = grammar_of(path)
    # Asked each time: a grammar may be installed meanwhile.
    if grammar is None or not grammar.is_installed():
        return None
    root = _root(path, "\n".join([*lines, ""]))
    return None if root is None else (grammar, root)


@lru_cache(maxsize=4)  # one answer is looked at in several ways: its file, the file around it, and what comes of both
def _root(path: str, text: str) -> Node | None:
    from mtor_action.symbols.grammar import ParsingEffort, grammar_of

    grammar = grammar_of(path)
    tree = grammar.parse(text.encode("utf-8", "replace"), ParsingEffort()) if grammar else None
    return tree.root_node if tree else None
