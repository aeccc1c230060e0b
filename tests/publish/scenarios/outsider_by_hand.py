"""A person started the workflow for an outsider's issue without a pin: refused, with the pin to start it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.ask_on(stage.repository.issue("Make a two", SPEC, by="mallory"))
    stage.hand_over(job="")
    assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 3
    stage.show()
