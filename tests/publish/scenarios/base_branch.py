"""The spec names a base: the pull request goes into that branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishing import Stage

SPEC = "```python create=b.py\nb = 1\n```\n\n```yaml mtor\nbase: release/1\ntest: [python -m pytest -q]\n```\n"


def play(stage: Stage) -> None:
    stage.base = stage.repository.commit({"c.py": "c = 1\n"}, "a release", branch="release/1", by="bob")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    stage.show()
