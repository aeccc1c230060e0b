"""The format commands undid what the spec changes: empty, though the plan has changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

SPEC = '```python write=a.py\na=1\n```\n```yaml mtor\nformat: fmt\ntest: "true"\n```\n'


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.EMPTY)
    assert stage.publish(**stage.app()) == 0
    stage.show()
