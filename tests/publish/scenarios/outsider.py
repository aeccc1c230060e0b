"""Confirmed text of somebody who cannot write here: a named draft by the quiet account, whatever the artifact says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.ask_on(stage.repository.issue("Make a two", SPEC, by="mallory"))
    stage.hand_over(authors=[{"id": 1, "login": "mallory", "writes": True}], standing="trusted")
    assert stage.publish(**stage.app()) == 0
    stage.show()
