"""A whole batch planned in order, in memory: a spec on the planned results of those that it comes after."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mtor_action.order.batch import Batch, last_of
from mtor_action.order.joining import Clash, Joining
from mtor_action.order.overlaps import Overlap, overlaps
from mtor_action.preparation.preparation import Prepared, against, prepare
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.repository.revisions.joined_start import file_in, merge_text
from mtor_action.repository.revisions.path_history import History
from mtor_action.tree.overlaid_tree import OverlaidTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.order.joining import Files
    from mtor_action.repository.git import Git


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Why a spec was not planned: `names` are the specs before it that could not be, or whose results clash."""

    reason: str
    next_step: str
    names: tuple[str, ...]


@dataclass(slots=True)
class BatchPlans:
    """Plans of a batch on the commit that `head` names, predecessors first. Nothing is written."""

    git: Git
    specs: Sequence[tuple[str, Spec]]
    batch: Batch
    head: str
    plans: dict[int, Prepared] = field(default_factory=dict, init=False)  # of each place that was planned
    _files: dict[int, Files] = field(default_factory=dict, init=False)  # of each sound one: changes since the base

    def plan(self, place: int) -> Prepared | Unplanned:
        """Return the plan; those of the places before it in the order were asked for. Raises RepositoryError."""
        spec = self.specs[place][1]
        befores = self.batch.after[place]
        if missing := tuple(self.batch.sources[before] for before in befores if before not in self._files):
            reason = f"it comes after {', '.join(missing)}, which cannot be planned"
            return Unplanned(reason, f"correct {', '.join(missing)} first", missing)
        if not befores:
            prepared = prepare(self.git, spec, self.head)
            self._keep(place, prepared, {})
            return prepared
        bases = {self.plans[before].base for before in befores}
        if spec.settings.base is not None:
            bases.add(resolve(self.git, spec.settings.base))
        names = tuple(self.batch.sources[before] for before in befores)
        if len(bases) > 1:
            listing = ", ".join(sorted(base[:12] for base in bases))
            reason = f"it and the specs that it comes after start on different bases ({listing})"
            return Unplanned(reason, "give them the same `base`", names)
        return self._on_results(place, bases.pop(), names)

    def overlaps(self) -> list[Overlap]:
        """Return what specs without an order both change, as far as they could be planned."""
        return list(overlaps(self.batch.after, {place: plan.plan.changes for place, plan in self.plans.items()}))

    def _on_results(self, place: int, base: str, names: tuple[str, ...]) -> Prepared | Unplanned:
        with BaseTree(self.git, base) as tree:
            joining = Joining(self.batch.after, self._files, partial(file_in, tree), partial(merge_text, self.git))
            files = joining.joined(last_of(self.batch.after, self.batch.after[place]))
            if isinstance(files, Clash):
                reason = f"the results of {' and '.join(names)} do not merge: both change {', '.join(files.paths[:5])}"
                return Unplanned(reason, "put one of them `after` the other", names)
            planned = OverlaidTree(tree, files)
            attributes = attributes_of(self.git, planned, of_machine=True)
            past = partial(_past, files, History(self.git, base))
            prepared = against(self.specs[place][1], base, planned, None, attributes, past)
        self._keep(place, prepared, files)
        return prepared

    def _keep(self, place: int, prepared: Prepared, files: Files) -> None:
        self.plans[place] = prepared
        if not prepared.faults:
            own = {change.path: change.after for change in prepared.plan.changes}
            self._files[place] = {**files, **own}


def _past(files: Files, history: History, path: str) -> Iterable[bytes]:
    """Yield the contents of `path` before a spec on planned results: those results first, then the base's history."""
    state = files.get(path)
    if state is not None:
        yield state.content
    yield from history(path)
