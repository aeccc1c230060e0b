"""Even where all pull requests start CI by themselves, one with an outsider's text does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import FILES as USUAL
from publishing import SPEC

if TYPE_CHECKING:
    from publishing import Stage

FILES = {**USUAL, ".github/mtor.yml": "ci: always\n"}


def play(stage: Stage) -> None:
    stage.ask_on(stage.repository.issue("Make a two", SPEC, by="mallory"))
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
