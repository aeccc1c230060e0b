"""Format commands changed nothing but the layout of a Python file: it is the spec's own, ready, and CI starts."""

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
b=[1,2]  # both
```

```python create=tests/test_b.py
def test_b():
  assert "b"  ==  "b"
```

```yaml mtor
format: [fmt]
test: [python -m pytest -q]
```
"""
FORMATTED = {
    "b.py": "b = [\n    1, 2\n]  # both\n",
    "tests/test_b.py": 'def test_b():\n    assert "b" == "b"\n',
}


def play(stage: Stage) -> None:
    stage.hand_over(report=reported(Outcome.CLEAN, formatted=["b.py", "a.py"]), implementer=FORMATTED)
    assert stage.publish(**stage.app()) == 0
    stage.show()
    for name in FORMATTED:
        stage.say(f"--- {name}", stage.repository.git.run("show", f"mtor/1-make-a-two:{name}").decode())
