"""A second job for the issue replaces the branch that is ours, and updates its pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import dispatched

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FAILING)
    app = stage.app()
    assert stage.publish(**app) == 0
    stage.run = dispatched(stage.repository, stage.issue, "j-2")
    stage.hand_over(Outcome.FIXED, {"b.py": "b = 2\n"}, job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **app) == 0
    stage.show()
