"""The plan has no drafts: opened as ready, with a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FAILING)
    stage.repository.supports_drafts = False
    assert stage.publish(**stage.app()) == 0
    stage.show()
