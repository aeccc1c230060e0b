"""GitHub opens the pull request and its answer is lost: it is found, not opened twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    stage.github.faults.add("POST /repos/*/pulls", 502, after_effect=True)
    stage.github.faults.add("POST /repos/*/comments", 502, after_effect=True)
    assert stage.publish(**stage.app()) == 0
    stage.show()
