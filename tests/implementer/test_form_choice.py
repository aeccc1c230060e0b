"""How a model begins, by what its forms came to in earlier runs; and how that is remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mtor_action.coaching import notebook, store
from mtor_action.coaching.form_results import FormResult, Result, from_json, from_report
from mtor_action.coaching.note import Note, NoteState
from mtor_action.coaching.runs import PART_BYTES, RunRecord, read_runs, with_run
from mtor_action.implementer.conversation.transcript import Form
from mtor_action.implementer.form_choice import LEAST_RUNS, RECENT_RUNS, FormChoice, chosen_forms
from mtor_action.report.report_json import report_from_json
from mtor_action.repository.git import Git
from scripted_runs import APP, MODEL, SECOND, hunk
from standins.model import call, fault, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripted_runs import Run as Ran
    from scripted_runs import Runner
    from standins.model import Step

M = "some/model"
HUNK = hunk("one = 'wrong'", "one = 'right'")
FIX = call("edit", path="app.py", hunks=HUNK)
TEXT_FIX = say(f"One is wrong.\n\n```edit=app.py\n{HUNK}\n```\n")
ANSWER = say(f"One is wrong.\n\n```python\n{APP.replace('wrong', 'right')}```\n")
USELESS = say(f"The note.\n\n```python\n{APP.replace('note = 0', 'note = 1')}```\n")
REFLECTION = say("{}")
USUAL = FormChoice(Form.QUESTION, Form.TOOLS)


def runs(*each: dict[str, str], model: str = M) -> list[RunRecord]:
    return [
        RunRecord(
            f"j{number}",
            "2026-11-23",
            "fixed",
            forms=tuple(FormResult(model, f, 1, Result(r)) for f, r in forms.items()),
        )
        for number, forms in enumerate(each)
    ]


AFTER_ALL = {"question": "failed", "tools": "repaired"}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], (Form.QUESTION, Form.TOOLS)),
        ([AFTER_ALL] * (LEAST_RUNS - 1), (Form.QUESTION, Form.TOOLS)),
        ([AFTER_ALL] * LEAST_RUNS, (Form.TOOLS, Form.TOOLS)),
        # What nothing repaired says nothing against the question.
        ([{"question": "failed", "tools": "failed"}] * 9, (Form.QUESTION, Form.TOOLS)),
        ([{"question": "failed"}] * 9, (Form.QUESTION, Form.TOOLS)),
        ([{"question": "repaired"}, *[AFTER_ALL] * 9], (Form.QUESTION, Form.TOOLS)),
        # What was long ago does not count, neither for nor against.
        ([{"question": "repaired"}, *[AFTER_ALL] * RECENT_RUNS], (Form.TOOLS, Form.TOOLS)),
        ([*[AFTER_ALL] * LEAST_RUNS, *[{"tools": "repaired"}] * RECENT_RUNS], (Form.QUESTION, Form.TOOLS)),
        ([{"tools": "refused", "question": "repaired"}], (Form.QUESTION, Form.TEXT)),
        ([{"tools": "refused"}, {"tools": "repaired"}], (Form.QUESTION, Form.TOOLS)),
        ([{"tools": "refused"}, {"question": "repaired"}, {"text": "failed"}], (Form.QUESTION, Form.TEXT)),
        ([{"tools": "failed", "text": "repaired"}] * LEAST_RUNS, (Form.QUESTION, Form.TEXT)),
        ([{"question": "failed", "tools": "refused", "text": "repaired"}] * LEAST_RUNS, (Form.TEXT, Form.TEXT)),
        ([{"dance": "repaired", "question": "failed"}] * 9, (Form.QUESTION, Form.TOOLS)),
    ],
)  # fmt: skip
def test_the_record_chooses(records: Sequence[dict[str, str]], expected: tuple[Form, Form]) -> None:
    chosen = chosen_forms(M, runs(*records), Form.TOOLS)
    assert (chosen.first, chosen.conversation) == expected
    assert bool(chosen.why) == (expected != (Form.QUESTION, Form.TOOLS))
    assert chosen_forms("other/model", runs(*records), Form.TOOLS) == USUAL


def test_a_setting_decides_about_the_conversation_and_text_never_becomes_tools() -> None:
    refused = runs(*[{"tools": "refused", "text": "failed"}] * 5)
    assert chosen_forms(M, refused, Form.TOOLS, is_set=True) == USUAL
    repaired = runs(*[{"text": "failed", "tools": "repaired"}] * 5)
    assert chosen_forms(M, repaired, Form.TEXT).conversation is Form.TEXT


@pytest.mark.parametrize(
    "forms",
    [
        None, "question", 7, {}, [None], [[]], [["m", "tools", 1]], [["m", "tools", -1, "failed"]],
        [["m", "tools", True, "failed"]], [["", "tools", 1, "failed"]], [["m" * 201, "tools", 1, "failed"]],
        [["m", "tools", 1, "won"]], [["m", "tools", 1, ["failed"]]], [["m", {"x": 1}, 1, "failed"]],
        [[[], "tools", 1, "failed"]],
    ],
)  # fmt: skip
def test_a_record_of_another_form_is_left_out_and_its_line_still_counts(forms: object) -> None:
    assert from_json(forms) == ()
    line = {"job": "j", "date": "2026-11-23", "outcome": "fixed", "forms": forms}
    assert read_runs(json.dumps(line).encode()) == [RunRecord("j", "2026-11-23", "fixed")]


def test_a_report_of_another_machine_adds_a_bounded_line() -> None:
    results = [{"form": "tools", "turns": 1, "result": "failed"}] * 5_000
    rows = [{"model": "m", "results": results}, {"model": "m", "results": "x"}, {"results": [1, None]}]
    forms = from_report(report_from_json({"schema": 1, "forms": rows}).forms)
    assert len(forms) == 24
    assert read_runs(with_run(None, RunRecord("j", "2026-11-23", "fixed", forms=forms)))[0].forms == forms


def began(run: Ran) -> list[tuple[str, str, bool]]:
    return [(each["model"], each["begins"], bool(each["why"])) for each in run.report["forms"]]


def failing_questions_then(fix: Step) -> list[Step]:
    return [USELESS, USELESS, fix, REFLECTION]


def test_a_model_whose_questions_never_repaired_begins_with_what_did(runner: Runner) -> None:
    root = runner.repository(samples=2)
    for _ in range(LEAST_RUNS):
        earlier = runner.run(failing_questions_then(FIX), root=root)
        assert (earlier.outcome, began(earlier)) == ("fixed", [(MODEL, "question", False)])
        assert earlier.report["forms"][0]["results"] == [
            {"form": "question", "turns": 2, "result": "failed"},
            {"form": "tools", "turns": 1, "result": "repaired"},
        ]
    run = runner.run([FIX, REFLECTION], root=root)
    assert (run.outcome, len(run.requests), began(run)) == ("fixed", 2, [(MODEL, "tools", True)])
    assert "Give the whole corrected file" not in run.asked[0][1]["content"]
    assert "repaired nothing" in run.report["forms"][0]["why"]
    # Another model has a record of its own.
    other = runner.run([ANSWER], root=root, models=[SECOND])
    assert began(other) == [(SECOND, "question", False)]


def test_a_model_whose_provider_refused_tools_is_asked_in_text_at_once(runner: Runner) -> None:
    root = runner.repository(samples=1)
    refusal = fault(404, "No endpoints found that support tool use.")
    run = runner.run([refusal, USELESS, TEXT_FIX, REFLECTION], root=root)
    assert run.outcome == "fixed", run.err
    assert {"form": "tools", "turns": 0, "result": "refused"} in run.report["forms"][0]["results"]
    run = runner.run([ANSWER], root=root)
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert "tools" not in run.requests[0].body
    assert "refused tools" in run.report["forms"][0]["why"]


def test_the_record_of_the_coaching_branch_counts_like_that_of_the_clone(runner: Runner) -> None:
    root = runner.repository(samples=2)
    git = Git.open(root)
    notebook.add(git, [Note("quotes", "Use single quotes.", state=NoteState.ACTIVE)])
    for number in range(LEAST_RUNS):
        forms = (FormResult(MODEL, "question", 2, Result.FAILED), FormResult(MODEL, "tools", 1, Result.REPAIRED))
        store.append_run(git, RunRecord(f"job-{number}", "2026-11-23", "fixed", forms=forms))
    run = runner.run([FIX, REFLECTION], root=root)
    assert (run.outcome, began(run)) == ("fixed", [(MODEL, "tools", True)])
    loaded = store.load(git)
    assert loaded is not None
    assert loaded.runs[-1].forms == (FormResult(MODEL, "tools", 1, Result.REPAIRED),)


def test_a_damaged_record_costs_nothing_and_a_full_one_stays_bounded(runner: Runner) -> None:
    root = runner.repository(samples=2)
    record = root / ".git/mtor/runs.jsonl"
    record.parent.mkdir(parents=True, exist_ok=True)
    hostile = {"job": "j", "date": "2026-11-23", "outcome": "fixed", "forms": [[MODEL, "`rm -rf /`", 1, "repaired"]]}
    record.write_bytes(b"\xff\xfe{{{\n" + (json.dumps(hostile).encode() + b"\n") * 900 + b'{"job": "torn')
    run = runner.run([ANSWER], root=root)
    assert (run.outcome, began(run)) == ("fixed", [(MODEL, "question", False)])
    assert record.stat().st_size < PART_BYTES
    assert read_runs(record.read_bytes())[-1].job == run.report["job"]
    record.unlink()
    record.mkdir()
    assert runner.run([ANSWER], root=root).outcome == "fixed"
