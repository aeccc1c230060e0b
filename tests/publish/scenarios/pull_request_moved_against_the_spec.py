"""The branch moved so that the spec no longer applies: nothing is pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over()
    stage.repository.commit({"a.py": "a = 7\n"}, "more", branch="feature", by="bob")
    assert stage.publish(**stage.app()) == 3
    stage.show()
