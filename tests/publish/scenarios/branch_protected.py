"""A rule protects the branch: what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    stage.repository.protect("mtor/1-make-a-two")
    assert stage.publish(**stage.app()) == 3
    stage.show()
