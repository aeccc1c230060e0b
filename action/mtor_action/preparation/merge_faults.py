"""Why a merge into a base that moved may not count: conflicts, and what the rules of paths say about its result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.diagnostics import Diagnostic
from mtor_action.manifest.file_blocks.operations import EditFile, SubstFiles, of_one_file
from mtor_action.manifest.text import Place
from mtor_action.plan.placed_operations import Unplaced
from mtor_action.preparation.stored_plan import filtered, places_in, plan_by
from mtor_action.preparation.written_for import WrittenFor, has_globs, paths_of
from mtor_action.scope.scope import scope_of
from mtor_action.tree.overlay import Overlay
from mtor_action.tree.path_policy import alike, path_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.repository.attributes import Attributes
    from mtor_action.repository.git import Git
    from mtor_action.repository.revisions.merge_conflicts import ConflictRegion, FileConflict
    from mtor_action.tree.changes import Change, FileState
    from mtor_action.tree.tree import Tree

RULE = "base-moved"
_MOST_LINES = 8
_MOST_CHARACTERS = 160
_STEP = "write the spec for the base as it is now, or name an implementer, who gets this as the first task"
_BY_HAND = "write the spec for the base as it is now"


class Aim(NamedTuple):
    """A spec and the base that it goes to: a commit, its files, its attributes; `settings` are those in effect."""

    git: Git
    spec: Spec
    settings: Settings
    base: str
    tree: Tree
    attributes: Attributes


class MergeWords(NamedTuple):
    """How a fault tells of the merge: what its commit is, whose change it is, the next step about lines, and else."""

    since: str
    change: str
    about_lines: str
    otherwise: str


OF_A_SPEC = MergeWords("the commit that the spec was written for", "the spec", _STEP, _BY_HAND)


class Merge(NamedTuple):
    """A spec merged from the commit that it was written for: `changes` lead from the base to the merged tree.

    `renames` are paths of the base whose file had another name in that commit, with that name.
    """

    source: WrittenFor
    changes: tuple[Change, ...]
    conflicts: tuple[FileConflict, ...]
    special: tuple[str, ...]
    renames: dict[str, str]
    words: MergeWords = OF_A_SPEC

    @property
    def paths(self) -> list[str]:
        """Return every path of the base that the spec changes or cannot change."""
        return [*(change.path for change in self.changes), *(conflict.path for conflict in self.conflicts)]


def faults_of(aim: Aim, merge: Merge) -> list[Diagnostic]:
    """Return every reason why the merge must not count, but for the conflicts of lines."""
    about_lines = {conflict.path for conflict in merge.conflicts if conflict.regions}
    faults = of_files_and_rules(aim, merge)
    merged = Overlay(aim.tree, merge.changes)
    otherwise = [path for path in _placed_otherwise(aim, merged) if path not in about_lines]
    return faults + differing(aim, merge, otherwise)


def of_files_and_rules(aim: Aim, merge: Merge) -> list[Diagnostic]:
    """Return what conflicts and is not about lines, and what the rules of paths say about the merge's result."""
    about_lines = {conflict.path for conflict in merge.conflicts if conflict.regions}
    faults = [
        _fault(aim, merge, conflict.path, conflict.why)
        for conflict in merge.conflicts
        if conflict.path not in about_lines
    ]
    faults += [_fault(aim, merge, path, "it is not a regular file there") for path in merge.special]
    return [*faults, *_by_rules(aim, merge)]


def differing(aim: Aim, merge: Merge, paths: Iterable[str]) -> list[Diagnostic]:
    """Return a fault for each path that merging and placing on the base make different files of."""
    why = "the spec placed on the base as it is now gives a different file from the spec merged into it"
    return [_fault(aim, merge, path, why) for path in paths]


def conflicts_of(aim: Aim, merge: Merge) -> tuple[Unplaced, ...]:
    """Return the conflicts of lines as hunks without a place, each with both sides in its diagnostic."""
    return tuple(
        Unplaced(conflict.path, region.before, region.change, _conflict(aim, merge, conflict.path, region))
        for conflict in merge.conflicts
        for region in conflict.regions
    )


def _conflict(aim: Aim, merge: Merge, path: str, region: ConflictRegion) -> Diagnostic:
    why = f"both the base and {merge.words.change} changed the same lines"
    last = region.line + max(1, len(region.there)) - 1
    lines = f"line {last}" if last == region.line else f"lines {region.line}-{last}"
    there = f"{lines} of the base now:" if region.there else f"the base now, before line {last}:"
    help_lines = [there, *_quoted_lines(region.there), f"{merge.words.change}:", *_quoted_lines(region.change)]
    fault = _fault(aim, merge, path, why, "\n".join([*help_lines, merge.words.about_lines]))
    place = _place_of_hunk(aim.spec, merge.renames.get(path, path), region)
    return fault if place is None else _at(fault, place)


