"""Nobody but who asked for it can write here: nobody is asked for a review, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    del stage.repository.roles["bob"]
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
