"""What an answer leaves out and says so: `# rest unchanged`, `...` for a body. None of it may delete code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.statements_by_name import Function, is_constant, is_import
from mtor_action.manifest.bodies.elision import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.implementer.source_code.statements_by_name import Member

_ONLY_NAMES = re.compile(r"[\w.,|\[\] ]{1,200}")
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


def first_new_dots(member: Member, original: Member | None) -> int:
    """Return the line, from 1, of three dots that a member has more than its original; 0 for none.

    A new function of three dots alone declares something: of a protocol, of a stub, an overload.
    """
    if isinstance(member.node, ast.ClassDef) and (original is None or isinstance(original.node, ast.ClassDef)):
        old = original.members if original else []
        lines = [
            first_new_dots(each, next((own for own in old if own.name == each.name), None))
            for each in member.members
            if each.name or original is not None
        ]
        return next((line for line in lines if line), 0)
    if original is None and isinstance(member.node, Function) and _is_bare(member.node, with_pass=False):
        return 0
    added = _dots(member.node)
    return min(added) if len(added) > len(_dots(original.node) if original else []) else 0


def _dots(node: ast.stmt) -> list[int]:
    """Return the lines of all statements of three dots in a statement."""
    return [each.lineno for each in ast.walk(node) if isinstance(each, ast.stmt) and _is_dots(each)]


def loses_statements(before: Sequence[Member], after: Sequence[Member]) -> bool:
    """Return whether `after` lacks statements without a name of `before`, or what is still used of its imports.

    As many others of their kind take their place if they bind the same names.
    """
    bound = {name for member in after for name in bound_names(member.node)}
    used = {name for member in after for node in ast.walk(member.node) for name in _used(node)} | {"*", "annotations"}
    if lost_imports(before, after) & used:
        return True
    old, new = (Counter(_kind(each) for each in members if _is_nameless(each)) for members in (before, after))
    if old - new:
        return True
    return any(_is_nameless(member) and set(bound_names(member.node)) - bound for member in before)


def lost_imports(before: Sequence[Member], after: Sequence[Member]) -> set[str]:
    """Return the names that imports of `before` bind and that nothing in `after` binds."""
    bound = {name for member in after for name in bound_names(member.node)}
    return {name for member in before if is_import(member.node) for name in bound_names(member.node)} - bound


def _used(node: ast.AST) -> Sequence[str]:
    """Return the names that a node reads, also those in `__all__` and in annotations that are texts."""
    if isinstance(node, ast.Name):
        return [node.id]
    text = node.value if isinstance(node, ast.Constant) else None
    return re.findall(r"\w+", text) if isinstance(text, str) and _ONLY_NAMES.fullmatch(text) else []


def _is_nameless(member: Member) -> bool:
    return not (member.name or is_import(member.node) or is_constant(member.node))


def _kind(member: Member) -> str:
    return type(member.node).__name__


def bound_names(node: ast.stmt) -> Iterator[str]:
    """Yield what a statement of a module binds, in its branches too; not what its functions and classes do."""
    pending: list[ast.AST] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield each.name
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        else:
            pending += ast.iter_child_nodes(each)


def _is_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
