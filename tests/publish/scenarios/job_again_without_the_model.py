"""Run again, the same job needs no model: the implementer's commit leaves the branch before anything starts CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    app = stage.app()
    stage.repository.actions_may_create_pulls = False
    assert stage.publish(**app) == 3
    stage.hand_over()
    assert stage.publish(**app) == 0
    stage.show()
