"""The branch of a fork cannot be written: said, with the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request(stage.github.repository("bob/garden", files={}, fork_of=stage.repository))
    stage.hand_over()
    assert stage.publish(**stage.app()) == 3
    stage.show()
