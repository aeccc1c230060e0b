"""The results of several predecessors → the files that a spec after all of them starts on.

A result is what changed since the base that all specs of the batch share, by path; None stands for a removed file.
Two results are joined over what they have in common, path by path: what one side changed is taken, and what both
changed is merged by lines. Renames are not followed: a file that one side moved and the other changed is a clash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.order.batch import ancestors, last_of
from mtor_action.tree.changes import FileState
from mtor_action.tree.path_policy import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mtor_action.order.batch import After

    Files = Mapping[str, FileState | None]
    # base, ours, theirs → the merged bytes, None for a conflict
    MergeText = Callable[[bytes, bytes, bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Clash:
    """Paths that two of the results left in states that cannot both be had."""

    paths: tuple[str, ...]


@dataclass(slots=True)
class Joining:
    """Joins results of one batch. `original` reads a file of the base that they share."""

    after: After
    results: Mapping[int, Files]
    original: Callable[[str], FileState | None]
    merge_text: MergeText
    _known: dict[tuple[int, ...], Files | Clash] = field(default_factory=dict)

    def joined(self, places: Iterable[int]) -> Files | Clash:
        """Return the result that holds those of all `places`."""
        tops = tuple(last_of(self.after, places))
        if tops not in self._known:
            self._known[tops] = self._join(tops)
        return self._known[tops]

    def _join(self, tops: tuple[int, ...]) -> Files | Clash:
        if not tops:
            return {}
        ours: Files | Clash = self.results[tops[0]]
        members = ancestors(self.after, tops[:1])
        for top in tops[1:]:
            others = ancestors(self.after, [top])
            common = self.joined(sorted(members & others))
            if isinstance(common, Clash) or isinstance(ours, Clash):
                return common if isinstance(common, Clash) else ours
            ours = self._three_way(common, ours, self.results[top])
            members |= others
        return ours

    def _three_way(self, common: Files, ours: Files, theirs: Files) -> Files | Clash:
        merged: dict[str, FileState | None] = {}
        clashes: list[str] = []
        for path in sorted({*ours, *theirs}):
            states = [files[path] if path in files else self.original(path) for files in (common, ours, theirs)]
            state, is_clash = self._merged(*states)
            merged[path] = state
            clashes += [path] if is_clash else []
        added = {path for path, state in merged.items() if state is not None}
        clashes += [path for path, _, _ in alike(added, added)]
        clashes += [path for path in added if any(other.startswith(f"{path}/") for other in added)]
        return Clash(tuple(dict.fromkeys(clashes))) if clashes else merged

    def _merged(
        self, common: FileState | None, ours: FileState | None, theirs: FileState | None
    ) -> tuple[FileState | None, bool]:
        """Return the state that keeps both sides' changes, and whether there is none."""
        if theirs in (ours, common):
            return ours, False
        if ours == common:
            return theirs, False
        if common is None or ours is None or theirs is None:
            return ours, True
        content: bytes | None = ours.content
        if ours.content == common.content:
            content = theirs.content
        elif theirs.content not in (common.content, ours.content):
            content = self.merge_text(common.content, ours.content, theirs.content)
        if content is None:
            return ours, True
        return FileState(content, theirs.mode if ours.mode == common.mode else ours.mode), False
