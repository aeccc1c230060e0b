"""What a definition that is moved to another file uses there in vain: names that only its old file binds."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING

from mtor_action.plan.file_heads import opening_of
from mtor_action.symbols.identifiers import defined_names, imported_names, used_names
from mtor_action.symbols.lookup import SymbolFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import PutSymbol
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
    here = imported_names(outline.grammar, source.lines, texts.effort)
    there = imported_names(other.grammar, target.lines, texts.effort) | defined_names(other)
    is_shared = outline.grammar.package_folder and dirname(operation.source) == dirname(operation.path)
    missing = sorted((used & (here if is_shared else here | defined_names(outline))) - there - {name})
    remarks = []
    opening = "" if any(line.strip() for line in target.lines) else opening_of(source.lines, operation.source)
    if opening:
        remarks.append(f"{operation.path} lacks `{opening}`, which insert={operation.path} at=top can add")
    if missing:
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        remarks.append(f"{operation.path} lacks {', '.join(missing[:_MOST_NAMED])}{more}")
    extent = texts.find(operation.source, source, operation.symbol)
    if not is_shared and not isinstance(extent, SymbolFault):
        start, stop = extent.definition.extent.start, extent.definition.extent.stop
        rest = [*source.lines[:start], *source.lines[stop:]]
        if name in used_names(outline.grammar, rest, texts.effort):
            remarks.append(f"{operation.source} still names {name}")
    return "; ".join(remarks)
