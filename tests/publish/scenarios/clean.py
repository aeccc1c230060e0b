"""Green without a model, published with the App's token: ready for review, and CI starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
