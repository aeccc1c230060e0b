"""The artifact names a path outside of the repository: all of it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"../../etc/cron.d/x": "x", "lib/x.py": "x = 2\n"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
