"""A person started the workflow, and the artifact is for another text than the issue has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(job="", pins=[stage.pins[0]._replace(sha256="0" * 64)._asdict()])
    assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 3
    stage.show()
