"""Only GITHUB_TOKEN: the pull request is there, and a plain sentence that its CI waits for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish() == 0
    stage.show()
