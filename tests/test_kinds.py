"""Values that are dispatched or stored by type differ from those of another kind with the same fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtor_action.access.accounts import Sender
from mtor_action.diagnostics import Diagnostic
from mtor_action.github.answers import Answer
from mtor_action.github.failures import RequestFailure, RequestFailureKind
from mtor_action.implementer.loop import Ended, LoopEnding
from mtor_action.manifest.file_blocks.operations import Delete, Move, PatchFile, SubstFiles, WriteFile
from mtor_action.manifest.text import Place
from mtor_action.order.joining import Clash
from mtor_action.plan.edits import Miss
from mtor_action.preparation.batch_plans import Unplanned
from mtor_action.publish.comment_text import Problem, Story
from mtor_action.publish.inputs import Order
from mtor_action.publish.publication import Published
from mtor_action.publish.pushed_work import PushedWork
from mtor_action.report.model_records import ReportedCall, ReportedNote
from mtor_action.report.report import OverlapRecord, Report
from mtor_action.retrying import GiveUp, RetryDecision
from mtor_action.serverless.event_reading import PullClosed, ReviewDue, ReviewWritten, WorkUnwanted
from mtor_action.serverless.written_text import TextKind, WrittenText
from mtor_action.setup.finding import Finding, FindingVerdict
from mtor_action.stalls.detector import Action, Response
from mtor_action.stalls.turn_events import FinishClaim, Signal, Turn

_PLACE = Place("spec.md", 3, 1)
_SENDER, _REVIEW = Sender(1, "alice", "User"), WrittenText(TextKind.REVIEW, 1)
_ORDER = Order("alice/garden", 1, "", (), "alice", Path("handover"), None, 1, "", "")
VALUES = [
    Move("a", "b", _PLACE),
    Delete("a", _PLACE),
    PatchFile("a", _PLACE),  # type: ignore[arg-type]  # the fields of a deletion, on purpose
    SubstFiles("a", (), 1, False, _PLACE),  # positional, as the fields of the others
    WriteFile("write", "a", b"", None, _PLACE),
    Answer(None),
    RequestFailure(RequestFailureKind.GONE),
    LoopEnding(Ended.GREEN),
    Response(Action.STOP, "", ()),
    Turn(1),
    FinishClaim(1, built=True),
    Signal("echo", 1, ""),
    RetryDecision(1.0),
    GiveUp(),
    Miss("a", "b", ""),
    Problem("a", "b"),
    Story(_ORDER, Report("a")),
    Published("a"),
    PushedWork(Report("a")),
    ReportedNote("a", "b"),
    ReportedCall("a", "b", ""),
    Finding("a", FindingVerdict.FINE, "b"),
    Diagnostic("a", "b", 1, 1, "c"),
    WorkUnwanted(1, _SENDER, 0.0),
    PullClosed(1, _SENDER, 0.0),
    ReviewWritten(1, _REVIEW),
    ReviewDue(1, _REVIEW),
    Clash(("a",)),
    Unplanned("a", "b", ("c",)),
    OverlapRecord("a", "1", "b"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_differs_from_the_same_fields_of_any_other_kind(value: object) -> None:
    fields = [getattr(value, name) for name in type(value).__match_args__]  # type: ignore[attr-defined]  # a dataclass
    assert value != tuple(fields)
    assert [other for other in VALUES if other == value] == [value]
    assert value == type(value)(*fields)
