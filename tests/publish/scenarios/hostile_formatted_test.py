"""What is said to be formatted: a test with another expectation, a deleted file, one that the spec does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage

SPEC = """\
Make `a` two.

```python write=a.py
a = 2
```

```python create=tests/test_b.py
def test_b():
    assert 1 == 2
```

```yaml mtor
format: [fmt]
test: [python -m pytest -q]
allow: ["lib/**"]
```
"""


def play(stage: Stage) -> None:
    offered = {"tests/test_b.py": "def test_b():\n    assert 1 == 1\n", "a.py": None, "lib/x.py": "x  =  1\n"}
    stage.hand_over(report=reported(Outcome.CLEAN, formatted=sorted(offered)), implementer=offered)
    assert stage.publish(**stage.app()) == 3
    stage.show()
