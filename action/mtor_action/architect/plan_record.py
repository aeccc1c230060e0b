"""The result of planning, as one job hands it to the other: plain values, trusted only as text."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mtor_action.architect.drafts import MOST_SPECS
from mtor_action.diagnostics import render
from mtor_action.errors import MtorError
from mtor_action.report.report import Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mtor_action.architect.drafting import SpecPlanner

FILE = "plan.json"
SCHEMA = 1
_MOST_BYTES = 4_000_000
_MOST_TEXT = 200_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,70}\.md")
_HINT = "ask for the plan again"


class PlanOutcome(StrEnum):
    """How planning ended; only the first has specs that plan cleanly."""

    PLANNED = "planned"  # every spec plans cleanly
    QUESTIONS = "questions"  # too vague for exact code
    REJECTED = "rejected"  # after the last round it still does not plan
    STOPPED = "stopped"  # the budget, the day, a stall signal
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """`specs` are by file name, in their order; `reason` says why it was stopped or failed.

    `diagnostics` are as the terminal prints them. `started` is when the work began, `counts_for_day` whether `per_day`
    is set.
    """

    job: str
    outcome: PlanOutcome
    specs: tuple[tuple[str, str], ...] = ()
    questions: str = ""
    reason: str = ""
    next_step: str = ""
    diagnostics: tuple[str, ...] = ()
    rounds: int = 0
    models: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    started: str = ""
    counts_for_day: bool = False

    def redacted(self, redact: Callable[[str], str]) -> PlanRecord:
        """Return the record with no secret in any of its texts."""
        return replace(
            self,
            specs=tuple((redact(name), redact(text)) for name, text in self.specs),
            questions=redact(self.questions),
            reason=redact(self.reason),
            diagnostics=tuple(map(redact, self.diagnostics)),
            signals=tuple(map(redact, self.signals)),
        )

    def write(self, folder: Path) -> None:
        """Write it as JSON into the folder. Raises OSError."""
        text = json.dumps({"schema": SCHEMA, **asdict(self)})
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def record_of(job: str, planner: SpecPlanner, stopped: MtorError | None = None) -> PlanRecord:
    """Return the record of a planning that has ended, cut short by `stopped` or not."""
    judged, spending = planner.latest, planner.means.spending
    tokens = (spending.input_tokens, spending.output_tokens)
    usage = Usage(spending.requests, *tokens, round(spending.usd, 6), spending.estimated)
    specs = judged.drafts.specs if judged and judged.is_sound and not stopped else ()
    diagnostics = (*map(render, judged.diagnostics), *judged.problems) if judged else ()
    return PlanRecord(
        job=job,
        outcome=_outcome(planner, stopped),
        specs=specs,
        questions=judged.drafts.vague if judged else "",
        reason=stopped.message if stopped else "",
        next_step=stopped.hint if stopped else "",
        diagnostics=diagnostics,
        rounds=planner.rounds,
        models=tuple(dict.fromkeys((*planner.models.scout, *planner.models.architect))),
        signals=tuple(f"{signal.kind}: {signal.evidence}" for signal in planner.means.signals),
        usage=usage,
    )


def _outcome(planner: SpecPlanner, stopped: MtorError | None) -> PlanOutcome:
    if stopped or planner.latest is None:
        return PlanOutcome.STOPPED
    if planner.latest.drafts.vague:
        return PlanOutcome.QUESTIONS
    return PlanOutcome.PLANNED if planner.latest.is_sound else PlanOutcome.REJECTED


def read_record(folder: Path) -> PlanRecord | None:
    """Return the record in a folder, None without one. Raises MtorError for a file that is not one."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return _record(json.loads(_bytes(path)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MtorError(f"what the planning job handed over cannot be read: {error}", _HINT) from error


def _bytes(path: Path) -> bytes:
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise ValueError("not a regular file of a likely size")
    return path.read_bytes()


def _record(value: Any) -> PlanRecord:
    if value["schema"] != SCHEMA:
        raise ValueError("another version of mtor wrote it")
    usage = Usage(**{name: _number(value["usage"][name]) for name in ("requests", "input_tokens", "output_tokens")})
    usage.usd, usage.estimated = float(_number(value["usage"]["usd"])), value["usage"]["estimated"] is True
    return PlanRecord(
        job=_text(value["job"]),
        outcome=PlanOutcome(value["outcome"]),
        specs=tuple((_name(name), _text(text)) for name, text in value["specs"][:MOST_SPECS]),
        questions=_text(value["questions"]),
        reason=_text(value["reason"]),
        next_step=_text(value["next_step"]),
        diagnostics=_texts(value["diagnostics"]),
        rounds=int(_number(value["rounds"])),
        models=_texts(value["models"]),
        signals=_texts(value["signals"]),
        usage=usage,
        started=_text(value["started"]),
        counts_for_day=value["counts_for_day"] is True,
    )


def _name(value: Any) -> str:
    if not _NAME.fullmatch(_text(value)):
        raise ValueError("a spec's name is not a plain file name")
    return str(value)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_text(value) for value in values[:100])


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ValueError("a text is missing or too long")
    return value


def _number(value: Any) -> Any:
    if type(value) not in (int, float) or not 0 <= value < 2**53:
        raise ValueError("a number is missing or out of range")
    return value
