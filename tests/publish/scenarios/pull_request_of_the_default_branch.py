"""The pull request's branch is the default branch: nothing is pushed there without a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import SPEC, dispatched, pinned

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.repository.commit({"old.py": "old = 1\n"}, "old", branch="release", by="bob")
    stage.issue = stage.repository.pull_request("main", "All of main", SPEC, base="release", by="bob").issue
    stage.pins, stage.run = pinned(stage.issue), dispatched(stage.repository, stage.issue)
    stage.hand_over()
    assert stage.publish(**stage.app()) == 3
    stage.show()
