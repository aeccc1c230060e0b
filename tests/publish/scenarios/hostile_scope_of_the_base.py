"""The base opens a scope that the default branch has closed since: refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

SPEC = "```python create=b.py\nb = 1\n```\n\n```yaml mtor\ntest: [python -m pytest -q]\n```\n"
FILES = {".github/mtor.yml": 'allow: ["lib/**"]\n'}


def play(stage: Stage) -> None:
    stage.repository.commit({".github/mtor.yml": 'protect: ["lib/**"]\n'}, "close the scope")
    stage.hand_over(Outcome.FIXED, {"lib/x.py": "x = 2\n"})
    assert stage.publish(**stage.app()) == 3
    stage.show()
