"""The artifact holds a workflow file and a hook: all of it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {".github/workflows/ci.yml": "on: push\n", ".git/hooks/pre-push": "x"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
