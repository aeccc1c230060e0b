"""The notes that one run gets from coaching, pinned when the job starts, and what the run gives back when it ends.

Coaching may help a run, and never fails it: what goes wrong here becomes a sentence in the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from mtor_action.coaching import store
from mtor_action.coaching.gates import Gates, gates_of
from mtor_action.coaching.note import Forbid, Note, NoteState
from mtor_action.coaching.ranking import Scoped, Selection, in_scope, pack, rank
from mtor_action.errors import MtorError
from mtor_action.report.model_records import CoachingRecord, ReportedNote
from mtor_action.report.report import Outcome, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mtor_action.coaching.branch_objects import Objects
    from mtor_action.coaching.runs import RunRecord
    from mtor_action.repository.git import Git

_MOST_LEFT_OUT_TEXT = 200
_MOST_PROBLEMS = 20
_MOST_EFFECTS = 8  # rows of a plot
# What coaching may run into: git, the disk, and files that people and other versions wrote.
_FAILURES = (MtorError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
_PROPOSED = ("advice", "surprised", "spec_left_out")


@dataclass(slots=True)
class Briefing:
    """`commit` is that of the branch, "" if it could not be read; `problems` are sentences for the report.

    `effects` are the rows of the report's plot (`stats.Effect.as_json`). `unranked` are the notes of a selection whose
    order is still that of the file; `tail` is where the run will be recorded.
    """

    commit: str = ""
    selection: Selection = field(default_factory=Selection)
    gates: Gates | None = None
    problems: list[str] = field(default_factory=list)
    effects: tuple[dict[str, object], ...] = ()
    unranked: tuple[Scoped, ...] = ()
    tail: store.Tail | None = None
    _runs: list[RunRecord] | None = None

    def earlier_runs(self, git: Git) -> list[RunRecord]:
        """The runs of the latest two months that `commit` has, oldest first; read once, and only for a model."""
        if self._runs is None:
            self._runs = []
            try:
                self._runs = store.recent_runs(git, self.commit) if self.commit else []
            except _FAILURES as error:
                self.problems.append(f"the earlier runs could not be read: {_words(error)}")
        return self._runs

    def rank(self, git: Git) -> None:
        """Put the notes into the order for a model, which takes reading what earlier runs showed of them."""
        if not self.unranked:
            return
        from mtor_action.coaching.stats import effects

        runs = self.earlier_runs(git)
        self.selection = pack(rank(self.unranked, runs))
        self.unranked = ()
        self.effects = tuple(effect.as_json() for effect in effects(self.selection.injected[:_MOST_EFFECTS], runs))

    def as_report(self, *, to_a_model: bool) -> CoachingRecord:
        """`report.coaching`: what a model was given, if one was asked; `carried` are the ids that it would get."""
        injected = self.selection.injected if to_a_model else ()
        left_out = self.selection.left_out if to_a_model else ()
        return CoachingRecord(
            commit=self.commit,
            injected=[ReportedNote(note.id, note.text) for note in injected],
            left_out=[ReportedNote(note.id, note.text[:_MOST_LEFT_OUT_TEXT]) for note in left_out],
            carried=[note.id for note in self.selection.injected],
            effects=list(self.effects),
        )

    def as_json(self) -> dict[str, object]:
        """Return all of it, for the transcript: the branch may have changed, or be gone, when the job is resumed."""
        return {
            "commit": self.commit,
            "text": self.selection.text,
            "injected": [note._asdict() for note in self.selection.injected],
            "left_out": [note._asdict() for note in self.selection.left_out],
            "gates": [note._asdict() for note in self.gates.notes] if self.gates else [],
            "effects": list(self.effects),
        }


def brief(git: Git, objects: Objects, paths: Iterable[str]) -> Briefing | None:
    """Return what a job that changes `paths` gets; None without a branch. Never raises for what is on the branch."""
    try:
        loaded = store.load_notes(git, objects)
        if loaded is None:
            return None
        stored, tail = loaded
        scoped = in_scope(stored.notes, paths)
        selection = pack(note for note, _ in scoped)
    except _FAILURES as error:
        return Briefing(problems=[f"coaching could not be read: {_words(error)}"])
    problems = [f"{fault.path}:{fault.line}: {fault.message}" for fault in stored.diagnostics[:_MOST_PROBLEMS]]
    briefing = Briefing(stored.commit, selection, gates_of(stored.notes), problems, unranked=tuple(scoped), tail=tail)
    if selection.left_out:
        briefing.rank(git)  # which notes there is room for depends on their order
    return briefing


def pinned(said: Any, transcript: Path) -> Briefing | None:
    """The briefing that a job's `transcript` began with; None if it had none.

    `said` is what `Briefing.as_json` gave, as JSON brought it back. Raises MtorError for other JSON.
    """
    if not said:
        return None
    try:
        notes = [tuple(_note(record) for record in said[key]) for key in ("injected", "left_out", "gates")]
        selection = Selection(notes[0], notes[1], str(said["text"]))
        return Briefing(str(said["commit"]), selection, gates_of(notes[2]), effects=tuple(said["effects"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MtorError(f"{transcript} cannot be read: {error}", "start over with `mtor run SPEC`") from error


def hand_back(git: Git, briefing: Briefing, report: Report, issue: int = 0) -> None:
    """Record the ended run on the branch and propose what its model said; `report` is redacted already.

    `issue` is the number of the issue or pull request that asked for it, 0 in a terminal.
    """
    if report.outcome is Outcome.CANCELLED:  # it may be taken up again, and then ends once
        return
    for step in (partial(_record, issue=issue), _propose):
        try:
            if briefing.commit:
                step(git, briefing, report)
        except _FAILURES as error:
            briefing.problems.append(f"coaching could not be written: {_words(error)}")


def _record(git: Git, briefing: Briefing, report: Report, *, issue: int) -> None:
    from mtor_action.coaching.form_results import from_report
    from mtor_action.coaching.runs import RunRecord

    run = RunRecord(
        job=report.job,
        date=report.started,
        outcome=str(report.outcome or ""),
        injected=tuple(note.id for note in briefing.selection.injected),
        files=tuple(dict.fromkeys(operation.path for operation in report.operations)),
        tokens=report.usage.input_tokens + report.usage.output_tokens,
        green_without_model=report.outcome is Outcome.CLEAN,
        forms=from_report(report.forms),
        usd=report.usage.usd,
        issue=issue,
    )
    store.append_run(git, run, briefing.tail)


def _propose(git: Git, briefing: Briefing, report: Report) -> None:
    injected = {" ".join(note.text.split()) for note in briefing.selection.injected}
    texts = _sentences(report.reflection) if report.turns else []
    new = [text for text in texts if " ".join(text.split()) not in injected]
    if new:
        from mtor_action.coaching.notebook import Candidate, propose

        model = report.turns[-1].model
        propose(git, [Candidate(text, source=report.job, author=model) for text in new], report.started[:10])


def _sentences(reflection: Mapping[str, Any]) -> list[str]:
    """Return the texts that may become notes. What a spec left out says so: `mtor prompt` shows it to architects."""
    texts = {key: value.strip() for key in _PROPOSED if isinstance(value := reflection.get(key), str) and value.strip()}
    if "spec_left_out" in texts:
        texts["spec_left_out"] = f"A spec left out: {texts['spec_left_out']}"
    return list(dict.fromkeys(texts.values()))


def _note(record: Mapping[str, Any]) -> Note:
    forbid = Forbid(str(record["forbid"][0]), tuple(record["forbid"][1])) if record["forbid"] else None
    fields = {**record, "paths": tuple(record["paths"]), "state": NoteState(record["state"]), "forbid": forbid}
    return Note(**fields)


def _words(error: BaseException) -> str:
    return (error.message if isinstance(error, MtorError) else f"{type(error).__name__}: {error}")[:500]
