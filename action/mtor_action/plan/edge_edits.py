"""Lines that are inserted at the top or at the end of a text file; no grammar is needed.

The top is below what must come first: a shebang, an encoding (PEP 263), `<?php` or `<?xml`, in Python the
documentation string and `from __future__`, in other languages what file_heads.py lists, unless the body itself is of
that kind or a comment alone. Empty lines below that stay above what is inserted.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mtor_action.plan.file_heads import end_of_head
from mtor_action.plan.kept_endings import put_lines
from mtor_action.plan.symbol_edits import SymbolChange
from mtor_action.symbols.python_syntax import PYTHON_SUFFIXES, python_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import InsertCode
    from mtor_action.tree.file_text import FileText

_ENCODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+")


def insert_at_edge(text: FileText, operation: InsertCode) -> SymbolChange:
    """Insert the body at the top or at the end of `text`, and count its lines."""
    at = top_of(text.lines, operation.path, operation.body) if operation.point == "top" else len(text.lines)
    put_lines(text, at, at, operation.body)
    return SymbolChange(len(operation.body), 0)


def is_at_edge(text: FileText, operation: InsertCode) -> int | None:
    """Return the line where the body is already, at the top or at the end; None if it is not."""
    body = list(operation.body)
    at = top_of(text.lines, operation.path, body) if operation.point == "top" else len(text.lines) - len(body)
    return at if at >= 0 and text.lines[at : at + len(body)] == body else None


def top_of(lines: Sequence[bytes], path: str, body: Sequence[bytes] = ()) -> int:
    """Return the first line that `body`, inserted at the top, may take."""
    first = lines[0] if lines else b""
    at = 1 if first.startswith((b"#!", b"<?php", b"<?xml")) and not first.startswith(b"#![") else 0
    is_python = PurePosixPath(path).suffix.lower() in PYTHON_SUFFIXES
    if len(lines) > at and at < 2 and _ENCODING.match(lines[at]):
        at += 1
    if is_python:
        at = max(at, _python_head(lines))
    at += end_of_head(lines[at:], path, body)
    while at and at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _python_head(lines: Sequence[bytes]) -> int:
    """The end of the documentation string and of `from __future__`, if Python can read the file."""
    import ast

    tree = python_tree(b"\n".join(lines) + b"\n")
    end = 0
    for position, statement in enumerate(tree.body if tree is not None else ()):
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not (is_future or (position == 0 and is_text)):
            break
        end = statement.end_lineno or end
    return end
