"""The default branch says ci: never, so that even the spec's own code waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage

FILES = {".github/mtor.yml": "ci: never\n"}


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
