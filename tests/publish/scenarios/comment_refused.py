"""The token may not write issues: the branch is there, the reason is in result.json and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import WRITES

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(token={**WRITES, "issues": "read", "pull_requests": "read"}) == 3
    stage.show()
