"""A person started the workflow, and the issue was edited while the run waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(job="")
    stage.github.clock.advance(60)
    stage.issue.edit("alice", body=f"{stage.issue.body}\nAnd more.\n")
    assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 3
    stage.show()
