"""The App polls, so nobody can ask it for a token: GITHUB_TOKEN publishes, without a request and without a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(MTOR_BOT_URL="polling") == 0
    stage.show()
