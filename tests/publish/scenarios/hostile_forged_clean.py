"""The report says clean and 0 tokens beside files of an implementer: refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.CLEAN, {"a.py": "a = 2; import os\n"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
