"""Asked for on a pull request: pushed to its own branch, told in a comment there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over()
    app = stage.app()
    assert stage.publish(**app) == 0
    assert stage.publish(**app) == 0
    stage.show()
