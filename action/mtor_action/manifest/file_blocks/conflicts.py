"""Operations of one spec that contradict each other, and the limits of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.manifest.file_blocks.operations import (
    EditFile,
    PatchFile,
    SubstFiles,
    SymbolOperation,
    WriteFile,
    body_of,
    of_one_file,
)
from mtor_action.tree.path_policy import MOST_BYTES, MOST_FILES, MOST_HUNKS, folded, path_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.manifest.file_blocks.operations import Delete, FileOperation, Move, Operation
    from mtor_action.manifest.text import Place


_MOST_SUBSTS = 50  # blocks
_MOST_PATTERNS = 10  # blocks with regex=yes


class Conflicts:
    """Collects what contradicts; places are those of the operations."""

    def __init__(self, moves: Sequence[Move], deletes: Sequence[Delete], operations: Sequence[Operation]) -> None:
        self.moves = moves
        self.deletes = deletes
        self.operations = operations
        self.found: list[Diagnostic] = []

    def check(self) -> list[Diagnostic]:
        """Return a diagnostic for every contradiction between operations."""
        self._check_paths()
        self._check_moves()
        self._check_deletes()
        self._check_blocks()
        if any(isinstance(operation, SymbolOperation) for operation in self.operations):
            from mtor_action.manifest.file_blocks.symbol_conflicts import symbol_conflicts

            self.found += symbol_conflicts(self.operations)
        self._check_folding()
        self._check_limits()
        return self.found

    def _fault(self, rule: str, place: Place, message: str, hint: str = "") -> None:
        self.found.append(Diagnostic(rule, place.path, place.line, place.column, message, hint))

    def _check_paths(self) -> None:
        paths = [(move.place, path) for move in self.moves for path in (move.old, move.new)]
        paths += [(delete.place, delete.path) for delete in self.deletes]
        for place, path in paths:
            fault = path_fault(path, is_new=False)
            if fault:
                self._fault("path", place, f"{path!r}: {fault}" if path else fault)

    def _check_moves(self) -> None:
        targets: dict[str, Move] = {}
        for move in self.moves:
            if move.old == move.new:
                self._fault("no-change", move.place, f'"{move.old}" is moved onto itself, expected another path')
            elif targets.setdefault(move.new, move) is not move:
                self._fault("conflict", move.place, f'two files are moved to "{move.new}", expected one')

    def _check_deletes(self) -> None:
        sources = {move.old: move for move in self.moves}
        targets = {move.new for move in self.moves}
        deleted: set[str] = set()
        for delete in self.deletes:
            if delete.path in sources:
                self._fault(
                    "moved-away",
                    delete.place,
                    f'"{delete.path}" is deleted but moved away, expected one of the two',
                )
            elif delete.path in targets:
                self._fault("conflict", delete.place, f'"{delete.path}" is deleted but a move puts a file there')
            elif delete.path in deleted:
                self._fault("conflict", delete.place, f'"{delete.path}" is deleted twice, expected once')
            deleted.add(delete.path)

    def _check_blocks(self) -> None:
        targets = {move.new for move in self.moves}
        moved_away = {move.old: move.new for move in self.moves if move.old not in targets}
        deleted = {delete.path for delete in self.deletes}
        first: dict[str, FileOperation] = {}
        for operation in of_one_file(self.operations):
            path = operation.path
            earlier = first.setdefault(path, operation)
            if path in deleted:
                self._fault(
                    "conflict",
                    operation.place,
                    f'"{path}" is deleted by this spec and named by this block',
                    "write=PATH replaces a file",
                )
            elif path in moved_away and not isinstance(operation, WriteFile):
                self._fault(
                    "moved-away",
                    operation.place,
                    f'"{path}" is moved away by this spec, expected its new name',
                    f"name it {moved_away[path]}",
                )
            elif isinstance(operation, WriteFile) and operation.kind == "create" and path in targets:
                self._fault("conflict", operation.place, f'"{path}" is created but a move puts a file there')
            elif earlier is not operation and (isinstance(operation, WriteFile) or isinstance(earlier, WriteFile)):
                self._two_blocks(operation, earlier)

    def _two_blocks(self, operation: FileOperation, earlier: FileOperation) -> None:
        self._fault(
            "conflict",
            operation.place,
            f'"{operation.path}" already has a block on line {earlier.place.line}, '
            "expected one create or write, or edits and patches only",
        )

    def _final_paths(self) -> Iterable[tuple[str, Place]]:
        for move in self.moves:
            yield move.new, move.place
        for operation in of_one_file(self.operations):
            if not (isinstance(operation, PatchFile) and operation.patch.new is None):
                yield operation.path, operation.place

    def _check_folding(self) -> None:
        by_folded: dict[str, str] = {}
        for path, place in self._final_paths():
            other = by_folded.setdefault(folded(path), path)
            if other != path:
                self._fault(
                    "case-fold",
                    place,
                    f'"{path}" and "{other}" differ only in case or accents\' encoding, '
                    "expected names that every file system can tell apart",
                )

    def _check_limits(self) -> None:
        paths = {path for path, _ in self._final_paths()} | {move.old for move in self.moves}
        paths |= {delete.path for delete in self.deletes}
        place = next((operation.place for operation in self.operations), None)
        if len(paths) > MOST_FILES and place:
            self._fault(
                "too-large",
                place,
                f"the spec names {len(paths)} files, expected at most {MOST_FILES}",
                "split it into several specs",
            )
        self._check_substs([operation for operation in self.operations if isinstance(operation, SubstFiles)])
        hunks = sum(_hunks(operation) for operation in self.operations)
        if hunks > MOST_HUNKS and place:
            self._fault(
                "too-large",
                place,
                f"the spec contains {hunks} hunks, expected at most {MOST_HUNKS}",
                "write=PATH replaces a whole file",
            )
        size = sum(_size(operation) for operation in self.operations)
        if size > MOST_BYTES and place:
            self._fault(
                "too-large",
                place,
                f"the spec contains {size} bytes of code, expected at most {MOST_BYTES}",
                "split it into several specs",
            )

    def _check_substs(self, substs: Sequence[SubstFiles]) -> None:
        """Each block looks at every file that its glob matches, and each regular expression starts a process."""
        patterns = [subst for subst in substs if subst.is_regex]
        for some, most, what in (
            (substs, _MOST_SUBSTS, "subst blocks"),
            (patterns, _MOST_PATTERNS, "regular expressions"),
        ):
            if len(some) > most:
                message = f"the spec has {len(some)} {what}, expected at most {most}"
                self._fault(
                    "too-large", some[most].place, message, "a block may have many hunks, if they have one count"
                )


def _hunks(operation: Operation) -> int:
    if isinstance(operation, WriteFile):
        return 0
    if isinstance(operation, SymbolOperation):
        return 1
    return len(operation.hunks if isinstance(operation, EditFile | SubstFiles) else operation.patch.hunks)


def _size(operation: Operation) -> int:
    if isinstance(operation, WriteFile):
        return len(operation.content)
    if isinstance(operation, SymbolOperation):
        return sum(len(line) + 1 for line in body_of(operation))
    if isinstance(operation, EditFile | SubstFiles):
        return sum(len(line) + 1 for hunk in operation.hunks for line in hunk.replace)
    return sum(len(text) + 1 for hunk in operation.patch.hunks for text in hunk.new)
