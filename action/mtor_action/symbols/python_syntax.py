"""Python source as Python's own parser reads it.

What came after the Python that runs this is never an error: the repository may well be for a newer one.
"""

from __future__ import annotations

import sys
import warnings
from _ast import Module, PyCF_ONLY_AST  # without `ast`, which does more than a run needs and takes 2 ms
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from mtor_action.untyped import TomlTable

PYTHON_SUFFIXES = (".py", ".pyi", ".pyw")
MOST_JUDGED_BYTES = 500_000  # of a file; a longer one is not judged


@dataclass(frozen=True, slots=True)
class PythonError:
    """The first syntax error: its 1-based line, and what Python says of it."""

    line: int
    message: str


def python_tree(source: bytes) -> Module | None:
    """Return the module, or None if this Python cannot parse it."""
    result = _parsed(source)
    return result if isinstance(result, Module) else None


def python_error(source: bytes) -> PythonError | None:
    """Return why no Python can parse the bytes; None if one may, or if they are beyond the limits."""
    result = _parsed(source)
    if not isinstance(result, PythonError) or _is_newer(source, result):
        return None
    return result


def _parsed(source: bytes) -> Module | PythonError | None:
    if len(source) > MOST_JUDGED_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are the author's
            tree = compile(source, "<unknown>", "exec", PyCF_ONLY_AST)
            return tree if isinstance(tree, Module) else None
    except SyntaxError as error:
        return PythonError(error.lineno or 1, error.msg)
    except (ValueError, RecursionError, MemoryError):  # nested beyond what Python takes, or no text
        return None


def _is_newer(source: bytes, error: PythonError) -> bool:
    """Whether the file has syntax that this Python is too old for."""
    import re

    text = source.decode("utf-8", "replace")
    for row in _newer_rows():
        if any(error.message.startswith(message) for message in row.get("messages", ())):
            return True
        if "pattern" in row and re.search(row["pattern"], text, re.MULTILINE):
            return True
    return False


@cache
def _newer_rows() -> list[TomlTable]:
    import tomllib

    table = tomllib.loads((Path(__file__).parent / "newer_python.toml").read_text(encoding="utf-8"))
    return [row for row in table["syntax"] if tuple(row["version"]) > sys.version_info[:2]]
