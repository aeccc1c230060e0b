"""A spec that does not apply: its diagnostics as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    place = Diagnostic("no-match", "#1", 5, 1, "no such place", "look again")
    stage.hand_over(report=reported(Outcome.REJECTED, commands=[], diagnostics=[place]))
    assert stage.publish(**stage.app()) == 0
    stage.show()
