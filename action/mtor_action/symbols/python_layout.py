"""Whether two texts of a Python file differ in nothing but layout: blanks, line breaks, indentation widths.

Only a proof counts. What cannot be read, is too long, or is not UTF-8 is never the same.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

from mtor_action.symbols.python_syntax import python_tree

_BLANK = frozenset({tokenize.NL, tokenize.ENCODING})
# Their text is layout; that they are there, and where, is not.
_WITHOUT_TEXT = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_UNREADABLE = (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError)


def has_same_tokens(before: bytes, after: bytes) -> bool:
    """Return whether both have the same program, and the same tokens and comments in the same order."""
    try:
        return _has_same_tree(before, after) and list(_tokens(before)) == list(_tokens(after))
    except _UNREADABLE:
        return False


def has_same_program(before: bytes, after: bytes) -> bool:
    """Return whether both have equal syntax trees, and the same comments in the same order.

    Quotes, parentheses without an effect and trailing commas may differ.
    """
    try:
        return _has_same_tree(before, after) and list(_comments(before)) == list(_comments(after))
    except _UNREADABLE:
        return False


def _has_same_tree(before: bytes, after: bytes) -> bool:
    """A tree tells `f"{x=}"` from `f"{x = }"`, which tokens do not."""
    if not _is_alike_for_readers(before, after):
        return False
    trees = python_tree(before), python_tree(after)
    return trees[0] is not None and trees[1] is not None and ast.dump(trees[0]) == ast.dump(trees[1])


def _is_alike_for_readers(before: bytes, after: bytes) -> bool:
    """Return whether what only the first lines decide is the same, and no odd line break is new."""
    # Lines that move to the top may turn a comment into an encoding, or into what the kernel starts.
    if any(_encoding(text) not in {"utf-8", "utf-8-sig"} for text in (before, after)):
        return False
    if _encoding(before) != _encoding(after) or _shebang(before) != _shebang(after):
        return False
    return not any(mark in after and mark not in before for mark in (b"\r", b"\f", b"\0"))


def _encoding(source: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def _shebang(source: bytes) -> bytes:
    return source.partition(b"\n")[0] if source.startswith(b"#!") else b""


def _tokens(source: bytes) -> Iterator[tuple[int, str]]:
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type not in _BLANK:
            yield token.type, "" if token.type in _WITHOUT_TEXT else token.string


def _comments(source: bytes) -> Iterator[str]:
    return (text for kind, text in _tokens(source) if kind == tokenize.COMMENT)
