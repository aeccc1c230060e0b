"""A body that a spec leaves to the implementer: whatever the work job says, green is not published without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import staged

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
```python create=b.py
def f():
    raise NotImplementedError
```

```python create=tests/test_b.py
import b
```

```yaml mtor
test: [python -m pytest -q]
fill: ["b.py::f"]
```
"""


def test_a_work_job_that_says_green_without_the_body_publishes_nothing(tmp_path: Path) -> None:
    with staged(tmp_path, spec=SPEC) as stage:
        stage.hand_over(Outcome.CLEAN)
        stage.publish()
        assert "b.py::f is still a stub" in "\n".join(stage.record)
        assert [issue for issue in stage.repository.issues.values() if issue.pull] == []
