"""No token can be had from the bot: GITHUB_TOKEN takes over, and the comment says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(MTOR_BOT_URL=f"{stage.github.url}/nobody") == 0
    stage.show()
