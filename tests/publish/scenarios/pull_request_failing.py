"""Red on a pull request: its branch is left alone, a draft into it shows the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over(Outcome.FAILING)
    assert stage.publish(**stage.app()) == 0
    stage.show()
