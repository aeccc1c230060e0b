"""A person stopped the run: a comment says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(report=reported(Outcome.CANCELLED, commands=[], reason="the run was cancelled"))
    assert stage.publish() == 0
    stage.show()
