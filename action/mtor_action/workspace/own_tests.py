"""The failures that are a spec's or a model's own business, whatever the base says: tests that it writes or edits.

Pure: ids and changes in, ids out. A test is edited if the text of its definition differs, not if its file does: an old
failure may be beside a test that the spec adds.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.tree.changes import Change

_GO = lazy_pattern(r"^(\S+?)\.((?:Test|Example|Fuzz|Benchmark)\w*)(?:/.*)?$")
_GO_PACKAGE = lazy_pattern(r"^(\S+) \[(?:build|setup) failed\]$")
_CARGO_ERROR = lazy_pattern(r"^(\S+\.rs):\d+:\d+: error")
_FILE = lazy_pattern(r"^[^\s:]*[^\s:/]\.\w{1,8}$")
_SOURCE = lazy_pattern(r"\.(?:py|[cm]?[jt]sx?|rs|go|rb|php)$")
_TITLES = lazy_pattern(r" [>\u203a] ")
_CLOSES = lazy_pattern(r"[)}\]]|end\b")
_MOST_ROOT_PARTS = 3  # example.com/owner/name: the package in the top folder of a repository


class _Test(NamedTuple):
    """The parts of an id. `name` is "" where a file or a package failed as a whole."""

    path: str = ""  # of the file
    folder: str = ""  # of the package, as it is imported
    module: str = ""  # dotted
    name: str = ""


def own_failures(ids: Iterable[str], changes: Sequence[Change]) -> frozenset[str]:
    """Return those of `ids` whose test, or whose file if it failed as a whole, these changes write or edit."""
    return frozenset(name for name in ids if any(_is_own(_test(name), change) for change in changes))


def is_named(name: str, fixes: Iterable[str]) -> bool:
    """Return whether one of `fixes` names this failure: the test itself, or a file, class or test that holds it."""
    for fix in fixes:
        if name == fix or (name.startswith("::") and fix.endswith(name)):
            return True
        if name.startswith(fix) and (fix.endswith(("/", "::")) or name[len(fix)] in "[:/. "):
            return True
    return False


def _test(name: str) -> _Test:
    """Read an id as its runner writes it; what no other form fits is a dotted name of Python's, or a title."""
    forms = (_of_pytest, _of_go, _of_cargo, _of_titles, _of_file)
    test = next((test for form in forms if (test := form(name)) is not None), None)
    if test is not None:
        return test
    owner, _, method = name.partition(" ")[0].rpartition(".")
    return _Test(module=owner, name=method) if owner else _Test(name=name)


def _of_pytest(name: str) -> _Test | None:
    path, colons, rest = name.partition("::")
    if not colons or (path and not _FILE.match(path)):
        return None
    last = re.split(r"[\[ ]", rest, maxsplit=1)[0].rpartition("::")[2]
    return _Test(path=path, name=last.rpartition(".")[2])


def _of_go(name: str) -> _Test | None:
    if match := _GO_PACKAGE.match(name):
        return _Test(folder=match[1])
    match = _GO.match(name)
    return _Test(folder=match[1], name=match[2]) if match else None


def _of_cargo(name: str) -> _Test | None:
    if match := _CARGO_ERROR.match(name):
        return _Test(path=match[1])
    return _Test(name=name.rpartition("::")[2].partition(" ")[0]) if "::" in name else None


def _of_titles(name: str) -> _Test | None:
    first, *others = _TITLES.split(name)
    return _Test(path=first if _FILE.match(first) else "", name=others[-1]) if others else None


def _of_file(name: str) -> _Test | None:
    return _Test(path=name) if _FILE.match(name) and ("/" in name or _SOURCE.search(name)) else None


def _is_own(test: _Test, change: Change) -> bool:
    if change.after is None or not _may_hold(test, change.path):
        return False
    if change.before == change.after:
        return False
    if not test.name:
        return True
    after = _definitions(change.path, change.after.content, test.name)
    if not after:
        # A title that is computed, a method that is inherited: then the file decides, if the id names it.
        return bool(test.path)
    before = [] if change.before is None else _definitions(change.path, change.before.content, test.name)
    return before != after


def _may_hold(test: _Test, path: str) -> bool:
    if test.path:
        own = posixpath.normpath(test.path)
        return path == own or path.endswith(f"/{own}") or own.endswith(f"/{path}")
    if test.folder:
        folder = posixpath.dirname(path)
        if folder:
            return test.folder == folder or test.folder.endswith(f"/{folder}")
        return test.folder.count("/") < _MOST_ROOT_PARTS
    if test.module:
        stem = posixpath.basename(path).rpartition(".")[0]
        return stem in test.module.split(".") or stem == test.name
    return True


def _definitions(path: str, content: bytes, name: str) -> list[str]:
    """Return the texts of everything in the file that is called `name`."""
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    extents = _python(text, name) if path.endswith(".py") else None
    extents = _anywhere(lines, name) if extents is None else extents
    return ["\n".join(line.rstrip() for line in lines[first:end]) for first, end in extents]


def _python(text: str, name: str) -> list[tuple[int, int]] | None:
    """Return the lines (0-based, end excluded) of functions and classes of that name; None if it is not Python."""
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return [
        (
            min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1,
            node.end_lineno or node.lineno,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
    ]


def _anywhere(lines: Sequence[str], name: str) -> list[tuple[int, int]]:
    """Return the lines of every block whose first line has `name` as a whole word, as indentation tells."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [(index, _end(lines, index)) for index, line in enumerate(lines) if word.search(line)]


def _end(lines: Sequence[str], first: int) -> int:
    depth = _depth(lines[first])
    for index in range(first + 1, len(lines)):
        line = lines[index]
        if line.strip() and _depth(line) <= depth:
            return index + 1 if _CLOSES.match(line.strip()) else index
    return len(lines)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
