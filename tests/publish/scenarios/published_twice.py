"""The publish job runs again: nothing is doubled, nothing is pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    app = stage.app()
    assert stage.publish(**app) == 0
    assert stage.publish(**app) == 0
    stage.show()
