"""The default branch says ci: always, so that the App publishes what the implementer changed, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

FILES = {".github/mtor.yml": "ci: always\n"}


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    assert stage.publish(**stage.app()) == 0
    stage.show()
