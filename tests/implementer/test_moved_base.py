"""A spec whose base changed the same lines: without a model it is refused, with one this is the first task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import command_line
from scripted_runs import APP, hunk
from standins.model import say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Runner

SPEC = f"""# One note more

```yaml mtor
test: [sh tests/check.sh]
```

```python edit=app.py
{hunk("one = 'right'", "extra = 1" + chr(10) + "one = 'right'")}
{hunk("note = 0", "note = 1")}
```
"""
GREEN = APP.replace("wrong", "right")
RIGHT = "extra = 1\n" + GREEN.replace("note = 0", "note = 1")


def moved(runner: Runner) -> Path:
    """A green repository whose base changed the note after the spec was written."""
    root = runner.repository({"app.py": GREEN}, protocol="text")
    command_line.put(root, {"app.py": GREEN.replace("note = 0", "note = 5")})
    command_line.git(root, "commit", "-qam", "five")
    return root


def test_the_conflict_is_the_first_task_and_the_rest_is_merged(runner: Runner) -> None:
    root = moved(runner)
    run = runner.run([say(f"Both sides.\n\n```python\n{RIGHT}```\n")], root=root, text=SPEC)
    assert (run.outcome, run.code, len(run.requests)) == ("fixed", 0, 1), run.err
    asked = run.asked[0][1]["content"]
    assert "both the base and the spec changed the same lines" in asked
    assert "<<<<<<< SEARCH\nnote = 0\n=======\nnote = 1\n>>>>>>> REPLACE" in asked
    assert "note = 5" in asked
    assert "extra = 1" in asked  # what goes together is merged already
    assert run.committed("app.py") == RIGHT
    assert run.report["written_for"]["commit"] == command_line.git(root, "rev-parse", "main^").strip()


def test_a_model_that_leaves_the_conflict_as_it_is_has_fixed_nothing(runner: Runner) -> None:
    root = moved(runner)
    kept = "extra = 1\n" + GREEN.replace("note = 0", "note = 5")
    run = runner.run([say(f"I keep it.\n\n```python\n{kept}```\n")] * 4 + [say("{}")] * 40, root=root, text=SPEC)
    assert run.outcome in {"failing", "stalled"}
