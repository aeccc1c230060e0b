"""A spec that does not apply: its diagnostics as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    place = {"rule": "no-match", "path": "#1", "line": 5, "column": 1, "message": "no such place", "help": "look again"}
    stage.hand_over(report=reported(Outcome.REJECTED, commands=[], diagnostics=[place]))
    assert stage.publish(**stage.app()) == 0
    stage.show()
