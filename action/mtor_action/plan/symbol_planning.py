"""What a plan does with the operations that name definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.manifest.file_blocks.operations import (
    DeleteSymbol,
    InsertCode,
    PutSymbol,
    ReplaceSymbol,
    SymbolOperation,
    body_of,
)
from mtor_action.plan.edge_edits import insert_at_edge
from mtor_action.plan.moved_names import missing_names
from mtor_action.plan.symbol_edits import (
    SymbolChange,
    delete_symbol,
    insert_code,
    put_symbol,
    replace_symbol,
    symbol_lines,
)
from mtor_action.symbols.lookup import SymbolFault

if TYPE_CHECKING:
    from mtor_action.plan.matched_files import OpenText
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.tree.file_text import FileText


def note_of(operation: SymbolOperation) -> str:
    """Return which definition the operation is about, in words for the report."""
    if isinstance(operation, InsertCode):
        return f"{operation.point} {operation.anchor.text}" if operation.anchor else f"at {operation.point}"
    if isinstance(operation, PutSymbol):
        return f"{operation.symbol.text} from {operation.source}"
    if isinstance(operation, DeleteSymbol) and operation.moved_to:
        return f"{operation.symbol.text} to {operation.moved_to}"
    renamed = f" as {operation.renamed}" if isinstance(operation, ReplaceSymbol) and operation.renamed else ""
    return f"{operation.symbol.text}{renamed}"


def change_symbol(
    operation: SymbolOperation, target: OpenText, source: FileText | None, texts: SymbolTexts
) -> SymbolChange | SymbolFault:
    """Carry the operation out in the target's text, which is as it was after a fault.

    `source` is the text that a definition is moved from.
    """
    change = _changed(operation, target, source, texts)
    if isinstance(change, SymbolFault):
        return change
    return replace(change, note="; ".join(filter(None, (note_of(operation), change.note))))


def _changed(
    operation: SymbolOperation, target: OpenText, source: FileText | None, texts: SymbolTexts
) -> SymbolChange | SymbolFault:
    if not target.is_utf8 and not all(line.isascii() for line in body_of(operation)):
        return SymbolFault(
            "not-utf8", "the file is not UTF-8 and the body adds text beyond ASCII", "convert it first, or write ASCII"
        )
    if isinstance(operation, ReplaceSymbol):
        return replace_symbol(target.text, operation, texts)
    if isinstance(operation, DeleteSymbol):
        return delete_symbol(target.text, operation, texts)
    if isinstance(operation, PutSymbol):
        return _put(operation, target.text, source or target.text, texts)
    if operation.anchor is None:
        return insert_at_edge(target.text, operation)
    return insert_code(target.text, operation, texts)


def _put(operation: PutSymbol, target: FileText, source: FileText, texts: SymbolTexts) -> SymbolChange | SymbolFault:
    moved = symbol_lines(source, operation.source, operation.symbol, texts)
    if isinstance(moved, SymbolFault):
        return moved
    definition, lines = moved
    note = missing_names(operation, source, target, lines, texts)
    change = put_symbol(target, operation.path, lines, definition, texts)
    return change if isinstance(change, SymbolFault) else replace(change, note=note)
