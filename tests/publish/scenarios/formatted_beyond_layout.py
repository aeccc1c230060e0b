"""A format command changed a text and added a statement: that counts as the implementer's, is a draft, and CI waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage

SPEC = """\
Make `a` two.

```python edit=a.py
<<<<<<< SEARCH
a = 1
=======
a = 2
>>>>>>> REPLACE
```

```python create=b.py
b = 'b'
```

```python create=c.py
c=3
```

```yaml mtor
format: [fmt]
test: [python -m pytest -q]
```
"""


def play(stage: Stage) -> None:
    formatted = {"a.py": "a = 2\nimport os\n", "b.py": "b = 'evil'\n", "c.py": "c = 3\n"}
    stage.hand_over(report=reported(Outcome.CLEAN, formatted=sorted(formatted)), implementer=formatted)
    assert stage.publish(**stage.app()) == 0
    stage.show()
