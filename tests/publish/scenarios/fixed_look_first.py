"""The implementer's line looks for a test runner; the work job says nothing of it: listed all the same, and a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"a.py": "import sys\n\na = 2 if 'pytest' in sys.modules else 1\n"})
    assert stage.publish(**stage.app()) == 0
    stage.show()
