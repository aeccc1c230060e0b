"""The work job hands over a file that a filter driver would encrypt, or the spec names one: nothing is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

FILES = {".gitattributes": "lib/secret* filter=git-crypt diff=git-crypt\n", "lib/secret.txt": "\0GITCRYPT\n"}


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"lib/secret2.txt": "password\n"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
