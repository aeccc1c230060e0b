"""The artifact changes a test and a file that nothing opens: all of it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"tests/test_a.py": "", "other.py": "x", "lib/x.py": "x = 2\n"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
