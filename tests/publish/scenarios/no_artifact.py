"""The work job handed nothing over: said, with the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    assert stage.publish() == 3
    stage.show()
