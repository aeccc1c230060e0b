"""The branch moved while the work ran: the spec alone is applied anew, and the comment says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over()
    stage.repository.commit({"bob.py": "bob = 2\n"}, "more", branch="feature", by="bob")
    assert stage.publish(**stage.app()) == 0
    stage.show()
