"""report.json is a link to a file of the runner: refused without being read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    folder = stage.hand_over()
    (folder / "report.json").unlink()
    (folder / "report.json").symlink_to("/etc/passwd")
    assert stage.publish(**stage.app()) == 3
    stage.show()
