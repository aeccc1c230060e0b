"""Whether a whole spec is already applied: only then is an unmet precondition not an error.

Edits are taken back in reverse order: each REPLACE must appear exactly once (`count=N`: N times) with its SEARCH
nowhere else, and the text from before is put back, so that a later hunk may build on an earlier one.

Finding a hunk that only removes or repeats lines proves nothing: a wrong SEARCH looks the same. The proof is an older
state of the file (`Past`) to which the path's operations apply. Without one the hunk is unproven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.manifest.bodies.hunks import Hunk
from mtor_action.manifest.file_blocks.operations import EditFile, PatchFile, SubstFiles, SymbolOperation, WriteFile
from mtor_action.plan.edit_planning import plan_edit
from mtor_action.plan.edits import PATCH_LINES_MATCH, Edited, apply_hunk, apply_patch_hunk
from mtor_action.plan.effort import Effort
from mtor_action.plan.matched_files import OpenText
from mtor_action.plan.placing import Match, find_adjusted, find_exact
from mtor_action.tree.file_text import FileText, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mtor_action.manifest.bodies.unified_diff import FilePatch, PatchHunk
    from mtor_action.manifest.file_blocks.operations import Move, Operation
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Place
    from mtor_action.plan.subst_applied import SubstsTakenBack
    from mtor_action.plan.symbol_applied import SymbolsTakenBack
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.tree.tree import Tree

    # The older contents of a path, newest first.
    Past = Callable[[str], Iterable[bytes]]

_SHIFT_LINES = 100_000  # planning itself has its own


@dataclass(frozen=True, slots=True)
class UnprovenHunk:
    """A hunk that looks applied, though its file would look the same if its SEARCH were wrong."""

    operation: EditFile | PatchFile
    hunk: Hunk

    @property
    def count(self) -> int:
        """The number of places in the file that the hunk has."""
        return self.operation.count if isinstance(self.operation, EditFile) else 1

    @property
    def creates(self) -> bool:
        """Return whether it is part of a new file, whose whole content is compared."""
        return isinstance(self.operation, PatchFile) and self.operation.patch.old is None

    @property
    def subject(self) -> str:
        """The beginning of a sentence about its lines."""
        return "SEARCH matches" if isinstance(self.operation, EditFile) else PATCH_LINES_MATCH


@dataclass(frozen=True, slots=True)
class UnprovenAbsence:
    """A path that is absent, and that the known history never had."""

    path: str
    place: Place


Unproven = UnprovenHunk | UnprovenAbsence


def find_unproven(spec: Spec, tree: Tree, past: Past | None = None) -> list[Unproven] | None:
    """Return the hunks of an applied spec that are not proven to be; empty if all are. None: the spec is not applied.

    `past` None: no history is known here, and an absent path counts as deleted.
    """
    substs = _substs(spec)
    if substs and not substs.can_be_recognised:
        return None
    by_path = _by_path(spec, tree)
    look = _AppliedCheck(tree, frozenset(by_path), Effort(regions=0, shifts=_SHIFT_LINES), substs, past)
    looks_applied = (
        all(_absent(delete.path, tree) for delete in spec.deletes)
        and _moves_applied(spec, tree)
        and all(_path_applied(path, operations, look) for path, operations in by_path.items())
        and (substs is None or substs.are_applied)
    )
    if not looks_applied:
        return None
    hunks = list(_unproven_hunks(spec, by_path, look.doubts, past))
    if any(_has_adjusted_place(hunk, tree) for hunk in hunks):
        return None
    return [*(() if past is None else _unproven_absences(spec, past)), *hunks]


def _substs(spec: Spec) -> SubstsTakenBack | None:
    substs = [operation for operation in spec.operations if isinstance(operation, SubstFiles)]
    if not substs:
        return None
    from mtor_action.plan.subst_applied import SubstsTakenBack

    return SubstsTakenBack(substs)


def _unproven_absences(spec: Spec, past: Past) -> Iterator[UnprovenAbsence]:
    absent = [(delete.path, delete.place) for delete in spec.deletes]
    absent += [(move.old, move.place) for move in spec.moves]
    for operation in spec.operations:
        if isinstance(operation, PatchFile) and operation.patch.old not in (None, operation.patch.new):
            absent.append((operation.patch.old or "", operation.place))
    for path, place in absent:
        if not any(True for _ in past(path)):
            yield UnprovenAbsence(path, place)


def _unproven_hunks(
    spec: Spec, by_path: dict[str, list[Operation]], doubts: Sequence[UnprovenHunk], past: Past | None
) -> Iterator[UnprovenHunk]:
    moved = {move.new: move.old for move in spec.moves}
    for path in dict.fromkeys(doubt.operation.path for doubt in doubts):
        operations = by_path[path]
        names = [path, *(moved[path] for _ in range(path in moved)), *_old_names(operations)]
        if past is None or not any(_applies(operations, older) for name in names for older in past(name)):
            yield from (doubt for doubt in doubts if doubt.operation.path == path)


def _old_names(operations: Sequence[Operation]) -> list[str]:
    return [
        operation.patch.old
        for operation in operations
        if isinstance(operation, PatchFile) and operation.patch.old not in (None, operation.path)
    ]


def _has_adjusted_place(unproven: UnprovenHunk, tree: Tree) -> bool:
    """Return whether SEARCH is there in other white space: then the hunk is still to be applied."""
    if not isinstance(unproven.operation, EditFile) or unproven.operation.count != 1:
        return False
    text = FileText.read(tree.read(unproven.operation.path))
    return bool(find_adjusted(text, unproven.hunk.search, Effort()))


def _applies(operations: Sequence[Operation], older: bytes) -> bool:
    """Return whether every hunk of the operations, in order, has its place in this older content."""
    if unreadable(older):
        return False
    text, edited = FileText.read(older), Edited(effort=Effort(regions=0))
    for operation in operations:
        if isinstance(operation, EditFile):
            symbols = None if operation.within is None else _symbol_texts()
            if any(plan_edit(OpenText(text, "100644", is_utf8=True), operation, symbols, edited)):
                return False
        elif isinstance(operation, PatchFile) and any(
            apply_patch_hunk(text, hunk, edited) for hunk in operation.patch.hunks
        ):
            return False
        elif isinstance(operation, SubstFiles):
            from mtor_action.plan.substitution import substituted, write_lines

            write_lines(text, substituted(operation, {"": text}).lines.get("", {}), 0)
    return True


def _symbol_texts() -> SymbolTexts:
    from mtor_action.plan.symbol_texts import SymbolTexts

    return SymbolTexts()


def proves_itself(hunk: Hunk, *, is_exact: bool = True) -> bool:
    """Return whether REPLACE, found in a file (`is_exact`: to the byte), shows that the hunk was applied.

    It does if it has a line that SEARCH has not, white space aside; if all of SEARCH is inside of it, so that SEARCH
    is right; or if it is SEARCH with other white space.
    """
    sought = [line.strip() for line in hunk.search if line.strip()]
    replaced = [line.strip() for line in hunk.replace if line.strip()]
    if not set(replaced) <= set(sought) or (hunk.replace and _holds(hunk.replace, hunk.search)):
        return True
    return is_exact and bool(sought) and sought == replaced and not set(hunk.replace) <= set(hunk.search)


def _holds(lines: Sequence[bytes], inner: Sequence[bytes]) -> bool:
    return b"\n%b\n" % b"\n".join(inner) in b"\n%b\n" % b"\n".join(lines)


def _absent(path: str, tree: Tree) -> bool:
    """Return whether nothing is at `path`; what a link or a submodule leads to is not examined."""
    above = (tree.entry(path[:end]) for end, sign in enumerate(path) if sign == "/")
    return tree.entry(path) is None and not any(entry and entry.kind in ("symlink", "submodule") for entry in above)


def _moves_applied(spec: Spec, tree: Tree) -> bool:
    targets = {move.new for move in spec.moves}
    written = {operation.path for operation in spec.operations if isinstance(operation, WriteFile)}
    for move in spec.moves:
        entry = tree.entry(move.new)
        if entry is None or entry.kind != "file":
            return False
        if move.old not in targets | written and tree.entry(move.old) is not None:
            return False
    # Every file of a cycle is there before and after, so nothing shows that it has been done.
    return not _has_cycle(spec.moves)


def _has_cycle(moves: Sequence[Move]) -> bool:
    following = {move.old: move.new for move in moves}
    visited: set[str] = set()
    for start in following:
        trail: set[str] = set()
        path: str | None = start
        while path is not None and path not in visited:
            if path in trail:
                return True
            trail.add(path)
            path = following.get(path)
        visited |= trail
    return False


def _by_path(spec: Spec, tree: Tree) -> dict[str, list[Operation]]:
    grouped: dict[str, list[Operation]] = {}
    for operation in spec.operations:
        paths = _matched(operation, spec, tree) if isinstance(operation, SubstFiles) else [operation.path]
        for path in paths:
            grouped.setdefault(path, []).append(operation)
    return grouped


def _matched(subst: SubstFiles, spec: Spec, tree: Tree) -> list[str]:
    from mtor_action.plan.subst_applied import matched_by

    return matched_by(subst, spec, tree)


@dataclass(slots=True)
class _AppliedCheck:
    """The evidence that every path is judged by, and the hunks whose being found proves nothing."""

    tree: Tree
    written: frozenset[str]
    effort: Effort
    substs: SubstsTakenBack | None
    past: Past | None
    doubts: list[UnprovenHunk] = field(default_factory=list)
    _symbols: SymbolsTakenBack | None = None

    @property
    def symbols(self) -> SymbolsTakenBack:
        """The same for definitions; nothing is parsed before one is asked for."""
        from mtor_action.plan.symbol_applied import SymbolsTakenBack
        from mtor_action.plan.symbol_texts import SymbolTexts

        self._symbols = self._symbols or SymbolsTakenBack(SymbolTexts(), self.past)
        return self._symbols


def _path_applied(path: str, operations: Sequence[Operation], look: _AppliedCheck) -> bool:
    last = operations[-1]
    if isinstance(last, PatchFile) and last.patch.new is None:
        return _absent(path, look.tree)
    entry = look.tree.entry(path)
    if entry is None or entry.kind != "file":
        return False
    content = look.tree.read(path)
    if isinstance(last, WriteFile):
        mode = last.mode or ("100644" if last.kind == "create" else entry.mode)
        return content == last.content and entry.mode == mode
    text = FileText.read(content)
    return all(_taken_back(text, operation, entry.mode, look) for operation in reversed(operations))


def _taken_back(text: FileText, operation: Operation, mode: str, look: _AppliedCheck) -> bool:
    if isinstance(operation, SymbolOperation):
        return look.symbols.take_back(operation, text)
    if isinstance(operation, EditFile):
        return _edit_taken_back(text, operation, look)
    if isinstance(operation, PatchFile):
        return _patch_taken_back(text, operation, mode, look)
    if isinstance(operation, SubstFiles) and look.substs is not None:
        return look.substs.take_back(operation, text)
    return False


def _edit_taken_back(text: FileText, operation: EditFile, look: _AppliedCheck) -> bool:
    if operation.within is None:
        return all(_undo(text, UnprovenHunk(operation, hunk), look) for hunk in reversed(operation.hunks))
    inside = look.symbols.inside(operation, text)
    if inside is None:
        return False
    for hunk in reversed(operation.hunks):
        left_out = look.symbols.left_out_applied(inside.text, hunk)
        if left_out is False or (left_out is None and not _undo(inside.text, UnprovenHunk(operation, hunk), look)):
            return False
    inside.put_back()
    return True


def _left_behind(patch: FilePatch, tree: Tree) -> bool:
    """Return whether the name before a rename is still there."""
    renamed = patch.old is not None and patch.new is not None and patch.old != patch.new
    return renamed and tree.entry(patch.old or "") is not None


def _patch_taken_back(text: FileText, operation: PatchFile, mode: str, look: _AppliedCheck) -> bool:
    patch = operation.patch
    if _left_behind(patch, look.tree) and patch.old not in look.written:
        return False
    if patch.new_mode is not None and mode != patch.new_mode:
        return False
    if not all(_patch_hunk_taken_back(text, operation, hunk, look) for hunk in reversed(patch.hunks)):
        return False
    return patch.old is not None or not text.lines


def _patch_hunk_taken_back(text: FileText, operation: PatchFile, hunk: PatchHunk, look: _AppliedCheck) -> bool:
    if hunk.new_ends_without_newline and text.final_newline:
        return False
    if hunk.old_ends_without_newline and not hunk.new_ends_without_newline and not text.final_newline:
        return False
    if hunk.old == hunk.new:  # only the final newline changes
        return len(find_exact(text, hunk.new)) == 1
    return _undo(text, UnprovenHunk(operation, Hunk(hunk.old, hunk.new, hunk.line)), look)


def _undo(text: FileText, doubt: UnprovenHunk, look: _AppliedCheck) -> bool:
    """Take one hunk back; False, with the text in any state, if it is not applied."""
    hunk, count = doubt.hunk, doubt.count
    if not hunk.replace:
        look.doubts.append(doubt)
        return not find_exact(text, hunk.search)
    places = find_exact(text, hunk.replace)
    is_exact = bool(places)
    if not places and count == 1:
        places = find_adjusted(text, hunk.replace, look.effort) or []
    if len(places) != count or _is_left(text, hunk, places, None if is_exact else look.effort):
        return False
    if not doubt.creates and not proves_itself(hunk, is_exact=is_exact):
        look.doubts.append(doubt)
    if not hunk.search:  # a patch hunk that only adds
        for place in reversed(places):
            text.splice(place.start, place.start + place.length, [], [])
        return True
    edited = Edited(effort=look.effort)
    return apply_hunk(text, Hunk(hunk.replace, hunk.search, hunk.line), count, edited) is None


def _is_left(text: FileText, hunk: Hunk, places: Sequence[Match], effort: Effort | None) -> bool:
    """Return whether SEARCH is anywhere but inside the places of REPLACE; with an effort, in other white space too."""
    matches = find_exact(text, hunk.search)
    if effort and not matches:
        matches = find_adjusted(text, hunk.search, effort) or []
    return any(
        not any(
            place.start <= match.start and match.start + match.length <= place.start + place.length for place in places
        )
        for match in matches
    )
