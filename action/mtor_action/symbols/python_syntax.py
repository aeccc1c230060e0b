"""Python source as Python's own parser reads it."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

from mtor_action.symbols.grammar import MOST_BYTES


@dataclass(frozen=True, slots=True)
class PythonError:
    """The first syntax error: its 1-based line, and what Python says of it."""

    line: int
    message: str


def python_tree(source: bytes) -> ast.Module | None:
    """Return the module, or None if this Python cannot parse it."""
    result = _parsed(source)
    return result if isinstance(result, ast.Module) else None


def python_error(source: bytes) -> PythonError | None:
    """Return why this Python cannot parse the bytes; None if it can, or if they are beyond its limits."""
    result = _parsed(source)
    return result if isinstance(result, PythonError) else None


def _parsed(source: bytes) -> ast.Module | PythonError | None:
    if len(source) > MOST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are the author's
            return ast.parse(source)
    except SyntaxError as error:
        return PythonError(error.lineno or 1, error.msg)
    except (ValueError, RecursionError, MemoryError):  # nested beyond what Python takes, or no text
        return None
