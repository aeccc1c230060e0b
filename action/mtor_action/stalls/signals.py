"""The table of stall signals. A new one is a new file and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.stalls.alternation import Alternation
from mtor_action.stalls.built_nothing import BuiltNothing
from mtor_action.stalls.context_loop import ContextLoop
from mtor_action.stalls.echo import Echo
from mtor_action.stalls.monologue import Monologue
from mtor_action.stalls.no_progress import NoProgress
from mtor_action.stalls.oscillation import Oscillation
from mtor_action.stalls.regression import Regression
from mtor_action.stalls.repeated_action import RepeatedAction
from mtor_action.stalls.repeated_error import RepeatedError
from mtor_action.stalls.tampering import Tampering
from mtor_action.stalls.test_cheat import TestCheat

if TYPE_CHECKING:
    from mtor_action.stalls.watch import Watch


@dataclass(frozen=True, slots=True)
class SignalKind:
    """One row: the watch, its default threshold and that one's range; a `ratio` is in (0, 1].

    `of_answers`: it also judges answers to a question that is asked afresh. The others compare steps that build on each
    other: whoever answers the same question twice does not go round in circles.
    """

    name: str  # in settings and reports
    default: float  # the threshold without a setting
    watch: type[Watch]  # the state machine
    meaning: str  # what the threshold counts
    minimum: float = 1
    maximum: float = 1000
    ratio: bool = False
    of_answers: bool = False


SIGNALS: tuple[SignalKind, ...] = (
    SignalKind("monologue", 3, Monologue, "turns in a row with no tool call", of_answers=True),
    SignalKind(
        "built-nothing",
        8,
        BuiltNothing,
        "turns in a row without a change of the tree (a read counts half), or a finish with nothing built",
    ),
    SignalKind(
        "echo",
        0.8,
        Echo,
        "a reply of 400 characters or more, no tool call, that repeats the spec or an earlier reply",
        minimum=0.1,
        maximum=1,
        ratio=True,
        of_answers=True,
    ),
    SignalKind("repeated-action", 4, RepeatedAction, "same call, same observation, in a row", minimum=2),
    SignalKind("repeated-error", 3, RepeatedError, "same error class of the same tool; its success resets", minimum=2),
    SignalKind("alternation", 3, Alternation, "cycles of 2 or 3 calls with the same observations", minimum=2),
    SignalKind("no-progress", 4, NoProgress, "edit, test cycles in a row that leave the same failures"),
    SignalKind("oscillation", 2, Oscillation, "returns of the tree to an earlier state"),
    SignalKind("regression", 3, Regression, "cycles in a row with more failures than before the first fix"),
    SignalKind(
        "tampering",
        2,
        Tampering,
        "attempts on a protected file, outside the scope, or through a command",
        of_answers=True,
    ),
    SignalKind(
        "test-cheat",
        1,
        TestCheat,
        "changes with a skip, an early exit, an assertion removed, a file gutted by more than two thirds",
        of_answers=True,
    ),
    SignalKind("context-loop", 3, ContextLoop, "truncated or empty replies in a row", of_answers=True),
)
