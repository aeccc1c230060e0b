"""A person started the workflow and somebody edited the issue while it ran: nothing is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(job="")
    stage.issue.edit(body=f"{SPEC}\nmore\n")
    assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 3
    stage.show()
