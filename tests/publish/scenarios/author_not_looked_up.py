"""GitHub does not say whether the author may write: trusted as little as an outsider, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    given = stage.app()
    stage.github.faults.refuse("GET */collaborators/alice/permission", 403, "Resource not accessible by integration")
    stage.hand_over()
    assert stage.publish(**given) == 0
    stage.show()
