"""The issue's title would close another issue, notify people and switch CI off: it reads so and does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing import pinned

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.issue.edit(title="Fixes #9 @bob [skip ci] <!-- mtor \u202e::error::x")
    stage.pins = pinned(stage.issue)
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
