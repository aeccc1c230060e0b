"""Everything is there already: a comment, no pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

FILES = {"a.py": "a = 2\n", "b.py": "b = 1\n"}


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.EMPTY)
    assert stage.publish(**stage.app()) == 0
    stage.show()
