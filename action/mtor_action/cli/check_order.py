"""`mtor check` of several specs: planned in their order, with what the order gets wrong and leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.cli.check_result import CheckResult
from mtor_action.errors import Cancelled, MtorError
from mtor_action.neutral import visible
from mtor_action.order.drawing import draw
from mtor_action.preparation.batch_plans import BatchPlans, Unplanned
from mtor_action.report.outcome import Outcome
from mtor_action.report.report import OrderRecord, OverlapRecord
from mtor_action.repository.head import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.order.batch import Batch
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.repository.git import Git


@dataclass(slots=True)
class OrderedCheck:
    """The check of a batch; without a repository its specs and their order are only read."""

    specs: Sequence[tuple[str, Spec]]
    batch: Batch
    git: Git | None
    _results: dict[int, Prepared | Unplanned] = field(default_factory=dict, init=False)
    _overlaps: dict[int, list[OverlapRecord]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Plan all of it, so that each report can name what other specs change too."""
        if self.git is None:
            return
        plans: BatchPlans | None = None
        for place in self.batch.order:
            try:
                plans = plans or BatchPlans(self.git, self.specs, self.batch, resolve(self.git, "HEAD"))
                self._results[place] = plans.plan(place)
            except Cancelled:
                raise
            except MtorError as error:
                self._results[place] = Unplanned(error.message, error.hint, ())
        for overlap in plans.overlaps() if plans else ():
            for one, other in ((overlap.first, overlap.second), (overlap.second, overlap.first)):
                record = OverlapRecord(overlap.path, overlap.lines, self.batch.sources[other])
                self._overlaps.setdefault(one, []).append(record)

    @property
    def places(self) -> list[int]:
        """The places in the order of the reports: as they would run, then those of a cycle."""
        return [*self.batch.order, *(place for place in range(len(self.specs)) if place not in self.batch.order)]

    def planned(self, place: int) -> CheckResult:
        """Return the result for the spec at `place`, not yet concluded."""
        source, spec = self.specs[place]
        after = [name.text for name in spec.settings.after]
        order = OrderRecord(after, graph=self.graph(), overlaps=self._overlaps.get(place, []))
        checked = CheckResult(spec, source, order=order)
        result = self._results.get(place)
        if result is not None and not isinstance(result, Unplanned):
            checked.prepared, checked.diagnostics = result, list(self.batch.diagnostics[place])
            return checked
        checked.diagnostics = [*spec.diagnostics, *self.batch.diagnostics[place]]
        if result is not None and not checked.diagnostics:
            checked.outcome = Outcome.BLOCKED if result.names else Outcome.ERROR
            checked.reason, checked.next_step = result.reason, result.next_step
            order.blocked_by = list(result.names)
        return checked

    def graph(self) -> str:
        """Return the batch as a drawing, "" where there is no order or it has a mistake."""
        if not (self.batch.is_ordered and self.batch.is_sound):
            return ""
        return draw(self.batch.after, self.batch.order, dict(enumerate(self.batch.sources)))

    def print_order(self) -> None:
        """Print the graph and the lines that specs without an order both change."""
        if graph := self.graph():
            print("\n" + visible(graph))
        for place, issues in enumerate(self.batch.issues):
            if issues:
                names = ", ".join(f"#{number}" for number in issues)
                print(
                    visible(
                        f"note: {self.batch.sources[place]} waits for {names} on GitHub; here it is planned without"
                    )
                )
        for place, records in self._overlaps.items():
            for record in records:
                if self.batch.sources.index(record.source) > place:
                    print(visible(_warning(self.batch.sources[place], record)))


def _warning(source: str, record: OverlapRecord) -> str:
    lines = f":{record.lines}" if record.lines else ""
    return (
        f"warning: {source} and {record.source} both change {record.path}{lines}, and neither comes after the other, "
        f"so their branches may not merge\n  help: add after: [{source}] to {record.source}"
    )