def _quoted_lines(lines: Sequence[bytes]) -> list[str]:
    shown = [f"    | {line.decode('utf-8', 'replace')[:_MOST_CHARACTERS]}" for line in lines[:_MOST_LINES]]
    more = len(lines) - _MOST_LINES
    return [*shown, f"    … {more} more"] if more > 0 else shown or ["    (nothing)"]


def _fault(aim: Aim, merge: Merge, path: str, why: str, hint: str = "") -> Diagnostic:
    places = places_in(aim.spec, merge.source.plan)
    place = places.get(path) or places.get(merge.renames.get(path, "")) or Place(aim.spec.texts[0].name, 1)
    message = f'"{path}": the base moved since {merge.source.commit[:12]}, {merge.words.since}: {why}'
    return Diagnostic(RULE, place.path, place.line, place.column, message, hint or merge.words.otherwise)


def _at(fault: Diagnostic, place: Place) -> Diagnostic:
    return replace(fault, path=place.path, line=place.line, column=place.column)


def _place_of_hunk(spec: Spec, path: str, region: ConflictRegion) -> Place | None:
    """Return the line of the hunk that has lines of the conflict; None if no single one is known."""
    wanted = {line for line in (*region.before, *region.change) if line.strip()}
    for operation in of_one_file(spec.operations):
        if operation.path != path or not isinstance(operation, EditFile):
            continue
        for hunk in operation.hunks:
            if wanted.intersection((*hunk.search, *hunk.replace)):
                return Place(operation.place.path, hunk.line + 1)
    return None


def _by_rules(aim: Aim, merge: Merge) -> Iterator[Diagnostic]:
    """Yield what the path policy, filters and protection say about the paths that the merge changes."""
    places = places_in(aim.spec, merge.source.plan)
    paths = [change.path for change in merge.changes]
    drivers = aim.attributes.filters(paths) | aim.attributes.after(merge.changes).filters(paths)
    for path, driver in drivers.items():
        yield filtered(path, driver, places.get(path) or Place(aim.spec.texts[0].name, 1))
    for change in merge.changes:
        reason = path_fault(change.path, is_new=change.before is None)
        if reason:
            yield _fault(aim, merge, change.path, reason)
    new = [change.path for change in merge.changes if change.before is None and change.after is not None]
    present = {*aim.tree.paths(), *new}.difference(change.path for change in merge.changes if change.after is None)
    for path, _, other in alike(new, present):
        yield _fault(aim, merge, path, f"it differs only in case or accents from {other}")
    yield from _protected(aim, merge)


def _protected(aim: Aim, merge: Merge) -> Iterator[Diagnostic]:
    """Yield a fault for each edit that a rename carries to a file which is protected for a reason of its own."""
    own = {change.path for change in merge.source.plan.changes}
    carried = {path for path in merge.paths if path not in own}
    if not carried:
        return
    scope = scope_of(merge.source.plan._replace(changes=merge.changes), aim.settings, aim.tree)
    for path in sorted(carried):
        reason, old = scope.protection(path), merge.renames.get(path, "")
        if reason and not path_fault(path, is_new=False) and (not old or scope.protection(old) != reason):
            name = f'"{old}" was renamed to it' if old else "the merge changes it"
            why = f"{name}, and {merge.words.change} does not name it, which is protected: {reason}"
            yield _fault(aim, merge, path, why)


def globs_apply(aim: Aim) -> bool:
    """Return whether the operations for all files of a glob apply to the base as it is, or there are none."""
    return not plan_by(aim.attributes, _of_globs(aim.spec), aim.tree).faults if has_globs(aim.spec) else True


def _of_globs(spec: Spec) -> Spec:
    operations = tuple(operation for operation in spec.operations if isinstance(operation, SubstFiles))
    return spec._replace(operations=operations, moves=(), deletes=())


def _placed_otherwise(aim: Aim, merged: Overlay) -> Iterator[str]:
    """Yield the paths whose operations have their places on the base too, and make another file than the merge."""
    named = of_one_file(aim.spec.operations)
    own = {operation.path for operation in named}
    if has_globs(aim.spec):
        for path, state in _placed(aim, _of_globs(aim.spec)).items():
            if path not in own and state != merged.file(path):
                yield path
        return  # what a glob names may be changed by both, and only together
    for path in sorted(own):
        operations = tuple(operation for operation in named if operation.path == path)
        moves = tuple(move for move in aim.spec.moves if move.new == path)
        placed = _placed(aim, aim.spec._replace(operations=operations, moves=moves, deletes=()))
        if path in placed and placed[path] != merged.file(path):
            yield path


def _placed(aim: Aim, part: Spec) -> dict[str, FileState | None]:
    """Return the files that a part of the spec names as it makes them of the base; none if it does not apply there."""
    plan = plan_by(aim.attributes, part, aim.tree)
    if plan.faults:
        return {}
    placed = Overlay(aim.tree, plan.changes)
    return {path: placed.file(path) for path in [*paths_of(part), *(change.path for change in plan.changes)] if path}
