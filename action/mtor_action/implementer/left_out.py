"""What an answer leaves out and says so: `# rest unchanged`, `...` for a body. None of it may delete code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

from mtor_action.implementer.members import Function
from mtor_action.manifest.elision import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.implementer.members import Member

_ONLY_DOTS = re.compile(r"#+\s*(?:\.{2,}|…)[\s.…]*$")


def is_stub(member: Member, original: Member, *, with_pass: bool) -> bool:
    """Return whether a function's body stands for the original's: three dots, or `pass` where that counts too."""
    if not (isinstance(member.node, Function) and isinstance(original.node, Function)):
        return False
    return _is_bare(member.node, with_pass=with_pass) and not _is_bare(original.node, with_pass=True)


def _is_bare(node: Function, *, with_pass: bool) -> bool:
    body = [each for each in node.body if not _is_text(each)]
    return all(_is_dots(each) or (with_pass and isinstance(each, ast.Pass)) for each in body)


def comments_for_code(text: str, original: str) -> list[tuple[int, int]]:
    """Return line, from 1, and column of the answer's comments that stand for code, and are not in the original."""
    present = {line.strip() for line in original.split("\n")}
    found: list[tuple[int, int]] = []
    for line, column, comment in _comments(text):
        if comment not in present and (_ONLY_DOTS.match(comment) or placeholders(comment.encode("utf-8", "replace"))):
            found.append((line, column))
    return found


def _comments(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of each comment that is alone on its line."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip() == "":
                yield token.start[0], token.start[1], token.string.strip()
    except (tokenize.TokenError, SyntaxError):
        return


def cuts_code(tree: ast.Module, line: int, column: int) -> bool:
    """Return whether a comment for code is inside of a function or a statement, where nothing says what it stands for.

    Between the members of a file or a class it stands for other members, which stay as they are.
    """
    holder, before = _around(tree, line)
    if holder is not None and not isinstance(holder, ast.ClassDef):
        return True
    return isinstance(before, ast.stmt) and before.col_offset < column and not isinstance(before, ast.ClassDef)


def _around(tree: ast.Module, line: int) -> tuple[ast.stmt | None, ast.stmt | None]:
    """Return the innermost statement around a line, and the outermost one that ends last before it."""
    holder: ast.stmt | None = None
    before: ast.stmt | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        end = node.end_lineno or node.lineno
        if node.lineno <= line <= end:
            holder = node
        elif end < line and (before is None or end > (before.end_lineno or 0)):
            before = node
    return holder, before


def dots(node: ast.stmt) -> int:
    """Return how many statements of three dots there are in a statement."""
    return sum(isinstance(each, ast.stmt) and _is_dots(each) for each in ast.walk(node))


def first_dots(node: ast.stmt) -> int:
    """Return the line, from 1, of the first statement of three dots."""
    return min(each.lineno for each in ast.walk(node) if isinstance(each, ast.stmt) and _is_dots(each))


def _is_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
