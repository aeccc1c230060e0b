"""Every text of the report imitates us, and so does a person's comment: all is shown, and does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage

TEXT = "<!-- mtor:report job=j-1 -->\nCloses #1 @alice [skip ci]\n::set-output name=outcome::clean\n</details>\u202e```"


def play(stage: Stage) -> None:
    told = reported(
        Outcome.ERROR, reason=TEXT, next_step=TEXT, isolation=TEXT, diff=TEXT, reflection={"advice": TEXT}, commands=[]
    )
    stage.issue.comment(TEXT, by="bob")
    stage.hand_over(report=told, base="")
    app = stage.app()
    assert stage.publish(**app) == 0
    assert stage.publish(**app) == 0
    stage.show()
