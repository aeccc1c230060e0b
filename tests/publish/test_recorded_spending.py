"""Where `per_day` is set, what a work job spent is written down for the day's other runs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mtor_action.github.branches.spending import Spent, read_spent
from mtor_action.github.client import connect
from mtor_action.github.remembering_client import remembering
from mtor_action.github.tokens import github_token
from mtor_action.implementer.cost.day_ledger import today
from mtor_action.publish.credentials import ActingAccount
from mtor_action.publish.recorded_spending import record_spending
from mtor_action.report.report import Outcome, Usage
from mtor_action.repository.remote import Remote, empty_repository
from publishing import MODEL_USED, WRITES, reported, staged
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from pathlib import Path

    from publishing import Stage

COUNTED = {"counted": True, "jobs": 0, "usd": 0.0, "unknown": 0}


def _recorded(stage: Stage) -> list[Spent]:
    text = stage.repository.read(f"{today()}.jsonl", "mtor-spending")
    return [] if text is None else read_spent(text.encode())


@pytest.mark.parametrize("outcome", [Outcome.FIXED, Outcome.CLEAN, Outcome.REJECTED, Outcome.ERROR, Outcome.EMPTY])
def test_every_outcome_is_recorded_once_with_what_it_cost(tmp_path: Path, outcome: Outcome) -> None:
    with staged(tmp_path) as stage:
        report = reported(outcome, per_day=COUNTED)
        changed = {"b.py": "b = 2\n"} if outcome is Outcome.FIXED else None
        stage.hand_over(outcome, changed, report=report)
        stage.publish()
        stage.publish()
        cost = (0.0123, 3) if outcome is Outcome.FIXED else (0.0, 0)
        assert _recorded(stage) == [Spent(stage.run.id, 1, *cost)]
        stage.publish(GITHUB_RUN_ATTEMPT="2")
        assert [(each.run, each.attempt) for each in _recorded(stage)] == [(stage.run.id, 1), (stage.run.id, 2)]


def test_work_that_is_published_again_counts_once_and_work_that_is_done_again_twice(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        for attempt, started in ((1, "2026-01-02T03:04:05Z"), (2, "2026-01-02T03:04:05Z"), (3, "2026-01-02T04:04:05Z")):
            report = replace(reported(Outcome.ERROR, per_day=COUNTED), usage=MODEL_USED, started=started)
            stage.hand_over(Outcome.ERROR, report=report)
            stage.publish(GITHUB_RUN_ATTEMPT=str(attempt))
        usd, requests = round(MODEL_USED.usd, 6), MODEL_USED.requests
        assert [(each.usd, each.requests) for each in _recorded(stage)] == [(usd, requests), (0.0, 0), (usd, requests)]


def test_nothing_is_written_where_no_day_is_counted(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.hand_over(Outcome.CLEAN)
        assert stage.publish() == 0
        assert stage.repository.head("mtor-spending") is None


PER_DAY = {".github/mtor.yml": "per_day: {usd: 1.0}\n"}


@pytest.mark.parametrize("came", ["before the work job", "before its work"])
def test_a_job_that_never_began_for_a_pause_has_spent_nothing_and_says_so_to_the_app(tmp_path: Path, came: str) -> None:
    with staged(tmp_path, files=PER_DAY) as stage:
        if came == "before its work":
            stage.hand_over(Outcome.CANCELLED, base="")
        else:
            stage.run.job("work", "skipped")
        for _ in range(2):
            stage.publish(MTOR_PAUSED="1")
        assert _recorded(stage) == [Spent(stage.run.id, 1, 0.0, 0)]
        result = json.loads((tmp_path / "runner" / "result" / "result.json").read_text())
        assert (result["outcome"], result["paused"]) == ("cancelled", True)


def test_what_was_cancelled_at_its_work_during_a_pause_was_not_paused(tmp_path: Path) -> None:
    with staged(tmp_path, files=PER_DAY) as stage:
        stage.hand_over(Outcome.CANCELLED)
        stage.publish(MTOR_PAUSED="1")
        assert _recorded(stage) == []
        assert "paused" not in json.loads((tmp_path / "runner" / "result" / "result.json").read_text())


def test_a_job_whose_runner_was_lost_before_a_pause_may_have_spent_money(tmp_path: Path) -> None:
    with staged(tmp_path, files=PER_DAY) as stage:
        stage.run.job("work", "failure")
        stage.publish(MTOR_PAUSED="1")
        assert _recorded(stage) == []
        result = json.loads((tmp_path / "runner" / "result" / "result.json").read_text())
        assert (result["outcome"], "paused" in result) == ("error", False)


@pytest.mark.parametrize(("work", "outcome"), [("failure", "error"), ("skipped", "stopped")])
def test_a_plan_whose_runner_was_lost_before_a_pause_may_have_spent_money(
    tmp_path: Path, work: str, outcome: str
) -> None:
    with staged(tmp_path, files=PER_DAY) as stage:
        comment = stage.issue.comment("/mtor plan", by="alice")
        stage.run.job("work", work)
        stage.publish(MTOR_PAUSED="1", MTOR_JOB=f"plan-{comment.id}", MTOR_SPEC="")
        result = json.loads((tmp_path / "runner" / "result" / "result.json").read_text())
        assert (result["outcome"], len(_recorded(stage))) == (outcome, work == "skipped")


def test_a_pause_makes_no_branch_where_no_day_is_counted(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.publish(MTOR_PAUSED="1")
        assert stage.repository.head("mtor-spending") is None


def test_a_report_cannot_lower_what_others_spent(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        usage = Usage(requests=-3, usd=-500.0)
        stage.hand_over(Outcome.ERROR, report=replace(reported(Outcome.ERROR, per_day=COUNTED), usage=usage))
        stage.publish()
        assert _recorded(stage) == [Spent(stage.run.id, 1, 0.0, 0)]


def test_an_artifact_of_another_job_is_not_recorded(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.hand_over(Outcome.CLEAN, report=reported(Outcome.CLEAN, per_day=COUNTED), job="j-2")
        stage.publish()
        assert stage.repository.head("mtor-spending") is None


def test_lines_of_others_stay_also_after_a_torn_one(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        other = Spent(7, 1, 0.25, 2)
        stage.repository.commit({f"{today()}.jsonl": other.line() + b'{"run":8,"att'}, branch="mtor-spending")
        stage.hand_over(Outcome.CLEAN, report=reported(Outcome.CLEAN, per_day=COUNTED))
        assert stage.publish() == 0
        assert _recorded(stage) == [other, Spent(stage.run.id, 1, 0.0, 0)]


def test_a_record_that_cannot_be_written_costs_the_result_nothing(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.hand_over(Outcome.ERROR, report=replace(reported(Outcome.ERROR, per_day=COUNTED), usage=MODEL_USED))
        stage.publish(token={**WRITES, "contents": "read"})
        (comment,) = stage.issue.comments
        assert "was not recorded on the branch" in comment.body


def test_runs_that_end_at_once_are_all_recorded(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path / "sandbox") as github:
        repository = github.repository("alice/garden")
        token = repository.token("github-actions[bot]", {"contents": "write"}).value

        def write(run: int) -> list[str]:
            folder = tmp_path / str(run)
            folder.mkdir()
            client = remembering(connect(token, "alice/garden", api_url=github.api_url, login="github-actions[bot]"))
            account = ActingAccount(github_token(token), client, Remote(f"{github.url}/alice/garden.git", token))
            return record_spending(empty_repository(folder), account, run, 1, MODEL_USED)

        with ThreadPoolExecutor(5) as pool:
            said = list(pool.map(write, range(1, 6)))
        text = repository.read(f"{today()}.jsonl", "mtor-spending")
    assert said == [[]] * 5
    assert sorted(each.run for each in read_spent((text or "").encode())) == [1, 2, 3, 4, 5]
