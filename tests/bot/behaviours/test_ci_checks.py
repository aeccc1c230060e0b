"""`/mtor ci`, from the comment to the runs that start: those that GitHub holds, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing, said
from mtor_action.github.actions.held_runs import release, release_text
from mtor_action.github.client import connect
from mtor_action.github.tokens import github_token

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.pulls import Pull
    from standins.github.runs import Run

QUIET = "github-actions[bot]"
FILES = {f".github/workflows/{name}.yml": f"name: {name}\non: [pull_request]\n" for name in ("ci", "lint")}


def opened(ears: Hearing, branch: str = "mtor/1-b", by: str = QUIET) -> Pull:
    """A pull request by GITHUB_TOKEN, whose two workflows are held."""
    repository = ears.here.repository
    repository.commit(FILES, "workflows", by=QUIET)
    repository.commit({"b.py": "1\n"}, "b", branch=branch, by=QUIET)
    return repository.pull_request(branch, "B", "", by=by)


def runs(pull: Pull) -> list[Run]:
    return [run for run in pull.repository.runs.values() if run.event == "pull_request"]


def states(pull: Pull) -> list[tuple[str, int]]:
    return [(run.conclusion or run.status, run.attempt) for run in runs(pull)]


HELD, STARTED = ("action_required", 1), ("queued", 2)


def test_held_runs_are_run_again_and_named_and_no_second_set_is_made(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        assert states(pull) == [HELD, HELD]
        comment = pull.issue.comment("/mtor ci", by="alice")
        ears.act(times=2)
        assert states(pull) == [STARTED, STARTED]
        assert comment.reactions.contents == ["rocket"]
        (answer,) = said(pull.issue)
        assert "Started 2 held runs" in answer
        assert all(f"[{run.name}](<{run.html_url}>)" in answer for run in runs(pull))
        changes = [each.method for each in ears.here.github.requests if each.path.endswith(f"/pulls/{pull.number}")]
        assert set(changes) == {"GET"}


def test_where_none_is_held_it_says_so(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears, by="mtor[bot]")
        comment = pull.issue.comment("/mtor ci", by="alice")
        ears.act()
        assert states(pull) == [("queued", 1)] * 2
        assert "No run of" in said(pull.issue)[0]
        assert comment.reactions.contents == ["eyes"]


def test_what_a_person_opened_and_mtor_pushed_to_is_held_and_released_too(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears, "change", by="alice")
        ears.here.repository.commit({"c.py": "1\n"}, "c", branch="change", by=QUIET)
        pull.issue.comment("/mtor ci", by="alice")
        ears.act()
        assert states(pull) == [("queued", 1)] * 2 + [STARTED] * 2


def test_what_was_pushed_after_the_comment_stays_held(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        pull.issue.comment("/mtor ci", by="alice")
        ears.here.github.settle()
        ears.here.github.clock.advance(5)
        ears.here.repository.commit({"c.py": "1\n"}, "c", branch="mtor/1-b", by=QUIET)
        ears.act()
        assert states(pull) == [HELD] * 4
        assert "came after that comment" in said(pull.issue)[0]


def test_the_runs_of_a_fork_at_the_same_commit_stay_held(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        repository = ears.here.repository
        fork = ears.here.github.repository("eve/widget", fork_of=repository)
        fork.git.run("fetch", "--quiet", str(repository.git.path), "refs/heads/mtor/1-b:refs/heads/mtor/1-b")
        theirs = repository.pull_request("eve:mtor/1-b", "Mine", "", by=QUIET)
        assert theirs.head_sha == pull.head_sha
        pull.issue.comment("/mtor ci", by="alice")
        ears.act()
        assert [run.is_held for run in runs(pull)] == [False, False, True, True]
        theirs.issue.comment("/mtor ci", by="alice")
        ears.act()
        assert [run.is_held for run in runs(pull)] == [False, False, True, True]
        assert "from a fork" in said(theirs.issue)[0]


@pytest.mark.parametrize("login", ["stranger", "renovate[bot]"])
def test_nobody_else_releases_anything(tmp_path: Path, login: str) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        pull.issue.comment("/mtor ci", by=login)
        ears.act()
        assert (states(pull), said(pull.issue)) == ([HELD, HELD], [])


def test_a_refusal_names_the_button_and_what_github_said(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        ears.here.github.faults.refuse("POST */rerun", 403, "Resource not accessible by integration", times=-1)
        comment = pull.issue.comment("/mtor ci", by="alice")
        ears.act()
        (answer,) = said(pull.issue)
        assert "**Approve workflows to run**" in answer
        assert "not accessible" in answer
        assert comment.reactions.contents == ["confused"]


def test_who_pressed_the_button_meanwhile_is_not_told_of_a_refusal(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        token = ears.here.repository.token("mtor[bot]", {"actions": "write", "pull_requests": "read"}).value
        with connect(token, "acme/widget", api_url=ears.here.github.api_url, login="mtor[bot]") as client:
            first, second = runs(pull)
            shown = client.call("GET", f"pulls/{pull.number}")
            second.approve("alice")
            released = release(client, shown)
            assert ([each.id for each in released.started], released.refused) == ([first.id], ())


def test_github_token_is_not_tried_and_the_button_is_named(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        token = github_token(ears.here.repository.token(QUIET, {"actions": "write", "pull_requests": "read"}).value)
        with connect(token.value, "acme/widget", api_url=ears.here.github.api_url, login=token.login) as client:
            released = release(client, client.call("GET", f"pulls/{pull.number}"))
        assert (len(released.refused), released.started, states(pull)) == (2, (), [HELD, HELD])
        text = release_text(released)
        assert "2 runs" in text
        assert "presses **Approve workflows to run** in the merge box" in text
        assert [each.method for each in ears.here.github.requests if each.path.endswith("/rerun")] == []


def test_a_closed_pull_request_starts_nothing(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        pull.issue.close("alice")
        pull.issue.comment("/mtor ci", by="alice")
        ears.act()
        assert states(pull) == [HELD, HELD]
        assert "reopen it" in said(pull.issue)[0]
