"""A run that ended with an error: cause and next step as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    told = reported(Outcome.ERROR, commands=[], reason="the disk is full", next_step="free some space")
    stage.hand_over(report=told, base="")
    assert stage.publish() == 0
    stage.show()
