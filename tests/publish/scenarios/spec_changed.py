"""The issue was edited after the job was asked for: nothing is published, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    stage.issue.edit(body=f"{SPEC}\nmore\n")
    assert stage.publish(**stage.app()) == 3
    stage.show()
