"""On a pull request that an earlier job put an outsider's text into, CI waits for a writer's own as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.texts.pins import pin_comment
from publishing import FILES as USUAL
from publishing import pinned

if TYPE_CHECKING:
    from publishing import Stage

FILES = {**USUAL, ".github/mtor.yml": "ci: always\n"}
MORE = "```python create=c.py\nc = 1\n```\n\n```yaml mtor\ntest: [python -m pytest -q]\n```\n"


def play(stage: Stage) -> None:
    given = stage.app()
    stage.on_pull_request()
    stage.repository.grant("bob", "read")
    stage.pins = pinned(stage.issue)
    stage.hand_over()
    assert stage.publish(**given) == 0
    comment = stage.issue.comment(f"/mtor run\n\n{MORE}", by="alice")
    stage.pins = (pin_comment(comment.id, comment.body),)
    stage.base = stage.repository.head("feature") or ""
    stage.hand_over(job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **given) == 0
    stage.show()
