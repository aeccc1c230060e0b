"""The branch moved, and the implementer worked on the old one: nothing is pushed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    stage.repository.commit({"bob.py": "bob = 2\n"}, "more", branch="feature", by="bob")
    assert stage.publish(**stage.app()) == 3
    stage.show()
