"""The recorded base is a commit of no branch that the work is for: refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    other = stage.repository.commit({"evil.py": "x"}, "on a branch", branch="elsewhere", by="bob")
    stage.hand_over(base=other)
    assert stage.publish(**stage.app()) == 3
    stage.show()
