"""A person has committed to the branch: it is left alone, and another name is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import dispatched

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over()
    app = stage.app()
    assert stage.publish(**app) == 0
    stage.repository.commit({"b.py": "b = 7\n"}, "mine", branch="mtor/1-make-a-two", by="bob")
    stage.run = dispatched(stage.repository, stage.issue, "j-2")
    stage.hand_over(job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **app) == 0
    stage.show()
