"""The branch of the notes is protected: a sentence in the comment, never a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.repository.commit({"coaching.yml": "notes: []\n"}, "notes", branch="mtor-coaching")
    stage.repository.protect("mtor-coaching")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
