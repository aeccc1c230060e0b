"""Owners of the changed code are asked for a review, a team among them, but not who asked for the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import FILES as USUAL

if TYPE_CHECKING:
    from publishing import Stage

OWNERS = """\
* @dave
/a.py @alice @carol @erin @alice/growers someone@example.com
"""
FILES = {**USUAL, ".github/CODEOWNERS": OWNERS, "CODEOWNERS": "* @bob\n"}


def play(stage: Stage) -> None:
    for login in ("carol", "dave"):
        stage.repository.grant(login, "write")
    stage.repository.grant("erin", "read")
    stage.repository.teams.add("growers")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
