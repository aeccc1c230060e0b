"""The test whether operations that name definitions are applied already, and what was there before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.manifest.bodies.elision import LEFT_OUT
from mtor_action.manifest.file_blocks.operations import DeleteSymbol, InsertCode, PutSymbol, ReplaceSymbol
from mtor_action.plan.edge_edits import is_at_edge
from mtor_action.plan.kept_endings import put_lines
from mtor_action.plan.placing import find_exact
from mtor_action.plan.scoped_hunks import Inside, inside_of, leaves_out
from mtor_action.plan.symbol_edits import placed_insertion, replacement_of
from mtor_action.symbols.lookup import SymbolFault, text_hash
from mtor_action.tree.file_text import FileText, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mtor_action.manifest.bodies.hunks import Hunk
    from mtor_action.manifest.file_blocks.operations import EditFile, SymbolOperation
    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.plan.symbol_texts import SymbolTexts

    Past = Callable[[str], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class SymbolsTakenBack:
    """`past` gives older contents of a path: that a definition is gone proves nothing unless it was there."""

    texts: SymbolTexts
    past: Past | None

    def take_back(self, operation: SymbolOperation, text: FileText) -> bool:
        """Return whether the operation is applied in `text`; what it inserted is taken out then."""
        if isinstance(operation, ReplaceSymbol):
            return replacement_of(text, operation, self.texts)
        if isinstance(operation, InsertCode):
            return self._insertion(operation, text)
        if isinstance(operation, DeleteSymbol):
            match = self.texts.find(operation.path, text, operation.symbol)
            is_gone = isinstance(match, SymbolFault) and match.rule == "symbol-missing"
            return is_gone and any(True for _ in self._older(operation.path, operation.symbol))
        return self._is_put(operation, text)

    def _is_put(self, operation: PutSymbol, text: FileText) -> bool:
        match = self.texts.whole(operation.path, text, operation.symbol)
        if isinstance(match, SymbolFault):
            return False
        extent = match.definition.extent
        lines = text.lines[extent.start : extent.stop]
        return any(older == lines for older in self._older(operation.source, operation.symbol))

    def _older(self, path: str, reference: SymbolReference) -> Iterator[list[bytes]]:
        """Yield the definition's lines in each older content that has it, as the author says that it was."""
        for content in self.past(path) if self.past else ():
            if unreadable(content):
                continue
            text = FileText.read(content)
            match = self.texts.find(path, text, reference)
            if isinstance(match, SymbolFault):
                continue
            lines = text.lines[match.definition.extent.start : match.definition.extent.stop]
            if text_hash(lines).startswith(reference.was):
                yield lines

    def _insertion(self, operation: InsertCode, text: FileText) -> bool:
        if operation.anchor is None:
            at = is_at_edge(text, operation)
            if at is not None:
                put_lines(text, at, at + len(operation.body), ())
            return at is not None
        placed = placed_insertion(text, operation, self.texts)
        if isinstance(placed, SymbolFault):
            return False
        insertion = placed[0]
        body = [line for line in insertion.lines if line.strip()]
        found = _found_near(text.lines, body, insertion.start, is_below=operation.point == "after")
        if found is None:
            return False
        put_lines(text, *found, ())
        return True

    def left_out_applied(self, text: FileText, hunk: Hunk) -> bool | None:
        """Return whether a hunk that leaves lines out is applied; None for one that leaves none out."""
        return _is_left_out_applied(text, hunk) if leaves_out(hunk) else None

    def inside(self, edit: EditFile, text: FileText) -> Inside | None:
        """Return the definition that an edit is inside of, whatever it was."""
        seen = replace(edit, within=edit.within and replace(edit.within, was=""), hunks=())
        inside = inside_of(text, seen, self.texts)
        return None if isinstance(inside, SymbolFault) else inside


def _found_near(lines: Sequence[bytes], body: Sequence[bytes], at: int, *, is_below: bool) -> tuple[int, int] | None:
    """The lines around `at` that hold the body, empty lines aside, with the empty ones between it and `at`."""
    step = 1 if is_below else -1
    position = at if is_below else at - 1
    wanted = list(body) if is_below else list(reversed(body))
    for line in wanted:
        while 0 <= position < len(lines) and not lines[position].strip():
            position += step
        if not 0 <= position < len(lines) or lines[position] != line:
            return None
        position += step
    return (at, position) if is_below else (position + 1, at)


def _is_left_out_applied(text: FileText, hunk: Hunk) -> bool:
    """Whether REPLACE is there once, and the first lines that SEARCH names are not."""
    first = list(hunk.search[: next(at for at, line in enumerate(hunk.search) if line.strip() == LEFT_OUT)])
    if len(find_exact(text, hunk.replace)) != 1 or not hunk.replace:
        return False
    return not find_exact(text, first) or list(hunk.replace[: len(first)]) == first
