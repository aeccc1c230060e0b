"""The run is appended to the branch mtor-coaching and what its model said is proposed, once a job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.report.model_records import CoachingRecord
from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage

NOTES = """\
notes:
  - id: imports
    text: Import a, not b.
    state: active
"""


def play(stage: Stage) -> None:
    stage.repository.commit({"coaching.yml": NOTES}, "notes", branch="mtor-coaching")
    reflection = {"advice": "The fixtures live in lib.", "surprised": "x is imported twice"}
    carried = CoachingRecord(carried=["imports", "forged"])
    told = reported(Outcome.FIXED, reflection=reflection, coaching=carried)
    stage.hand_over(implementer={"lib/x.py": "x = 3\n"}, report=told)
    app = stage.app()
    assert stage.publish(**app) == 0
    assert stage.publish(**app) == 0
    for path in stage.repository.git.lines("ls-tree", "-r", "--name-only", "mtor-coaching"):
        text = stage.repository.read(path, "mtor-coaching") or ""
        if path == "coaching.yml" or path.startswith("runs/"):
            stage.say("--- mtor-coaching", re.sub(r"\d{4}-\d\d-\d\d[T0-9:Z]*", "<date>", text))
    stage.show()
