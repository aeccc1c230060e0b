"""Several specs, one after the other: predecessors first, each on the results of those that it comes after.

A spec whose predecessor did not get green is not started and ends `blocked`. Where the order itself has a mistake,
nothing starts at all.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import Cancelled, MtorError
from mtor_action.job.job import JobRun, new_job_id
from mtor_action.order.batch import Batch, last_of
from mtor_action.order.drawing import draw
from mtor_action.order.joining import Clash, Joining
from mtor_action.redaction.redactor import Redactor
from mtor_action.report.redacted_report import redacted
from mtor_action.report.report import OrderRecord, Outcome, Report, new_report
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.joined_start import changed_files, file_in, join_commit, merge_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.job.options import Options
    from mtor_action.manifest.manifest import Spec
    from mtor_action.repository.git import Git
    from mtor_action.workspace.progress import Progress

GREEN = frozenset({Outcome.CLEAN, Outcome.FIXED, Outcome.EMPTY})


class Obstacle(NamedTuple):
    """Why a spec is not started: in words, with the next step, and the names of what is in its way."""

    reason: str
    next_step: str
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class OrderedRuns:
    """The runs of a batch in one repository, whose lock the caller holds. `environ` is what commands may inherit."""

    git: Git
    specs: Sequence[tuple[str, Spec]]
    batch: Batch
    progress: Progress
    environ: Mapping[str, str]
    options: Options
    reports: dict[int, Report] = field(default_factory=dict, init=False)  # of each place, once it has ended
    _roots: dict[int, str] = field(default_factory=dict, init=False)  # of each green place, the base beneath its chain
    _joins: dict[tuple[int, ...], str] = field(default_factory=dict, init=False)

    def __iter__(self) -> Iterator[Report]:
        """Run each spec and yield its report; the iteration ends early if a person cancels."""
        places = self.batch.order if self.batch.is_sound else range(len(self.specs))
        for place in places:
            report = redacted(self._run(place), Redactor(self.environ))
            self.reports[place] = report
            yield report
            if report.outcome is Outcome.CANCELLED:
                return

    def graph(self, here: int | None = None) -> str:
        """Return the batch as a drawing, with the outcomes so far and a mark at the place `here`."""
        if not self.batch.is_sound:
            return ""
        labels = {place: self._label(place, here) for place in self.batch.order}
        return draw(self.batch.after, self.batch.order, labels)

    def _label(self, place: int, here: int | None) -> str:
        report = self.reports.get(place)
        outcome = report.outcome.value if report and report.outcome else ""
        ending = "← this spec" if place == here else outcome
        return f"{self.batch.sources[place]}  {ending}".rstrip()

    def _run(self, place: int) -> Report:
        source, spec = self.specs[place]
        record = OrderRecord(after=[name.text for name in spec.settings.after])
        record.graph = self.graph(place)
        if not self.batch.is_sound:
            return self._unsound(place, record)
        start: str | Obstacle = ""
        if self.batch.after[place] or self.batch.issues[place]:
            self.progress.say(f"{source} comes after {', '.join(record.after)}")
            start = self._obstacle(place) or self._start(place)
        if isinstance(start, Obstacle):
            return self._blocked(place, start, record)
        record.starts_on = [
            branch
            for before in last_of(self.batch.after, self.batch.after[place])
            if (branch := self.reports[before].branch)
        ]
        report = JobRun(self.git, spec, source, self.progress, self.environ, self.options._replace(start=start)).run()
        report.order = record
        self._roots[place] = self._roots[self.batch.after[place][0]] if start else report.base
        return report

    def _unsound(self, place: int, record: OrderRecord) -> Report:
        """Return the report of a spec of a batch in which nothing is started."""
        source, spec = self.specs[place]
        faults = self.batch.diagnostics[place]
        if not faults and not spec.diagnostics:
            wrong = tuple(name for name, found in zip(self.batch.sources, self.batch.diagnostics, strict=True) if found)
            reason = f"nothing was started, since the order of these specs has a mistake in {', '.join(wrong)}"
            return self._blocked(place, Obstacle(reason, "correct `after` there, then run them again", wrong), record)
        report = new_report(spec, source, new_job_id(self.git, spec, time.time()))
        report.outcome, report.reason = Outcome.REJECTED, "the order of the specs has a mistake, so nothing was started"
        report.diagnostics, report.order = spec.with_source((*spec.diagnostics, *faults)), record
        return report

    def _blocked(self, place: int, obstacle: Obstacle, record: OrderRecord) -> Report:
        source, spec = self.specs[place]
        report = new_report(spec, source, new_job_id(self.git, spec, time.time()))
        report.outcome, report.reason, report.next_step = Outcome.BLOCKED, obstacle.reason, obstacle.next_step
        record.blocked_by = list(obstacle.names)
        report.order = record
        return report

    def _obstacle(self, place: int) -> Obstacle | None:
        """Return why the spec cannot start, None if all that it comes after is green."""
        source = self.batch.sources[place]
        if issues := [f"#{number}" for number in self.batch.issues[place]]:
            reason = f"{source} comes after {', '.join(issues)}, and only the queue on GitHub knows how an issue ended"
            return Obstacle(reason, "run it there, or name a file of the batch in `after`", tuple(issues))
        red = [before for before in self.batch.after[place] if self.reports[before].outcome not in GREEN]
        if not red:
            return None
        names = tuple(self.batch.sources[before] for before in red)
        endings = ", ".join(f"{self.batch.sources[before]} ({self.reports[before].outcome})" for before in red)
        reason = f"{source} comes after {endings}, which did not get green"
        return Obstacle(reason, f"get {', '.join(names)} green, then run them together again", names)

    def _start(self, place: int) -> str | Obstacle:
        """Return the commit that holds the results of all predecessors, or why there is none."""
        try:
            return self._with_all(place)
        except Cancelled:
            raise
        except MtorError as error:
            return Obstacle(f"the results before it cannot be joined: {error.message}", error.hint)

    def _with_all(self, place: int) -> str | Obstacle:
        befores = self.batch.after[place]
        tops = last_of(self.batch.after, befores)
        roots = {self._roots[before] for before in befores}
        if (base := self.specs[place][1].settings.base) is not None:
            roots.add(resolve(self.git, base))
        if len(roots) > 1:
            listing = ", ".join(sorted(root[:12] for root in roots))
            reason = f"it and the specs that it comes after start on different bases ({listing})"
            return Obstacle(
                reason, "give them the same `base`", tuple(self.batch.sources[before] for before in befores)
            )
        if len(tops) == 1:
            return self._result(tops[0])
        return self._joined(tuple(tops), roots.pop())

    def _joined(self, tops: tuple[int, ...], root: str) -> str | Obstacle:
        if tops not in self._joins:
            results = {place: changed_files(self.git, root, self._result(place)) for place in self._green(root)}
            with BaseTree(self.git, root) as tree:
                joining = Joining(self.batch.after, results, partial(file_in, tree), partial(merge_text, self.git))
                files = joining.joined(tops)
            if isinstance(files, Clash):
                names = tuple(self.batch.sources[top] for top in tops)
                reason = f"the results of {' and '.join(names)} do not merge: both changed {', '.join(files.paths[:5])}"
                return Obstacle(reason, "put one of them `after` the other", names)
            parents = list(dict.fromkeys(self._result(top) for top in tops))
            words = " and ".join(self.reports[top].branch or self.batch.sources[top] for top in tops)
            self._joins[tops] = join_commit(self.git, root, parents, files, f"join {words}\n")
        return self._joins[tops]

    def _green(self, root: str) -> list[int]:
        return [place for place, own in self._roots.items() if own == root and self.reports[place].outcome in GREEN]

    def _result(self, place: int) -> str:
        report = self.reports[place]
        return report.head or report.base
