"""The implementer changed a file of the spec and one that allow opens: two commits, labelled, and CI waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    changes = {"a.py": "a = 2  # repaired\n", "lib/x.py": "x = 2\n", "lib/new.py": "n = 1\n"}
    stage.hand_over(Outcome.FIXED, changes)
    assert stage.publish(**stage.app()) == 0
    stage.show()
