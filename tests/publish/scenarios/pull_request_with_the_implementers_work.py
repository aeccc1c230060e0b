"""Clean, but an earlier job's implementer wrote on that branch, and nobody has asked for CI since: it still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import dispatched, pinned

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    stage.on_pull_request()
    app = stage.app()
    stage.hand_over(Outcome.FIXED, {"lib/x.py": "x = 2\n"})
    assert stage.publish(**app) == 0
    stage.issue.body = "```python create=c.py\nc = 1\n```\n\n```yaml mtor\ntest: [python -m pytest -q]\n```\n"
    stage.base = stage.repository.git.refs()["refs/heads/feature"]
    stage.pins, stage.run = pinned(stage.issue), dispatched(stage.repository, stage.issue, "j-2")
    stage.hand_over(job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **app) == 0
    stage.show()
