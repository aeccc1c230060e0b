"""The commit that a spec was written for: named by the spec (`written_for`), else found in the branch's history.

Nothing here is asked unless the spec does not apply to the branch as it is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import RepositoryError
from mtor_action.manifest.file_blocks.operations import EditFile, PatchFile, SubstFiles, of_one_file
from mtor_action.preparation.stored_plan import origins_in, plan_by
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.repository.revisions.first_parents import commits_before, states
from mtor_action.repository.scratch import blobs_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.manifest.file_blocks.operations import Operation
    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.placed_operations import Plan, Unplaced
    from mtor_action.plan.symbol_texts import Seen
    from mtor_action.preparation.text_origin import Origin
    from mtor_action.repository.git import Git
    from mtor_action.tree.tree import Tree

MOST_TRIED = 40  # commits on which the whole spec is planned
_MOST_READ_PATHS = 3


class WrittenFor(NamedTuple):
    """A commit and the spec's plan on it. `is_found` says that mtor looked for it, and nobody named it."""

    commit: str
    plan: Plan
    is_found: bool


def plan_at(git: Git, spec: Spec, commit: str, *, of_machine: bool) -> Plan:
    """Return the spec's plan on a commit, without a past: everybody who makes it gets the same.

    If the spec names a commit, it is this one, and the author has seen what is there.
    """
    with BaseTree(git, commit) as tree:
        seen = contents_of(tree) if spec.settings.written_for else None
        return plan_by(attributes_of(git, tree, of_machine=of_machine), spec, tree, seen=seen)


def contents_of(tree: Tree) -> Seen:
    """Return what the author of a spec has seen who saw `tree`: the content of each of its files."""

    def content(path: str) -> bytes | None:
        entry = tree.entry(path)
        return tree.read(path) if entry is not None and entry.kind == "file" else None

    return content


def named(git: Git, spec: Spec, origin: Origin) -> str:
    """Return the commit that the spec names or that is known; "" for neither. Raises RepositoryError."""
    name = spec.settings.written_for
    if origin.commit or not name:
        return origin.commit
    commit = resolve(git, name)
    if not commit.startswith(name):
        raise RepositoryError(
            f"{name!r} is the name of {commit}, and not its id", "give `written_for` the id of a commit"
        )
    return commit


def find(
    git: Git, spec: Spec, base: str, origin: Origin, unplaced: Sequence[Unplaced], *, of_machine: bool
) -> WrittenFor | None:
    """Return the newest first parent of `base` on which the whole spec has work to do and applies; None if none has.

    `unplaced` are the hunks without a place on `base`. Commits that have the same at all of the spec's paths count
    once. A commit on which the spec is applied already ends the search: what came afterwards was changed by somebody
    who had it.
    """
    commits, paths = commits_before(git, base, origin.written_at()), [*paths_of(spec), ".gitattributes"]
    rows = states(git, [base, *commits], paths)
    files = [dict(zip(paths, row, strict=True)) for row in rows]
    presence = Presence(git, spec, unplaced, files)
    tried, planned = set(rows[:1]), 0
    for commit, row, ids in zip(commits, rows[1:], files[1:], strict=False):
        if row in tried or not presence.may_apply(ids):
            continue
        tried.add(row)
        planned += 1
        if planned > MOST_TRIED:
            return None
        plan = plan_at(git, spec, commit, of_machine=of_machine)
        if not plan.faults:
            return WrittenFor(commit, plan, is_found=True) if plan.changes else None
    return None


class Presence:
    """Which commits have the lines that hunks search for, or those that they write; on the others nothing is planned.

    `files` are the ids of files by path, commit by commit. A line that another hunk adds may be missing.
    """

    def __init__(self, git: Git, spec: Spec, unplaced: Sequence[Unplaced], files: Sequence[Mapping[str, str]]) -> None:
        old_names = origins_in(spec)
        added = {line for operation in spec.operations for line in _added(operation)}
        self._needed: dict[str, list[tuple[set[bytes], set[bytes]]]] = {}
        for hunk in unplaced:
            name = old_names.get(hunk.path, hunk.path)
            if name in self._needed or len(self._needed) < _MOST_READ_PATHS:
                lines = _bare(hunk.search) - added, _bare(hunk.replace)
                self._needed.setdefault(name, []).append(lines)
        ids = sorted({commit[path] for commit in files for path in self._needed if commit.get(path)})
        out = git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in ids).encode("ascii"))
        contents = zip(ids, blobs_in(out), strict=True)
        self._lines = {oid: _bare(content.split(b"\n")) for oid, content in contents}

    def may_apply(self, ids: Mapping[str, str]) -> bool:
        """Return whether the spec may apply to files with these ids, or be applied in them."""
        for path, hunks in self._needed.items():
            lines = self._lines.get(ids.get(path, ""), set())
            if not all(sought <= lines or (written and written <= lines) for sought, written in hunks):
                return False
        return True


def _bare(lines: Iterable[bytes]) -> set[bytes]:
    return {line.strip() for line in lines} - {b""}


def _added(operation: Operation) -> set[bytes]:
    """Return the lines that an operation adds where others may look for them."""
    if isinstance(operation, EditFile):
        return {line for hunk in operation.hunks for line in _bare(hunk.replace) - _bare(hunk.search)}
    if isinstance(operation, PatchFile):
        return {line for hunk in operation.patch.hunks for line in _bare(hunk.new) - _bare(hunk.old)}
    return set()


def is_same(git: Git, spec: Spec, base: str, commit: str) -> bool:
    """Return whether both commits have the same at all of the spec's paths."""
    if base == commit:
        return True
    rows = states(git, [base, commit], [*paths_of(spec), ".gitattributes"])
    return len(rows) > 1 and rows[0] == rows[1]


def paths_of(spec: Spec) -> list[str]:
    """Return every path that the spec names, before and after moves, sorted; the root ("") where a glob names more."""
    names = {path for move in spec.moves for path in (move.old, move.new)}
    names |= {delete.path for delete in spec.deletes}
    names |= {operation.path for operation in of_one_file(spec.operations)}
    patches = (operation.patch for operation in spec.operations if isinstance(operation, PatchFile))
    names |= {patch.old for patch in patches if patch.old}
    return sorted({*names, ""} if has_globs(spec) else names)


def has_globs(spec: Spec) -> bool:
    """Return whether an operation is for all files that a glob matches."""
    return any(isinstance(operation, SubstFiles) for operation in spec.operations)
