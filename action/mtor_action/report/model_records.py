"""The parts of a report that the use of a model fills: how it was asked, its turns, its stalls, its coaching notes."""

from __future__ import annotations

from mtor_action.lazy_dataclasses import dataclass, field


@dataclass(slots=True)
class ReportedCall:
    """One tool call of a turn, with its answer; `arguments` is JSON text."""

    tool: str = "unknown"  # its name
    arguments: str = ""
    observation: str = ""  # what the model was told


@dataclass(slots=True)
class ReportedTurn:
    """One reply of a model, what it cost, and what came of it."""

    number: int = 0  # from 1
    context: int = 0  # counts the conversations from 0: another one is another model
    model: str = ""  # its litellm name
    text: str = ""  # of the reply
    calls: list[ReportedCall] = field(default_factory=list)  # in order
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0  # 0.0 where the price is not known
    seconds: float = 0.0  # commands included
    said: str = ""  # what mtor told the model then
    form: str = ""  # question | tools | text

    @property
    def tokens(self) -> int:
        """The input and output tokens of the turn together."""
        return self.input_tokens + self.output_tokens


@dataclass(slots=True)
class ReportedResult:
    """What one form of being asked came to with a model in this run."""

    form: str = ""  # question | tools | text
    turns: int = 0  # 0 where none could be asked in it
    result: str = ""  # repaired | failed | refused


@dataclass(slots=True)
class ReportedForms:
    """How one model was asked, why so, and what came of it."""

    model: str = ""  # its name in the settings
    begins: str = ""  # the first form: question | tools | text
    why: str = ""  # it begins so, "" as usual
    results: list[ReportedResult] = field(default_factory=list)


@dataclass(slots=True)
class ReportedSignal:
    """A stall signal that fired, with its evidence and its consequence."""

    kind: str = "unknown"  # its name
    turn: int = 0  # at which it fired, 0 if unknown
    evidence: str = ""  # why, in a sentence
    response: str = ""  # what was done about it: nudge | escalate | stop


@dataclass(slots=True)
class StallRecord:
    """The stall signals that fired during the run, in order."""

    signals: list[ReportedSignal] = field(default_factory=list)


@dataclass(slots=True)
class ReportedNote:
    """A coaching note in the form in which the report names it."""

    id: str = ""
    text: str = ""


@dataclass(slots=True)
class CoachingRecord:
    """The coaching of a run; what is None is left out of `report.json`."""

    commit: str | None = None  # of the branch mtor-coaching
    injected: list[ReportedNote] = field(default_factory=list)  # what a model was given
    left_out: list[ReportedNote] = field(default_factory=list)  # what did not fit
    carried: list[str] | None = None  # ids of the notes that a model would get
    effects: list[dict[str, object]] | None = None  # rows of the plot: `coaching.stats.Effect.as_json`
