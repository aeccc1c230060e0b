"""The App's key cannot be used: GITHUB_TOKEN takes over, and the comment says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(MTOR_APP_ID="1", MTOR_APP_PRIVATE_KEY="no key") == 0
    stage.show()
