"""The state machine: events in, signals out, and the responses to them.

    Supervisor          what the loop talks to: one event in, one response or none out
    ├── Detector        runs every watch of the table
    └── Responses       nudge → escalate → stop

A signal that fired starts again from the state of that moment, so it never fires twice on the same evidence. The
detector remembers that it fired.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.stalls.signals import SIGNALS
from mtor_action.stalls.thresholds import DEFAULTS
from mtor_action.stalls.turn_events import FinishClaim, Signal, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.stalls.watch import Watch, WatchStart

NUDGES_PER_MODEL = 3


class Detector:
    """Runs every watch over the events, in order.

    `thresholds` may be partial (`thresholds.problems` validates settings); `start` is what is known before the first
    turn.
    """

    def __init__(self, thresholds: Mapping[str, float], start: WatchStart) -> None:
        self._thresholds = {**DEFAULTS, **thresholds}
        self._start = start
        self._watches = {kind.name: self._watch(kind.name) for kind in SIGNALS}

    def observe(self, event: Turn | FinishClaim) -> tuple[Signal, ...]:
        """Take one event; return what fired at it, in the order of the table."""
        number = event.turn if isinstance(event, FinishClaim) else event.number
        judging = [kind.name for kind in SIGNALS if kind.of_answers or not _is_afresh(event)]
        evidences = [(name, self._evidence(name, event)) for name in judging]
        self._start = self._advanced(event)
        signals = tuple(Signal(name, number, evidence) for name, evidence in evidences if evidence is not None)
        for signal in signals:
            self._watches[signal.kind] = self._watch(signal.kind)
        return signals

    def _evidence(self, name: str, event: Turn | FinishClaim) -> str | None:
        watch = self._watches[name]
        return watch.finished(event) if isinstance(event, FinishClaim) else watch.observe(event)

    def restart(self) -> None:
        """Start every watch again from the present state: another model with a fresh context takes over."""
        self._watches = {kind.name: self._watch(kind.name) for kind in SIGNALS}

    def _watch(self, name: str) -> Watch:
        kind = next(kind for kind in SIGNALS if kind.name == name)
        return kind.watch(self._thresholds[name], self._start)

    def _advanced(self, event: Turn | FinishClaim) -> WatchStart:
        if isinstance(event, FinishClaim) or event.afresh:
            return self._start
        start = replace(self._start, tree=event.tree or self._start.tree, head=event.head or self._start.head)
        for call in event.calls:
            if call.failing is None:
                continue
            if start.broken and not call.broken:
                # Only now can failing tests be counted: this is what there was before the first fix.
                start = replace(start, failures=call.failing, broken=False)
            start = replace(start, failing=call.failing)
        return start


def _is_afresh(event: Turn | FinishClaim) -> bool:
    return isinstance(event, Turn) and event.afresh


class Action(StrEnum):
    """The loop's action after a signal: go on with a nudge, hand over to the next model, or end."""

    NUDGE = "nudge"
    ESCALATE = "escalate"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Response:
    """The action to take and, for a nudge, the message to the worker; `signals` are the evidence for the report."""

    action: Action
    text: str
    signals: tuple[Signal, ...]


class Responses:
    """The ladder, remembered a kind of signal.

    - The first hit of a kind is a nudge.
    - The next hit of that kind, however much later, escalates if there is another model, and stops if not. So
      with two models: nudge, escalate, stop; with one: nudge, stop; with three: nudge, escalate twice, stop.
    - Another model does not get a second nudge for a kind that was nudged before; for other kinds it does.
    - A model is nudged three times at most, whatever the kinds: the next hit of anything escalates or stops.
    - Several signals at one turn have one response, the strongest that one of them asks for.
    """

    def __init__(self, models: int = 1) -> None:
        self._models_left = max(models, 1) - 1
        self._hit: set[str] = set()
        self._nudges = 0

    def respond(self, signals: Sequence[Signal]) -> Response | None:
        """Return what to do about the signals of one event; None if there are none."""
        if not signals:
            return None
        is_repeated = any(signal.kind in self._hit for signal in signals) or self._nudges >= NUDGES_PER_MODEL
        self._hit.update(signal.kind for signal in signals)
        if not is_repeated:
            self._nudges += 1
            return Response(Action.NUDGE, _nudge(signals), tuple(signals))
        if self._models_left == 0:
            return Response(Action.STOP, _evidence_lines(signals), tuple(signals))
        self._models_left -= 1
        self._nudges = 0
        return Response(Action.ESCALATE, _evidence_lines(signals), tuple(signals))


class Supervisor:
    """Detector and ladder in one: what the loop calls after every turn and at every finish.

    `responses` are those to every signal so far, in order.
    """

    def __init__(self, thresholds: Mapping[str, float], start: WatchStart, models: int = 1) -> None:
        self._detector = Detector(thresholds, start)
        self._ladder = Responses(models)
        self.responses: list[Response] = []

    def observe(self, event: Turn | FinishClaim) -> Response | None:
        """Take one event; return what to do about it, None if the work continues."""
        response = self._ladder.respond(self._detector.observe(event))
        if response is None:
            return None
        if response.action is Action.ESCALATE:
            self._detector.restart()
        self.responses.append(response)
        return response


def _evidence_lines(signals: Sequence[Signal]) -> str:
    return "\n".join(f"- {signal.kind}: {signal.evidence}" for signal in signals)


def _nudge(signals: Sequence[Signal]) -> str:
    return (
        "You are not getting further. What was seen:\n"
        f"{_evidence_lines(signals)}\n"
        "Do something else now: read what you have not read, change the code another way, or, if you believe "
        "that a test is wrong, say so and finish. If this is seen again, another model takes over."
    )
