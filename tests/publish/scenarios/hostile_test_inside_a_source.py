"""The artifact changes what a doctest of the spec's own file expects: refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

SPEC = '''# Double it

```yaml mtor
test: [python -m doctest lib/double.txt]
```

```python create=lib/double.py
"""Double.

>>> 2 * 2
4
"""
```
'''


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"lib/double.py": '"""Double.\n\n>>> 2 * 2\n5\n"""\n'})
    assert stage.publish(**stage.app()) == 3
    stage.show()
