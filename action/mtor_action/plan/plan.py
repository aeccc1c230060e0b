"""Spec + base tree → plan: every change in memory, or every reason why not.

Order: moves (all at once), deletes, then blocks in document order. Nothing is written here, so a spec that fails
in its last block has touched nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import dataclass, field, replace
from mtor_action.manifest.file_blocks.operations import (
    DeleteSymbol,
    EditFile,
    PatchFile,
    PutSymbol,
    SubstFiles,
    SymbolOperation,
    WriteFile,
    kind_of_symbol,
)
from mtor_action.plan.applied import UnprovenHunk, find_unproven
from mtor_action.plan.edit_planning import plan_edit
from mtor_action.plan.edits import Edited, Miss, apply_patch_hunk, changed_lines, not_found
from mtor_action.plan.effort import Effort
from mtor_action.plan.matched_files import OpenText, matched_files, whole_files
from mtor_action.plan.new_names import name_faults
from mtor_action.plan.noops import noops
from mtor_action.plan.placed_operations import PlacedOperation, Placement, Plan, Unplaced
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import FileText, is_utf8, unreadable
from mtor_action.tree.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import Delete, FileOperation, Move, Operation
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Place
    from mtor_action.plan.applied import Past, Unproven
    from mtor_action.plan.similar_paths import SimilarPaths
    from mtor_action.plan.substitution import Substituted
    from mtor_action.plan.symbol_texts import Seen, SymbolTexts
    from mtor_action.tree.tree import Tree

_REMOVED_ALREADY = "if these lines were removed already, take the hunk out of the spec"


def make_plan(spec: Spec, tree: Tree, past: Past | None = None, seen: Seen | None = None) -> Plan:
    """Plan a spec that has no diagnostics of its own against `tree`.

    `past` gives older contents of a path, where they are known: the proof that a removal has been made. `seen` gives
    those of the commit that the spec was written for: the proof that the author saw what is overwritten unread.
    """
    unproven = find_unproven(spec, tree, past)
    planner = _Planner(tree, seen)
    if unproven is not None:
        planner.applied(spec, unproven)
    else:
        planner.carry_out(spec)
    return Plan(
        changes=() if planner.diagnostics else tuple(planner.overlay.changes()),
        landings=tuple(planner.landings),
        diagnostics=tuple(spec.with_source(planner.diagnostics)),
        unplaced=tuple(planner.unplaced_with_source(spec)),
    )


@dataclass(slots=True)
class _Planner:
    tree: Tree
    seen: Seen | None = None
    overlay: Overlay = field(init=False)
    landings: list[PlacedOperation] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    named: dict[str, Place] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()  # what the spec writes as whole files, which no glob means
    effort: Effort = field(default_factory=Effort)
    _texts: dict[str, OpenText] = field(default_factory=dict)
    _symbols: SymbolTexts | None = None
    _similar: SimilarPaths | None = None
    _unmoved: set[str] = field(default_factory=set)  # files that a definition could not be put into

    def __post_init__(self) -> None:
        self.overlay = Overlay(self.tree)

    def carry_out(self, spec: Spec) -> None:
        """Everything that the spec asks for, as far as it can be done."""
        self.moves(spec.moves)
        for delete in spec.deletes:
            self.delete(delete)
        self.whole = whole_files(spec.operations)
        for operation in spec.operations:
            self.operation(operation)
        for path, text in self._texts.items():
            self.overlay.put(path, FileState(text.text.write(), text.mode))
        for fault in name_faults(self.overlay, self.named):
            self.fault(fault.rule, self.named[fault.path], fault.message)
        if not self.diagnostics and not self.unplaced:
            self._check_syntax(spec)

    def _check_syntax(self, spec: Spec) -> None:
        """No file that parsed before may be left so that it does not."""
        from mtor_action.plan.parse_check import check_parses

        passed = check_parses(spec, self.overlay, self.named, lambda: self.symbols)
        self.diagnostics += passed.diagnostics
        self.landings = [passed.remarked(landing) for landing in self.landings]

    def applied(self, spec: Spec, unproven: Sequence[Unproven]) -> None:
        """Nothing is to be done; what looks done without a proof is missing."""
        hunks = [item for item in unproven if isinstance(item, UnprovenHunk)]
        self.landings += noops(spec, {id(item.operation) for item in hunks})
        for absence in (item for item in unproven if not isinstance(item, UnprovenHunk)):
            self._missing(absence.path, absence.place)
        edits: dict[str, Edited] = {}
        for item in hunks:
            path = item.operation.path
            text = FileText.read(self.tree.read(path))
            miss = not_found(text, item.hunk.search, item.subject, edits.setdefault(path, Edited(self.effort)))
            hint = f"{miss.help}\n{_REMOVED_ALREADY}".strip()
            place = _on_line(item.operation.place, item.hunk.line)
            self._miss(replace(miss, help=hint), path, place, (item.hunk.search, item.hunk.replace))

    def fault(self, rule: str, place: Place, message: str, hint: str = "") -> None:
        self.diagnostics.append(Diagnostic(rule, place.path, place.line, place.column, message, hint))

    def moves(self, moves: tuple[Move, ...]) -> None:
        states = [self._source(move.old, move.place, "moved") for move in moves]
        sources = {move.old for move in moves}
        for move in moves:
            self.overlay.put(move.old, None)
        for move, state in zip(moves, states, strict=True):
            self._move(move, state, is_freed=move.new in sources)

    def _move(self, move: Move, state: FileState | None, *, is_freed: bool) -> None:
        obstacle = self.overlay.obstacle(move.new)
        if obstacle:
            self.fault("not-a-file", move.place, f'"{move.new}": {obstacle}')
        elif not is_freed and self.overlay.before(move.new) is not None:
            self.fault(
                "exists",
                move.place,
                f'"{move.new}" already exists, expected a free path',
                "choose another path",
            )
        if state is not None:
            self.overlay.put(move.new, state)
        self.named[move.new] = move.place
        self.landings.append(PlacedOperation("move", move.new, move.place.line, "exact", note=f"from {move.old}"))

    def _source(self, path: str, place: Place, verb: str) -> FileState | None:
        """Return the regular file that is to be moved, deleted or edited; None after a fault."""
        obstacle = self.overlay.obstacle(path)
        if obstacle:
            self.fault("not-a-file", place, f'"{path}" cannot be {verb}: {obstacle}')
            return None
        state = self.overlay.file(path)
        if state is None:
            self._missing(path, place)
        return state

    def _missing(self, path: str, place: Place) -> None:
        from mtor_action.plan.similar_paths import SimilarPaths

        self._similar = self._similar or SimilarPaths(self.tree, self.effort)
        self.fault("missing", place, f'"{path}" does not exist, expected a file', self._similar.hint(path))

    def delete(self, delete: Delete) -> None:
        state = self._source(delete.path, delete.place, "deleted")
        self.overlay.put(delete.path, None)
        removed = _line_count(state.content) if state else 0
        self.landings.append(PlacedOperation("delete", delete.path, delete.place.line, "exact", removed=removed))

    def operation(self, operation: Operation) -> None:
        if isinstance(operation, WriteFile):
            self._write(operation)
        elif isinstance(operation, EditFile):
            self._edit(operation)
        elif isinstance(operation, SubstFiles):
            self._subst(operation)
        elif isinstance(operation, SymbolOperation):
            self._symbol(operation)
        else:
            self._patch(operation)

    def _write(self, write: WriteFile) -> None:
        obstacle = self.overlay.obstacle(write.path)
        if obstacle:
            self.fault("not-a-file", write.place, f'"{write.path}" cannot be written: {obstacle}')
            return
        before = self.overlay.file(write.path)
        mode = write.mode or (before.mode if before and write.kind == "write" else "100644")
        after = FileState(write.content, mode)
        if write.kind == "create" and before is not None and before != after:
            self.fault(
                "exists",
                write.place,
                f'"{write.path}" already exists with other content, expected a new path',
                "use write= to replace it, or edit= to change a part",
            )
        self.overlay.put(write.path, after)
        self.named[write.path] = write.place
        self._land_write(write, before, after)

    def _land_write(self, write: WriteFile, before: FileState | None, after: FileState) -> None:
        placement: Placement = "noop" if before == after else "exact"
        added, removed = _line_count(after.content), 0
        if before is not None:
            added, removed = changed_lines(before.content.split(b"\n"), after.content.split(b"\n"))
        self.landings.append(PlacedOperation(write.kind, write.path, write.place.line, placement, added, removed))

    def _text(self, path: str, place: Place) -> OpenText | None:
        state = self._source(path, place, "edited")
        if state is None:
            return None
        if path in self._texts:
            return self._texts[path]
        reason = unreadable(state.content)
        if reason:
            self.fault("binary", place, f'"{path}" is {reason}', "use write=PATH, or commit it by hand")
            return None
        return OpenText(FileText.read(state.content), state.mode, is_utf8=is_utf8(state.content))

    def _edit(self, edit: EditFile) -> None:
        opened = self._text(edit.path, edit.place)
        if opened is None:
            return
        edited = Edited(self.effort)
        for fault in plan_edit(opened, edit, None if edit.within is None else self.symbols, edited):
            place = _on_line(edit.place, fault.hunk.line)
            if fault.is_unplaced:
                edited.missed = True
                self._miss(fault.miss, edit.path, place, (fault.hunk.search, fault.hunk.replace))
            else:
                self.fault(fault.miss.rule, place, fault.miss.message, fault.miss.help)
        self._land_edit("edit", edit, opened, edited)

    @property
    def symbols(self) -> SymbolTexts:
        """The definitions of the files; nothing is parsed before one is asked for."""
        from mtor_action.plan.symbol_texts import SymbolTexts

        self._symbols = self._symbols or SymbolTexts(self.seen)
        return self._symbols

    def _symbol(self, operation: SymbolOperation) -> None:
        from mtor_action.plan.symbol_planning import change_symbol
        from mtor_action.symbols.lookup import SymbolFault

        if isinstance(operation, DeleteSymbol) and operation.moved_to in self._unmoved:
            return  # the fault is named where the definition would go
        opened = self._target(operation, may_be_new=isinstance(operation, PutSymbol))
        source = self._text(operation.source, operation.place) if isinstance(operation, PutSymbol) else None
        if opened is None or (source is None and isinstance(operation, PutSymbol)):
            self._unmoved.add(operation.path)
            return
        change = change_symbol(operation, opened, source.text if source else None, self.symbols)
        if isinstance(change, SymbolFault):
            self._unmoved.add(operation.path)
            self.fault(change.rule, operation.place, f'"{operation.path}": {change.message}', change.help)
            return
        edited = Edited(self.effort, added=change.added, removed=change.removed)
        self._land_edit(kind_of_symbol(operation), operation, opened, edited)
        self.landings[-1] = self.landings[-1]._replace(note=change.note)

    def _target(self, operation: SymbolOperation, *, may_be_new: bool) -> OpenText | None:
        """Return the text to change: of a file that exists, or a new one for a definition that is moved."""
        path = operation.path
        if may_be_new and self.overlay.file(path) is None and not self.overlay.obstacle(path):
            return OpenText(FileText([], []), "100644", is_utf8=True)
        return self._text(path, operation.place)

    def _subst(self, subst: SubstFiles) -> None:
        from mtor_action.plan.substitution import substituted, write_lines

        matched = matched_files(subst, self.overlay, self.whole, self._open_text, self.effort)
        for fault in matched.faults:
            self.fault(fault.rule, subst.place, fault.message, fault.help)
        if matched.faults:
            return
        result = substituted(subst, {path: opened.text for path, opened in matched.texts.items()})
        for fault in result.faults:
            place = _on_line(subst.place, subst.hunks[fault.hunk].line)
            self.fault(fault.rule, place, fault.message, "\n".join(filter(None, (fault.help, matched.remark))))
        for path, lines in result.lines.items():
            write_lines(matched.texts[path].text, lines, subst.place.line)
            self._land_subst(subst, path, matched.texts[path], result)

    def _land_subst(self, subst: SubstFiles, path: str, opened: OpenText, result: Substituted) -> None:
        self._texts[path] = opened
        self.overlay.put(path, FileState(b"", opened.mode))
        self.named.setdefault(path, subst.place)
        changed = len(result.lines[path])
        self.landings.append(
            PlacedOperation("subst", path, subst.place.line, "exact", changed, changed, places=result.places(path))
        )

    def _open_text(self, path: str) -> OpenText | None:
        """Return the text at `path` as it is after the blocks so far; None if nobody can edit it."""
        if path in self._texts:
            return self._texts[path]
        state = self.overlay.file(path)
        if state is None or unreadable(state.content):
            return None
        return OpenText(FileText.read(state.content), state.mode, is_utf8=is_utf8(state.content))

    def _miss(self, miss: Miss, path: str, place: Place, sides: tuple[tuple[bytes, ...], tuple[bytes, ...]]) -> None:
        diagnostic = Diagnostic(miss.rule, place.path, place.line, place.column, f'"{path}": {miss.message}', miss.help)
        self.unplaced.append(Unplaced(path, *sides, diagnostic))

    def _land_edit(self, kind: str, operation: FileOperation, opened: OpenText | None, edited: Edited) -> None:
        if opened is None:
            self.overlay.put(operation.path, None)
        else:  # its bytes are put together once, after the last operation
            self._texts[operation.path] = opened
            self.overlay.put(operation.path, FileState(b"", opened.mode))
        self.named[operation.path] = operation.place
        placement: Placement = "model" if edited.missed else "adjusted" if edited.note else "exact"
        self.landings.append(
            PlacedOperation(
                kind,
                operation.path,
                operation.place.line,
                placement,
                edited.added,
                edited.removed,
                edited.note,
            )
        )

    def _patch(self, operation: PatchFile) -> None:
        patch = operation.patch
        if patch.old is None:
            self._patch_new(operation)
            return
        opened = self._text(patch.old, operation.place)
        if opened is None:
            return
        edited = Edited(self.effort)
        unplaced = len(self.unplaced)
        for hunk in patch.hunks:
            miss = apply_patch_hunk(opened.text, hunk, edited)
            if miss is not None:
                edited.missed = True
                self._miss(miss, patch.path, _on_line(operation.place, hunk.line), (hunk.old, hunk.new))
        self._texts.pop(patch.old, None)
        if patch.new is None:
            self._patch_deleted(operation, opened.text, edited, unplaced)
            return
        if patch.new != patch.old:
            self.overlay.put(patch.old, None)
            self._check_free(patch.new, operation.place)
        opened.mode = patch.new_mode or opened.mode
        self._land_edit("patch", operation, opened, edited)

    def _patch_new(self, operation: PatchFile) -> None:
        patch = operation.patch
        self._check_free(patch.path, operation.place)
        opened = OpenText(FileText([], []), patch.new_mode or "100644", is_utf8=True)
        edited = Edited(self.effort)
        for hunk in patch.hunks:
            apply_patch_hunk(opened.text, hunk, edited)
        self._land_edit("patch", operation, opened, edited)

    def _patch_deleted(self, operation: PatchFile, text: FileText, edited: Edited, unplaced: int) -> None:
        if text.lines and len(self.unplaced) == unplaced:
            self.fault(
                "missing",
                operation.place,
                f'"{operation.path}" has more lines than the patch deletes',
                "the file changed since the patch was made; use delete: [PATH] in the settings",
            )
        self._land_edit("patch", operation, None, edited)

    def _check_free(self, path: str, place: Place) -> None:
        obstacle = self.overlay.obstacle(path)
        if obstacle:
            self.fault("not-a-file", place, f'"{path}" cannot be written: {obstacle}')
        elif self.overlay.file(path) is not None:
            self.fault("exists", place, f'"{path}" already exists, expected a new path')

    def unplaced_with_source(self, spec: Spec) -> list[Unplaced]:
        by_diagnostic = {id(hunk.diagnostic): hunk for hunk in self.unplaced}
        return [
            Unplaced(hunk.path, hunk.search, hunk.replace, spec.with_source([hunk.diagnostic])[0])
            for hunk in by_diagnostic.values()
        ]


def _on_line(place: Place, line: int) -> Place:
    from mtor_action.manifest.text import Place

    return Place(place.path, line + 1)


def _line_count(content: bytes) -> int:
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
