"""The token may not write contents: what to change, and how to take the work by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import WRITES

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    assert stage.publish(token={**WRITES, "contents": "read"}) == 3
    stage.show()
