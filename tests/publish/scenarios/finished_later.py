"""Pull requests are not allowed at first; once they are, the same job ends what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    stage.repository.actions_may_create_pulls = False
    assert stage.publish() == 3
    stage.repository.actions_may_create_pulls = True
    assert stage.publish() == 0
    stage.show()
