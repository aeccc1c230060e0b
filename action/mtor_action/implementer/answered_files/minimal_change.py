"""A whole file that a model gave back → the same file with only the changes that mean something.

Models reformat, drop comments and docstrings, and lose final newlines on the way. A reviewer should see the repair.
"""

from __future__ import annotations

import ast
import difflib
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Piece = tuple[list[str], list[str]]  # lines before, lines after


def minimal_change(before: str, after: str, path: str) -> str:
    """Return `after` without the hunks that change only white space, comments or docstrings of `before`.

    White space inside of a text of Python is none of that. Other languages are not parsed: there white space counts as
    a change if nothing else changes.
    """
    is_python = path.endswith((".py", ".pyi"))
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    new = _with_final_newline_of(old, new)
    meaning = _meaning("".join(new)) if is_python else None
    changed = "".join(_least_changed(_pieces(old, new, meaning, is_python=is_python), meaning))
    is_lost = changed == before and meaning is None and before.splitlines() != after.splitlines()
    return "".join(new) if is_lost else changed


def _pieces(old: list[str], new: list[str], meaning: str | None, *, is_python: bool) -> list[Piece]:
    """Return the lines of both sides in pairs; lines that differ only at their ends are the old ones if they may be."""
    silent = [_silent_lines(lines, is_python=is_python) for lines in (old, new)]
    blocks = difflib.SequenceMatcher(None, _keys(old), _keys(new), autojunk=False).get_matching_blocks()
    restored: list[Piece] = []
    exact: list[Piece] = []
    at_old = at_new = 0
    for block in blocks:
        hunk = _split(old, new, range(at_old, block.a), range(at_new, block.b), silent)
        at_old, at_new = block.a + block.size, block.b + block.size
        lines, answer_lines = old[block.a : at_old], new[block.b : at_new]
        restored += [*hunk, (lines, lines)]
        exact += [*hunk, *_by_ends(lines, answer_lines)]
    is_other = meaning is not None and _meaning(_text_of(side for _, side in restored)) != meaning
    return exact if is_other else restored


def _by_ends(old: list[str], new: list[str]) -> list[Piece]:
    """Return matching lines in pieces that are the same on both sides and ones that differ at the ends of lines."""
    runs = [list(run) for _, run in groupby(zip(old, new, strict=True), lambda pair: pair[0] == pair[1])]
    return [([line for line, _ in run], [line for _, line in run]) for run in runs]


def _text_of(sides: Iterable[list[str]]) -> str:
    return "".join(line for side in sides for line in side)


def _split(old: list[str], new: list[str], olds: range, news: range, silent: list[set[int]]) -> list[Piece]:
    """Part a hunk into silent lines before, code, and silent lines after, so that each can be kept by itself."""
    first_old, last_old = _edges(olds, silent[0])
    first_new, last_new = _edges(news, silent[1])
    if not olds:  # what is only added keeps the blank lines around it
        while first_new < last_new and first_new > news.start and not new[first_new - 1].strip():
            first_new -= 1
        while first_new < last_new < news.stop and not new[last_new].strip():
            last_new += 1
    if not news:  # and what goes takes its blank lines along
        while olds.start < first_old < last_old and not old[first_old - 1].strip():
            first_old -= 1
        while first_old < last_old < olds.stop and not old[last_old].strip():
            last_old += 1
    return [
        (old[olds.start : first_old], new[news.start : first_new]),
        (old[first_old:last_old], new[first_new:last_new]),
        (old[last_old : olds.stop], new[last_new : news.stop]),
    ]


def _edges(numbers: range, silent: set[int]) -> tuple[int, int]:
    loud = [number for number in numbers if number not in silent]
    return (loud[0], loud[-1] + 1) if loud else (numbers.stop, numbers.stop)


def _silent_lines(lines: list[str], *, is_python: bool) -> set[int]:
    """Return the numbers, from 0, of lines that say nothing to the machine."""
    mark = "#" if is_python else "\n"
    silent = {number for number, line in enumerate(lines) if not line.strip() or line.lstrip().startswith(mark)}
    try:
        tree = ast.parse("".join(lines)) if is_python else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    for node in ast.walk(tree) if tree else ():
        if _is_text(node) and isinstance(node, ast.Expr):
            silent |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
    return silent


def _keys(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _with_final_newline_of(old: list[str], new: list[str]) -> list[str]:
    if not old or not new:
        return new
    return [*new[:-1], new[-1].rstrip("\r\n") + ("\n" if old[-1].endswith("\n") else "")]


def _least_changed(pieces: list[Piece], meaning: str | None) -> list[str]:
    """Take the old side of every piece whose new side means the same; `meaning` is that of all new sides."""
    sides = [new for _, new in pieces]
    for index, (old, new) in enumerate(pieces):
        if old == new:
            continue
        if meaning is None:
            if _code(old) == _code(new):
                sides[index] = old
            continue
        trial = [*sides[:index], old, *sides[index + 1 :]]
        if _meaning(_text_of(trial)) == meaning:
            sides = trial
    return [line for part in sides for line in part]


def _code(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _meaning(text: str) -> str | None:
    """Return the syntax tree of a text without its docstrings, as text; None if it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            statements = [item for item in body if not _is_text(item)]
            node.body = statements or [ast.Pass()]  # type: ignore[attr-defined]  # every node with a list as its body
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
