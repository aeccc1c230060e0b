"""The operations of a manifest, as they were written. Lines of code in them have no endings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from mtor_action.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.manifest.bodies.hunks import Hunk
    from mtor_action.manifest.bodies.unified_diff import FilePatch
    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.manifest.text import Place
    from mtor_action.tree.changes import FileMode

# Between the path of a file and a definition in it.
SEPARATOR = "::"


@dataclass(frozen=True, slots=True)
class Move:
    """`old` becomes `new`; all moves happen at once."""

    old: str
    new: str
    place: Place


@dataclass(frozen=True, slots=True)
class Delete:
    """The file at `path` is deleted by the spec."""

    path: str
    place: Place


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A whole file. `mode` None keeps the mode of a file that is replaced, and is 100644 for a new one."""

    kind: Literal["create", "write"]
    path: str
    content: bytes
    mode: FileMode | None
    place: Place


@dataclass(frozen=True, slots=True)
class EditFile:
    """Hunks, each of which replaces the one place that matches (`count`: exactly that many places).

    `within`: the places are looked for inside of that definition only.
    """

    path: str
    hunks: tuple[Hunk, ...]
    count: int
    place: Place
    within: SymbolReference | None = None


@dataclass(frozen=True, slots=True)
class PatchFile:
    """The changes of a unified diff to one file."""

    patch: FilePatch
    place: Place

    @property
    def path(self) -> str:
        """The path after the patch (before it, for a deletion)."""
        return self.patch.path


@dataclass(frozen=True, slots=True)
class SubstFiles:
    """One-line hunks for every file that `glob` matches; each hunk has exactly `count` places in all of them together.

    SEARCH is text within a line or, with `is_regex`, a Python regular expression. `line` of a hunk is its own.
    """

    glob: str
    hunks: tuple[Hunk, ...]
    count: int
    is_regex: bool
    place: Place


@dataclass(frozen=True, slots=True)
class ReplaceSymbol:
    """A whole definition, which `body` takes the place of; it is called `renamed` then, unless that is empty."""

    path: str
    symbol: SymbolReference
    renamed: str
    body: tuple[bytes, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class InsertCode:
    """Lines that are put beside or into the definition `anchor`, or at the top or the end of a file (no anchor)."""

    path: str
    point: InsertionPoint
    anchor: SymbolReference | None
    body: tuple[bytes, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class DeleteSymbol:
    """A definition that is taken out of the file at `path`. `moved_to`: the file that it was put into before."""

    path: str
    symbol: SymbolReference
    place: Place
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class PutSymbol:
    """The definition `symbol` of the file `source` is put at the end of the file at `path`, which may be new."""

    path: str
    source: str
    symbol: SymbolReference
    place: Place


SymbolOperation = ReplaceSymbol | InsertCode | DeleteSymbol | PutSymbol

if TYPE_CHECKING:
    FileOperation: TypeAlias = WriteFile | EditFile | PatchFile | SymbolOperation
    Operation: TypeAlias = FileOperation | SubstFiles
    InsertionPoint: TypeAlias = Literal["after", "before", "into", "top", "end"]


def of_one_file(operations: Iterable[Operation]) -> list[FileOperation]:
    """Return those that name one file, which is their `path`."""
    return [operation for operation in operations if not isinstance(operation, SubstFiles)]


def body_of(operation: SymbolOperation) -> tuple[bytes, ...]:
    """Return the lines that the spec holds for it."""
    return operation.body if isinstance(operation, ReplaceSymbol | InsertCode) else ()


def kind_of_symbol(operation: SymbolOperation) -> str:
    """Return the operation's word in the report."""
    if isinstance(operation, ReplaceSymbol):
        return "replace"
    if isinstance(operation, InsertCode):
        return "insert"
    return "delete" if isinstance(operation, DeleteSymbol) and not operation.moved_to else "move"
