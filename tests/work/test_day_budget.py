"""`per_day` on a runner: today's runs are counted through GitHub before any command, and unknown ones in full."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from command_line import EDIT
from mtor_action.github.branches.spending import Spent
from mtor_action.implementer.cost.day_ledger import today
from standins.github.faults import Fault
from standins.model import ModelServer, call, say

if TYPE_CHECKING:
    from standins.github.runs import Run
    from work.workplace import Worked, Workplace

_MODEL = "openai/gpt-4o-mini"
_THREE = "```python create=b.py\ndef g():\n    return 3\n```\n"
_IS_TWO = "! grep -q 'return 3' [b].py"
_TO_TWO = call("edit", path="b.py", hunks="<<<<<<< SEARCH\n    return 3\n=======\n    return 2\n>>>>>>> REPLACE")
_SCRIPT = [_TO_TWO, say(json.dumps({"surprised": "nothing"}))]


def _limits(workplace: Workplace, **limits: Any) -> None:
    said = {"implementer": [_MODEL], "budget": {"usd": 0.5}, **limits}
    workplace.repo.commit({".github/mtor.yml": "".join(f"{key}: {json.dumps(said[key])}\n" for key in said)})


def _run(workplace: Workplace, number: int, job: str = "") -> Run:
    """A run of the workflow, queued."""
    issue = workplace.repo.issues[number] if number in workplace.repo.issues else workplace.issue(_THREE, test=["true"])
    return workplace.repo.runs[int(workplace.run_id(issue, job))]


def _work(workplace: Workplace, run: Run, *blocks: str, test: str = _IS_TWO, **settings: Any) -> tuple[Worked, int]:
    """The work job of that run, red without a model; and how often the model was asked."""
    issue = workplace.issue(*(blocks or (_THREE,)), test=[test], **settings)
    run.job("work")
    with ModelServer(_SCRIPT) as server:
        keys = {"OPENAI_API_KEY": "of-no-known-shape-1", "OPENAI_API_BASE": server.api_base}
        done = workplace.work(issue, GITHUB_RUN_ID=str(run.id), **keys)
        return done, len(server.requests)


def _recorded(workplace: Workplace, *spent: Spent) -> None:
    workplace.repo.commit({f"{today()}.jsonl": b"".join(each.line() for each in spent)}, branch="mtor-spending")


def test_two_jobs_at_once_count_each_others_whole_budget(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 0.5})
    first, second = _run(workplace, 1), _run(workplace, 1)
    first.job("work")
    second.job("work")
    for run in (first, second):
        done, asked = _work(workplace, run)
        assert (done.outputs["outcome"], asked) == ("failing", 0), done.log
        assert "0.50 of 0.50 US dollars today by 1 jobs (1 of them without a record yet" in done.report["reason"]
        assert "per_day" in done.report["next_step"]
        assert done.report["per_day"] == {"counted": True, "jobs": 1, "usd": 0.5, "unknown": 1}
        assert "no model is called in this run" in done.log


def test_a_finished_run_counts_as_what_was_recorded_and_caps_this_one(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 1})
    before, now = _run(workplace, 1), _run(workplace, 1)
    before.finish()
    _recorded(workplace, Spent(before.id, 1, 0.9999, 5))
    done, asked = _work(workplace, now)
    assert (done.outputs["outcome"], asked) == ("fixed", 2), done.log
    assert done.report["per_day"] == {"counted": True, "jobs": 1, "usd": 0.9999, "unknown": 0}


def test_no_run_spends_more_than_the_day_has_left(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 1}, budget={"usd": 0.5, "turns": 20})
    before, now = _run(workplace, 1), _run(workplace, 1)
    before.finish()
    _recorded(workplace, Spent(before.id, 1, 0.999999, 5))
    talk = [call("search", text=f"x{number}") for number in range(9)]
    issue = workplace.issue(_THREE, test=[_IS_TWO])
    with ModelServer(talk) as server:
        keys = {"OPENAI_API_KEY": "of-no-known-shape-1", "OPENAI_API_BASE": server.api_base}
        done = workplace.work(issue, GITHUB_RUN_ID=str(now.id), **keys)
    assert done.outputs["outcome"] == "failing", done.log
    assert "the budget is spent: 0.0000 of 1e-06 usd" in done.report["reason"]
    assert len(done.report["turns"]) == 1


@pytest.mark.parametrize(
    ("spent", "limit", "asked"),
    [
        ([(0.0, 0)] * 3, {"jobs": 1}, True),  # green without a model
        ([(0.01, 2)], {"jobs": 1}, False),
        ([(0.0, 2)], {"jobs": 1}, False),  # a model without a price is a model
        ([(0.3, 2), (0.2, 2)], {"usd": 0.5}, False),
        ([(0.3, 2), (0.1, 2)], {"usd": 0.5}, True),
        ([(0.3, 2)], {"usd": 9, "jobs": 2}, True),
    ],
)
def test_what_is_recorded_counts(
    workplace: Workplace, spent: list[tuple[float, int]], limit: dict[str, float], *, asked: bool
) -> None:
    _limits(workplace, per_day=limit)
    runs = [_run(workplace, 1) for _ in spent]
    for run in runs:
        run.finish()
    _recorded(workplace, *(Spent(run.id, 1, *each) for run, each in zip(runs, spent, strict=True)))
    done, requests = _work(workplace, _run(workplace, 1))
    assert (done.outputs["outcome"], requests > 0) == ("fixed" if asked else "failing", asked), done.log


def test_runs_that_could_not_work_cost_nothing_and_cancelled_ones_a_budget(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 9})
    _run(workplace, 1).finish("startup_failure")
    _run(workplace, 1).finish("skipped")
    twin = [_run(workplace, 1, "j-1"), _run(workplace, 1, "j-1")]  # the second leaves the work to the first
    for run in twin:
        run.finish("cancelled")
    yesterday = _run(workplace, 1)
    yesterday.finish()
    yesterday.created_at = yesterday.updated_at = yesterday.created_at - timedelta(days=1)
    again = _run(workplace, 1)
    again.finish("cancelled")
    again.again(None, again.actor)
    again.finish("cancelled")
    now = _run(workplace, 1)
    _run(workplace, 1)  # queued after us: it counts us when it begins
    done, asked = _work(workplace, now)
    assert (done.outputs["outcome"], asked) == ("fixed", 2), done.log
    assert done.report["per_day"] == {"counted": True, "jobs": 3, "usd": 1.5, "unknown": 3}


def test_a_run_that_is_run_again_counts_what_it_spent_before(workplace: Workplace) -> None:
    _limits(workplace, per_day={"jobs": 1})
    run = _run(workplace, 1)
    run.finish("cancelled")
    run.again(None, run.actor)
    done, asked = _work(workplace, run)
    assert (done.outputs["outcome"], asked) == ("failing", 0), done.log
    _recorded(workplace, Spent(run.id, 1, 0.0, 0))
    done, asked = _work(workplace, run)
    assert (done.outputs["outcome"], asked) == ("fixed", 2), done.log


@pytest.mark.parametrize("line", [b"{", b'{"run":1}', b'{"run":RUN,"attempt":1,"usd":-5,"requests":0}', b"[]", b"\xff"])
def test_a_record_that_cannot_be_read_leaves_its_run_unknown(workplace: Workplace, line: bytes) -> None:
    _limits(workplace, per_day={"usd": 0.5})
    before = _run(workplace, 1)
    before.finish()
    data = line.replace(b"RUN", str(before.id).encode()) + b"\n"
    workplace.repo.commit({f"{today()}.jsonl": data}, branch="mtor-spending")
    done, asked = _work(workplace, _run(workplace, 1))
    assert (done.outputs["outcome"], asked) == ("failing", 0), done.log


@pytest.mark.parametrize("pattern", ["GET /repos/*/actions/workflows/*/runs", "GET /repos/*/contents/*.jsonl"])
def test_no_model_is_called_where_github_does_not_say_what_was_spent(workplace: Workplace, pattern: str) -> None:
    _limits(workplace, per_day={"usd": 5})
    fault = Fault(pattern, status=403, body={"message": "Resource not accessible by integration"}, times=-1)
    workplace.github.world.faults.planned.append(fault)
    done, asked = _work(workplace, _run(workplace, 1))
    assert (done.outputs["outcome"], asked) == ("failing", 0), done.log
    assert "what today's other runs spent is not known, so no model is called" in done.report["reason"]


def test_a_job_that_needs_no_model_is_green_on_a_day_without_money(workplace: Workplace) -> None:
    _limits(workplace, per_day={"jobs": 1})
    _run(workplace, 1).finish("cancelled")
    done, asked = _work(workplace, _run(workplace, 1), EDIT, test="true")
    assert (done.outputs["outcome"], asked) == ("clean", 0), done.log


def test_without_a_limit_nothing_is_counted(workplace: Workplace) -> None:
    _limits(workplace)
    done, asked = _work(workplace, _run(workplace, 1))
    assert (done.outputs["outcome"], asked, done.report["per_day"]) == ("fixed", 2, {})
    assert not any("/workflows/" in each.path and each.method == "GET" for each in workplace.github.requests)


def test_specs_that_may_raise_their_budget_leave_nothing_while_one_is_at_work(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 5}, specs_may=["budget"])
    _run(workplace, 1).job("work")
    done, asked = _work(workplace, _run(workplace, 1))
    assert (done.outputs["outcome"], asked) == ("failing", 0), done.log


def test_a_spec_cannot_widen_its_share_of_the_day(workplace: Workplace) -> None:
    _limits(workplace, per_day={"usd": 1}, budget={})
    _run(workplace, 1).job("work")  # the built-in budget: 0.50
    done, asked = _work(workplace, _run(workplace, 1), budget={"usd": 100})
    assert (done.outputs["outcome"], asked) == ("fixed", 2), done.log
    assert done.report["per_day"]["usd"] == 0.5
