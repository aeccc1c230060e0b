"""`report.json`, schema 1: the one record of a run, from which every text for people is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic  # noqa: TC001  # report_json.py asks for the types of the fields
from mtor_action.lazy_dataclasses import asdict, dataclass, field
from mtor_action.report.model_records import CoachingRecord, ReportedForms, ReportedTurn, StallRecord
from mtor_action.report.outcome import Outcome as Outcome  # noqa: PLC0414, TC001  # report_json.py, and who has a report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.manifest.manifest import Spec

SCHEMA = 1


@dataclass(slots=True)
class SpecSummary:
    """The text that was run: `sha256` (hex) is over the LF text of all parts in order."""

    title: str = ""  # of the commit and the pull request
    sha256: str = ""
    parts: int = 1  # number of texts: files, or an issue and its comments
    source: str = ""  # path or address of the text
    manifest_blocks: list[int] = field(default_factory=list)  # 1-based lines
    prose_fences: list[int] = field(default_factory=list)  # 1-based lines


@dataclass(slots=True)
class OperationReport:
    """One operation of the manifest and how it landed; `added` and `removed` count lines."""

    kind: str  # create | write | edit | patch | subst | delete | move
    path: str  # relative to the repository
    line: int  # 1-based, where the spec has it
    placement: str  # exact | adjusted | model | noop
    added: int = 0
    removed: int = 0
    note: str = ""  # for `adjusted`: what differed; for a move: where it came from
    places: list[int] = field(default_factory=list)  # of a subst: the lines, before it, in which text is replaced
    changed_by_model: bool = False  # what is there now is, wholly or in part, the implementer's


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line of the implementer's that a reviewer looks at first, and why.

    `line` is 1-based, in the file as it is now; a removed line has the number of the one that follows it.
    """

    path: str
    line: int
    text: str
    why: str


@dataclass(slots=True)
class CommandReport:
    """One command that was run; `output_tail` is bounded text, free of control characters."""

    stage: str  # gate | setup | format | test | base | flaky | verify
    command: str  # as written in the settings
    exit_code: int  # 0 to 255; 124 at the time limit
    seconds: float
    output_tail: str = ""  # the end of stdout and stderr
    timed_out: bool = False  # stopped at its time limit
    failures: list[str] = field(default_factory=list)  # ids of failing tests, where they could be read
    doubt: str = ""  # why exit code 0 is not proof: what the log says against it
    as_on_base: bool = False  # it counted as passed: nothing failed but what the base fails with the same errors


@dataclass(slots=True)
class ReportedSetting:
    """One setting that the spec changes, beside its value without the spec."""

    key: str = ""  # `allow`, `budget.usd`
    values: list[str] = field(default_factory=list)  # that count
    usual: list[str] = field(default_factory=list)  # would count without the spec
    widens: bool = False  # more may be done, written or spent
    asked: str = ""  # what the spec wanted, where a limit lowered it


@dataclass(frozen=True, slots=True)
class OverlapRecord:
    """Lines that another spec of the batch changes too, though neither comes after the other."""

    path: str
    lines: str  # 1-based, of the file before both: `12`, `12-14`; "" where the whole file is concerned
    source: str  # of the other spec


@dataclass(slots=True)
class OrderRecord:
    """The specs that this one comes after, and the batch that it belongs to."""

    after: list[str] = field(default_factory=list)  # as its settings name them
    blocked_by: list[str] = field(default_factory=list)  # those of them that did not get green
    starts_on: list[str] = field(default_factory=list)  # the branches whose results it starts on
    graph: str = ""  # the batch as text, with the outcomes known when this was written
    overlaps: list[OverlapRecord] = field(default_factory=list)  # found by a check


@dataclass(slots=True)
class WrittenForRecord:
    """The commit that a spec was written for, where it was merged from there into a base that moved."""

    commit: str = ""  # id; "" if the spec applies to the base as it is
    found: bool = False  # mtor looked for it; else somebody named it
    merged: list[str] = field(default_factory=list)  # paths in which the base's changes and the spec's came together


@dataclass(slots=True)
class Usage:
    """The use of models, in requests, tokens and US dollars."""

    requests: int = 0  # HTTP requests, failed ones included
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    estimated: bool = False  # True where a provider gave no usage and we counted ourselves
    parts: dict[str, int] = field(default_factory=dict)  # prompt tokens by part, estimated


