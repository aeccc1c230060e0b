"""A person started the workflow: no job, no pins, the issue as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(job="")
    assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 0
    stage.show()
