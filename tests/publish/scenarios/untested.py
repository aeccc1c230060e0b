"""test: [] gives a draft that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage

SPEC = "```python create=b.py\nb = 1\n```\n\n```yaml mtor\ntest: []\n```\n"


def play(stage: Stage) -> None:
    stage.hand_over(report=reported(Outcome.CLEAN, commands=[]))
    assert stage.publish(**stage.app()) == 0
    stage.show()
