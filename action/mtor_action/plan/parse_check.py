"""The parse check: a file that parsed before a spec must parse after it; this is checked before any test.

Python is judged by Python's own parser. Another language is judged only if the spec names a definition of it: then its
grammar is available wherever the spec is planned, and no place accepts what another one refuses. A created file that a
grammar cannot parse is only a remark, because grammars lag behind their languages.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import dataclass
from mtor_action.manifest.file_blocks.operations import (
    EditFile,
    InsertCode,
    PatchFile,
    SymbolOperation,
    WriteFile,
    of_one_file,
)
from mtor_action.symbols.python_syntax import MOST_JUDGED_BYTES, PYTHON_SUFFIXES, PythonError, python_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mtor_action.manifest.file_blocks.operations import FileOperation, Operation
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Place
    from mtor_action.plan.placed_operations import PlacedOperation
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.tree.changes import Change
    from mtor_action.tree.overlay import Overlay

_MOST_JUDGED = 2_000_000  # bytes of Python of one spec
_MOST_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A file that does not parse after the spec: the 1-based line, what the parser says, the line's text."""

    path: str
    line: int
    message: str
    source: str
    is_created: bool
    is_python: bool

    @property
    def is_fault(self) -> bool:
        """Return whether the spec is refused for it."""
        return self.is_python or not self.is_created


@dataclass(frozen=True, slots=True)
class ParseCheckResult:
    """The files that the spec is refused for, and remarks by path for those that a grammar cannot parse."""

    diagnostics: tuple[Diagnostic, ...]
    remarks: Mapping[str, str]

    def remarked(self, landing: PlacedOperation) -> PlacedOperation:
        """Return the row of the report with the remark on its file, if there is one."""
        remark = self.remarks.get(landing.path, "")
        return landing._replace(note="; ".join(filter(None, (landing.note, remark)))) if remark else landing


def check_parses(
    spec: Spec, overlay: Overlay, named: Mapping[str, Place], symbols: Callable[[], SymbolTexts]
) -> ParseCheckResult:
    """Judge every file that the spec changed. `named` has the place of the block that wrote each path last."""
    suffixes = named_suffixes(spec.operations)
    changes = with_origins(overlay.changes(), moved_from(spec), overlay)
    diagnostics: list[Diagnostic] = []
    remarks: dict[str, str] = {}
    for file in find_unparsed(changes, suffixes, symbols() if suffixes else None):
        place = named.get(file.path)
        if not file.is_fault:
            remarks[file.path] = f"line {file.line} does not parse by the grammar"
        elif place is not None:
            line = body_line(spec.operations, file.path, file.line) or place.line
            message = f'"{file.path}" does not parse, see its line {file.line}: {file.message}'
            diagnostics.append(Diagnostic("syntax", place.path, line, 1, message, f"{file.line:>5} | {file.source}"))
    return ParseCheckResult(tuple(diagnostics), remarks)


def named_suffixes(operations: Iterable[Operation]) -> frozenset[str]:
    """Return the suffixes of the files in which the spec names definitions."""
    paths = [operation.path for operation in of_one_file(operations) if _names_symbol(operation)]
    return frozenset(PurePosixPath(path).suffix.lower() for path in paths)


def _names_symbol(operation: FileOperation) -> bool:
    """Whether the operation needs the grammar of its file's language."""
    if isinstance(operation, EditFile):
        return operation.within is not None
    if isinstance(operation, InsertCode):
        return operation.anchor is not None
    return isinstance(operation, SymbolOperation)


def moved_from(spec: Spec) -> dict[str, str]:
    """Return the paths that are new only because a file is moved or renamed to them, with their old ones."""
    patches = [operation.patch for operation in spec.operations if isinstance(operation, PatchFile)]
    renamed = {patch.new: patch.old for patch in patches if patch.new and patch.old and patch.new != patch.old}
    return {move.new: move.old for move in spec.moves} | renamed


def with_origins(changes: Iterable[Change], origins: Mapping[str, str], overlay: Overlay) -> Iterator[Change]:
    """Yield the changes; what is moved was there before, at its old path."""
    for change in changes:
        origin = origins.get(change.path)
        before = overlay.before(origin) if origin is not None else None
        yield change._replace(before=before) if before is not None else change


def body_line(operations: Sequence[Operation], path: str, line: int) -> int | None:
    """Return the spec's 1-based line of a line of a whole file; None where no block holds the file as it is."""
    write = next((item for item in operations if isinstance(item, WriteFile) and item.path == path), None)
    return write.place.line + line if write is not None else None


def find_unparsed(
    changes: Iterable[Change], suffixes: frozenset[str], symbols: SymbolTexts | None
) -> Iterator[Unparsed]:
    """Yield every file that parsed before, or is new, and does not parse after."""
    left = _MOST_JUDGED
    for change in changes:
        if change.after is None:
            continue
        suffix = PurePosixPath(change.path).suffix.lower()
        content, before = change.after.content, change.before.content if change.before else None
        if suffix in PYTHON_SUFFIXES:
            left -= len(content) if len(content) <= MOST_JUDGED_BYTES else 0
            error = python_error(content) if left >= 0 else None
            if error is not None and (before is None or python_error(before) is None):
                yield _unparsed(change, error, is_python=True)
        elif suffix in suffixes and symbols is not None:
            found = _first_error(change.path, content, symbols)
            if found is not None and (before is None or _first_error(change.path, before, symbols) is None):
                yield _unparsed(change, PythonError(found[0] + 1, found[1]), is_python=False)


def _first_error(path: str, content: bytes, symbols: SymbolTexts) -> tuple[int, str] | None:
    from mtor_action.tree.file_text import FileText, unreadable

    return None if unreadable(content) else symbols.syntax_error(path, FileText.read(content))


def _unparsed(change: Change, error: PythonError, *, is_python: bool) -> Unparsed:
    rows = change.after.content.split(b"\n") if change.after else []
    text = rows[error.line - 1].decode("utf-8", "replace") if 0 < error.line <= len(rows) else ""
    return Unparsed(change.path, error.line, error.message, text[:_MOST_SHOWN], change.before is None, is_python)
