"""handover.json has a gigabyte: refused without being read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    folder = stage.hand_over()
    os.truncate(folder / "handover.json", 1 << 30)
    assert stage.publish(**stage.app()) == 3
    stage.show()
