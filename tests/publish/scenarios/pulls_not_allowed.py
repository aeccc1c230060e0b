"""GitHub Actions may not create pull requests: the branch is named, with a link to open one by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    stage.repository.actions_may_create_pulls = False
    assert stage.publish() == 3
    stage.show()