@dataclass(slots=True)
class ReportedFailure:
    """A failure that the base had in two runs with one error."""

    command: str = ""  # as written in the settings
    id: str = ""  # as the runner names the test, or the file
    error: str = ""  # its first words


@dataclass(slots=True)
class RedBeforeReport:
    """The base's own result, where it was looked at. Runs with one `key` have one base and the same commands."""

    key: str = ""  # 32 hex digits; empty where the base was not tested
    tested: str = ""  # ISO 8601, UTC
    remembered: bool = False  # the result is an earlier run's
    failures: list[ReportedFailure] = field(default_factory=list)  # at most 200


@dataclass(slots=True)
class Report:
    """A run, whole, in the order in which `report.json` has its parts."""

    job: str  # its id: the name of its folder and its branch
    outcome: Outcome | None = None  # None only for a check whose spec would apply
    reason: str = ""  # one sentence for people: why it ended so
    next_step: str = ""  # one sentence: what to do now
    spec: SpecSummary = field(default_factory=SpecSummary)  # the text that was run
    base: str = ""  # commit id
    written_for: WrittenForRecord = field(default_factory=WrittenForRecord)
    head: str = ""  # commit id, empty if nothing was committed
    branch: str = ""  # the job's own, empty if none was made
    signature: dict[str, object] = field(default_factory=dict)  # of the published: `verified`, the `reason` if not
    order: OrderRecord = field(default_factory=OrderRecord)
    operations: list[OperationReport] = field(default_factory=list)  # in the order of the spec
    settings: list[ReportedSetting] = field(default_factory=list)  # what the spec's settings change
    per_day: dict[str, object] = field(default_factory=dict)  # what the day's other runs used, where it was counted
    commands: list[CommandReport] = field(default_factory=list)  # in the order they ran
    turns: list[ReportedTurn] = field(default_factory=list)
    forms: list[ReportedForms] = field(default_factory=list)  # how each model was asked, why so, and what came of it
    usage: Usage = field(default_factory=Usage)  # of models, over the whole run
    runner: dict[str, object] = field(default_factory=dict)  # on GitHub: seconds by job, minutes as billed, an estimate
    stall: StallRecord = field(default_factory=StallRecord)
    reflection: dict[str, object] = field(default_factory=dict)  # what surprised it, from the model or as facts
    coaching: CoachingRecord = field(default_factory=CoachingRecord)
    isolation: str = "same-user"  # of the commands from mtor's keys: same-user (why) | separate-user
    diagnostics: list[Diagnostic] = field(default_factory=list)  # the mistakes in the spec
    untested: bool = False  # `test: []` said so on purpose
    flaky: bool = False  # red first, then green without any change
    base_red: bool = False  # the base fails too: in all that is left of a green run, or beyond telling apart
    red_before: RedBeforeReport = field(default_factory=RedBeforeReport)
    verified: str = ""  # where the last run judged what is committed, if a model wrote: fresh | in place
    excused: list[str] = field(default_factory=list)  # ids of failures, and sentences on logs, that the base has too
    fill: list[str] = field(default_factory=list)  # definitions whose bodies the spec leaves to the implementer
    formatted: list[str] = field(default_factory=list)  # the spec's own files that its format commands changed
    dirtied: list[str] = field(default_factory=list)  # files that commands changed and that were restored
    look_first: list[ReviewLine] = field(default_factory=list)  # lines of the implementer
    diff: str = ""  # unified diff base..head, bounded
    started: str = ""  # ISO 8601, UTC
    seconds: float = 0.0  # of the whole run

    def add_facts(self, sentences: Iterable[str]) -> None:
        """Add sentences to the facts of the reflection."""
        facts = self.reflection.get("facts")
        self.reflection["facts"] = [*(facts if isinstance(facts, list) else ()), *sentences]

    def as_json(self) -> dict[str, object]:
        """Return the object written to `report.json`."""
        body = asdict(self)
        body["coaching"] = {name: value for name, value in body["coaching"].items() if value is not None}
        body["diagnostics"] = [diagnostic.as_json() for diagnostic in self.diagnostics]
        return {"schema": SCHEMA, **body}


def new_report(spec: Spec, source: str, job: str) -> Report:
    """A report that knows its spec and nothing else yet."""
    return Report(
        job=job,
        spec=SpecSummary(
            title=spec.title,
            sha256=spec.sha256,
            parts=len(spec.texts),
            source=source,
            manifest_blocks=[place.line for place in spec.manifest_blocks],
            prose_fences=[place.line for place in spec.prose_fences],
        ),
    )
