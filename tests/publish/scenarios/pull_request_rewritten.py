"""The branch was rewritten: the recorded base is no commit of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over()
    before = stage.repository.git.refs()
    stage.repository.git.run("update-ref", "refs/heads/feature", "refs/heads/main")
    stage.repository.refs_changed(before, stage.repository.world.actor("bob"))
    assert stage.publish(**stage.app()) == 3
    stage.show()
