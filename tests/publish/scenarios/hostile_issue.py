"""The artifact is for another issue: refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(issue=7)
    assert stage.publish(**stage.app()) == 3
    stage.show()
