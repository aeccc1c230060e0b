"""A command still fails: a draft, with the end of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FAILING)
    assert stage.publish(**stage.app()) == 0
    stage.show()
