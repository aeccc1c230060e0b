"""The branch moved in a file that was formatted before: nothing is pushed over what is new there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage

FILES = {".github/mtor.yml": "format: fmt\n", "a.py": "a = 1\n\n\n\n\nz  =  1\n"}


def play(stage: Stage) -> None:
    stage.on_pull_request()
    stage.hand_over(implementer={"a.py": "a = 2\n\nz = 1\n"})
    stage.repository.commit({"a.py": "a = 1\n\n\n\n\nz  =  3\n"}, "more", branch="feature", by="bob")
    assert stage.publish(**stage.app()) == 3
    stage.show()
