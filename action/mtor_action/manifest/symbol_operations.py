"""The operations that name a definition, as they were written. Lines have no endings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mtor_action.manifest.operations import OnDefinition

if TYPE_CHECKING:
    from mtor_action.manifest.symbol_reference import SymbolReference
    from mtor_action.manifest.text import Place

InsertionPoint = Literal["after", "before", "into", "top", "end"]


@dataclass(frozen=True, slots=True)
class ReplaceSymbol(OnDefinition):
    """A whole definition, which `body` takes the place of; it is called `renamed` then, unless that is empty."""

    path: str
    symbol: SymbolReference
    renamed: str
    body: tuple[bytes, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class InsertCode(OnDefinition):
    """Lines that are put beside or into the definition `anchor`, or at the top or the end of a file (no anchor)."""

    path: str
    point: InsertionPoint
    anchor: SymbolReference | None
    body: tuple[bytes, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class DeleteSymbol(OnDefinition):
    """A definition that is taken out of the file at `path`. `moved_to`: the file that it was put into before."""

    path: str
    symbol: SymbolReference
    place: Place
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class PutSymbol(OnDefinition):
    """The definition `symbol` of the file `source` is put at the end of the file at `path`, which may be new."""

    path: str
    source: str
    symbol: SymbolReference
    place: Place


def body_of(operation: ReplaceSymbol | InsertCode | DeleteSymbol | PutSymbol) -> tuple[bytes, ...]:
    """Return the lines that the spec holds for it."""
    return operation.body if isinstance(operation, ReplaceSymbol | InsertCode) else ()


SymbolOperation = ReplaceSymbol | InsertCode | DeleteSymbol | PutSymbol


def kind_of_symbol(operation: SymbolOperation) -> str:
    """Return the operation's word in the report."""
    if isinstance(operation, ReplaceSymbol):
        return "replace"
    if isinstance(operation, InsertCode):
        return "insert"
    return "delete" if isinstance(operation, DeleteSymbol) and not operation.moved_to else "move"
