"""What a definition that is moved to another file uses there in vain: names that only its old file binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.symbols.identifiers import bound_names, used_names
from mtor_action.symbols.lookup import SymbolFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.symbol_operations import PutSymbol
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.tree.file_text import FileText

_MOST_NAMED = 12


def missing_names(
    operation: PutSymbol, source: FileText, target: FileText, lines: Sequence[bytes], texts: SymbolTexts
) -> str:
    """Return a remark on what the target lacks, and on whether the old file still uses the name; "" if nothing."""
    outline, other = texts.outline(operation.source, source), texts.outline(operation.path, target)
    if isinstance(outline, SymbolFault) or isinstance(other, SymbolFault):
        return ""
    name = operation.symbol.path.rpartition(".")[2]
    used = used_names(outline.grammar, lines, texts.effort)
    here = bound_names(outline, source.lines, texts.effort)
    there = bound_names(other, target.lines, texts.effort)
    missing = sorted((used & here) - there - {name})
    remarks = []
    if missing:
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        remarks.append(f"{operation.path} lacks {', '.join(missing[:_MOST_NAMED])}{more}")
    extent = texts.find(operation.source, source, operation.symbol)
    if not isinstance(extent, SymbolFault):
        start, stop = extent.definition.extent.start, extent.definition.extent.stop
        rest = [*source.lines[:start], *source.lines[stop:]]
        if name in used_names(outline.grammar, rest, texts.effort):
            remarks.append(f"{operation.source} still names {name}")
    return "; ".join(remarks)
