"""Stopped by a signal after a change: a draft, with the evidence and the reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.model_records import ReportedSignal, StallRecord
from mtor_action.report.report import Outcome
from publishing import reported

if TYPE_CHECKING:
    from publishing import Stage


def play(stage: Stage) -> None:
    signal = ReportedSignal("no-progress", 7, "four edits, the same failures", "stopped")
    reflection = {"surprised": "the import is missing @alice", "advice": "Fixes #1 look at lib first"}
    told = reported(Outcome.STALLED, stall=StallRecord([signal]), reflection=reflection)
    stage.hand_over(implementer={"lib/x.py": "x = 3\n"}, report=told)
    assert stage.publish(**stage.app()) == 0
    stage.show()
