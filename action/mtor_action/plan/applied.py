"""Whether a whole spec is already applied: only then is an unmet precondition no error.

Edits are taken back in reverse order: each REPLACE must stand exactly once (`count=N`: N times) with its SEARCH
nowhere else, and what stood before it is put back, so that a later hunk may rest on an earlier one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.plan.edits import Edited, apply_hunk
from mtor_action.plan.file_text import FileText
from mtor_action.plan.placing import find_adjusted, find_exact
from mtor_action.spec.hunks import Hunk
from mtor_action.spec.operations import EditFile, PatchFile, WriteFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.plan.tree import Tree
    from mtor_action.spec.manifest import Spec
    from mtor_action.spec.operations import Move, Operation
    from mtor_action.spec.unified_diff import FilePatch, PatchHunk


def already_applied(spec: Spec, tree: Tree) -> bool:
    """Whether the tree is as the spec leaves it."""
    by_path = _by_path(spec.operations)
    written = frozenset(by_path)
    return (
        all(_absent(delete.path, tree) for delete in spec.deletes)
        and _moves_applied(spec, tree)
        and all(_path_applied(operations, tree, written) for operations in by_path.values())
    )


def _absent(path: str, tree: Tree) -> bool:
    """Whether nothing stands at `path`; what a link or a submodule leads to is not ours to say."""
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
    return not any(_in_cycle(move, spec.moves) for move in spec.moves)


def _in_cycle(move: Move, moves: Sequence[Move]) -> bool:
    following = {other.old: other.new for other in moves}
    path: str | None = move.new
    for _ in moves:
        if path == move.old:
            return True
        path = following.get(path) if path is not None else None
    return False


def _by_path(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    grouped: dict[str, list[Operation]] = {}
    for operation in operations:
        grouped.setdefault(operation.path, []).append(operation)
    return grouped


def _path_applied(operations: Sequence[Operation], tree: Tree, written: frozenset[str]) -> bool:
    path = operations[0].path
    last = operations[-1]
    if isinstance(last, PatchFile) and last.patch.new is None:
        return tree.entry(path) is None
    entry = tree.entry(path)
    if entry is None or entry.kind != "file":
        return False
    content = tree.read(path)
    if isinstance(last, WriteFile):
        wanted = last.mode or ("100644" if last.kind == "create" else entry.mode)
        return content == last.content and entry.mode == wanted
    text = FileText.read(content)
    return all(_taken_back(text, operation, entry.mode, tree, written) for operation in reversed(operations))


def _taken_back(text: FileText, operation: Operation, mode: str, tree: Tree, written: frozenset[str]) -> bool:
    if isinstance(operation, EditFile):
        return all(_undo(text, hunk, operation.count) for hunk in reversed(operation.hunks))
    if isinstance(operation, PatchFile):
        return _patch_taken_back(text, operation.patch, mode, tree, written)
    return False


def _left_behind(patch: FilePatch, tree: Tree) -> bool:
    """Whether the name before a rename still stands."""
    renamed = patch.old is not None and patch.new is not None and patch.old != patch.new
    return renamed and tree.entry(patch.old or "") is not None


def _patch_taken_back(text: FileText, patch: FilePatch, mode: str, tree: Tree, written: frozenset[str]) -> bool:
    if _left_behind(patch, tree) and patch.old not in written:
        return False
    if patch.new_mode is not None and mode != patch.new_mode:
        return False
    taken_back = all(_patch_hunk_taken_back(text, hunk) for hunk in reversed(patch.hunks))
    return taken_back and (patch.old is not None or not text.lines)


def _patch_hunk_taken_back(text: FileText, hunk: PatchHunk) -> bool:
    if hunk.new_ends_without_newline and text.final_newline:
        return False
    if hunk.old_ends_without_newline and not hunk.new_ends_without_newline and not text.final_newline:
        return False
    if hunk.old == hunk.new:  # only the final newline changes
        return len(find_exact(text.lines, hunk.new)) == 1
    return _undo(text, Hunk(hunk.old, hunk.new, hunk.line), 1)


def _undo(text: FileText, hunk: Hunk, count: int) -> bool:
    """Take one hunk back; False, with the text in any state, if it is not applied."""
    if not hunk.replace:
        return not find_exact(text.lines, hunk.search)
    places = find_exact(text.lines, hunk.replace) or (find_adjusted(text.lines, hunk.replace) if count == 1 else [])
    if len(places) != count:
        return False
    inside = [(place.start, place.start + place.length) for place in places]
    for match in find_exact(text.lines, hunk.search):
        if not any(start <= match.start and match.start + match.length <= end for start, end in inside):
            return False
    if not hunk.search:  # a patch hunk that only adds
        for start, end in reversed(inside):
            del text.lines[start:end], text.ends[start:end]
        return True
    return apply_hunk(text, Hunk(hunk.replace, hunk.search, hunk.line), count, Edited()) is None
