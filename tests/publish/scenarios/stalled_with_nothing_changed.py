"""Stopped before anything changed: a comment, no pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

SPEC = """\
```python edit=a.py
<<<<<<< SEARCH
a = missing
=======
a = 2
>>>>>>> REPLACE
```

```yaml mtor
test: [python -m pytest -q]
```
"""


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.STALLED)
    assert stage.publish(**stage.app()) == 0
    stage.show()
