"""One query before a run is started: it says "ready", or nothing at all, and then REST is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.bots import scene
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.repository_now import RepositoryNow, repository_now
from mtor_bot.jobs.start_query import seen_ready
from other_words import let_graphql_differ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.bots import Scene
    from mtor_bot.jobs.job_record import Job


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def job_of(here: Scene, *, is_known: bool = True) -> Job:
    """A job that is to be started; `is_known`: the repository was looked at before, so that its id is known."""
    issue = here.repository.issue("Title", "body", by="alice")
    job = job_rows.request(here.bot.engine, here.request(issue), here.bot.clock.now()).job
    if is_known:
        repository_now(here.bot, job)
    here.github.requests.clear()
    return job


def test_a_job_with_nothing_in_its_way_takes_one_query(here: Scene) -> None:
    assert seen_ready(here.bot, job_of(here)) == RepositoryNow("acme/widget", "main", archived=False)
    assert [(each.method, each.template, each.points) for each in here.github.requests] == [("POST", "/api/graphql", 1)]


def test_a_new_name_is_noted(here: Scene) -> None:
    job = job_of(here)
    here.repository.rename("acme/gadget")
    assert seen_ready(here.bot, job) == RepositoryNow("acme/gadget", "main", archived=False)
    assert here.job(job.id).repository == "acme/gadget"


def test_a_repository_that_was_never_looked_at_is_asked_of_rest(here: Scene) -> None:
    assert seen_ready(here.bot, job_of(here, is_known=False)) is None
    assert not [each for each in here.github.requests if each.template.endswith("/graphql")]


@pytest.mark.parametrize(
    "happens",
    [
        lambda here: here.repository.archive(),
        lambda here: here.repository.delete(),
        lambda here: here.repository.issues[1].close("alice"),
        lambda here: here.repository.issues[1].delete(),
        lambda here: here.repository.rename_default_branch("trunk"),
        lambda here: here.github.faults.add("POST */graphql", 502),
        lambda here: here.github.faults.refuse("POST */graphql", 403, "Resource not accessible by integration"),
        lambda here: here.github.faults.add("POST */graphql", 200, body={"data": {"node": {}}}),
        lambda here: here.github.faults.add("POST */graphql", 200, body=[]),
    ],
)
def test_whatever_is_in_the_way_is_left_to_rest(here: Scene, happens: Callable[[Scene], object]) -> None:
    job = job_of(here)
    happens(here)
    assert seen_ready(here.bot, job) is None


@pytest.mark.parametrize(
    "url", ["https://github.example/acme/other/issues/1", "https://github.example/acme/widget/issues/11", ""]
)
def test_an_issue_that_is_another_repositorys_now_is_left_to_rest(
    here: Scene, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_graphql_differ(monkeypatch, lambda shown: {**shown, "url": url})
    assert seen_ready(here.bot, job_of(here)) is None


def test_a_pull_request_that_is_open_is_ready_and_a_merged_one_is_not(here: Scene) -> None:
    here.repository.commit({"b.py": "x\n"}, "aside", branch="aside", by="alice")
    pull = here.repository.pull_request("aside")
    job = job_rows.request(here.bot.engine, here.request(pull.issue), here.bot.clock.now()).job
    repository_now(here.bot, job)
    assert seen_ready(here.bot, job) is not None
    pull.merge("alice")
    assert seen_ready(here.bot, job) is None


def test_a_rate_limit_is_one(here: Scene) -> None:
    job = job_of(here)
    here.github.faults.secondary_limit("POST */graphql", times=-1)
    with pytest.raises(GitHubError) as refused:
        seen_ready(here.bot, job)
    assert refused.value.kind in (RequestFailureKind.SECONDARY_LIMIT, RequestFailureKind.RATE_LIMITED)
