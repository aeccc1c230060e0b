"""The check `mtor/four-eyes` from webhooks to commit statuses: who counts, on which head, and where nobody asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_action.github.client import connect
from mtor_bot.behaviours.four_eyes import CONTEXT
from mtor_bot.jobs import job_rows
from standins.github.people import Actor, User, Via

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.pulls import Pull


@contextmanager
def four_eyes(root: Path, settings: str = "four_eyes: true\n") -> Iterator[Hearing]:
    """Alice and bob and carol may write; the App may set statuses."""
    with hearing(root) as ears:
        ears.here.installation.permissions["statuses"] = "write"
        for login in ("bob", "carol"):
            ears.here.repository.grant(login, "write")
        ears.here.repository.commit({".github/mtor.yml": settings})
        yield ears


def opened(ears: Hearing, *, author: str = "alice") -> Pull:
    """A job for an issue, asked for by alice, and the pull request that mtor made of it."""
    repository = ears.here.repository
    issue = repository.issue("Say hello", SPEC, by=author)
    issue.comment("/mtor run", by="alice")
    ears.act()
    return of_mtor(ears, f"mtor/{issue.number}-say-hello")


def of_mtor(ears: Hearing, branch: str) -> Pull:
    repository = ears.here.repository
    repository.commit({"src/hello.py": "x\n"}, "hello", branch=branch, by="mtor[bot]")
    pull = repository.pull_request(branch, by=Actor(repository.world.user("mtor[bot]"), Via.APP))
    ears.act()
    return pull


def state(ears: Hearing, pull: Pull) -> str:
    return ears.here.repository.statuses.get((pull.head_sha, CONTEXT), ("none", ""))[0]


def reviewed(ears: Hearing, pull: Pull, by: str, how: str = "APPROVED", words: str = "") -> str:
    pull.review(words, how, by=by)
    ears.act()
    return state(ears, pull)


def test_who_asked_for_it_does_not_count_and_another_writer_does(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        assert state(ears, pull) == "pending"
        assert reviewed(ears, pull, "alice") == "pending"
        assert reviewed(ears, pull, "stranger") == "pending"
        assert reviewed(ears, pull, "renovate[bot]") == "pending"
        assert reviewed(ears, pull, "bob") == "success"


def test_who_wrote_the_text_does_not_count(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears, author="bob")
        assert reviewed(ears, pull, "bob") == "pending"
        assert reviewed(ears, pull, "carol") == "success"


def test_an_approval_that_is_taken_back_and_one_of_an_earlier_head_do_not_count(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        assert reviewed(ears, pull, "bob") == "success"
        assert reviewed(ears, pull, "bob", "COMMENTED", "By the way.") == "success"
        assert reviewed(ears, pull, "bob", "CHANGES_REQUESTED", "Not so.") == "pending"
        assert reviewed(ears, pull, "bob") == "success"
        ears.here.repository.commit({"more.py": "x\n"}, "more", branch=pull.head_ref, by="mtor[bot]")
        ears.act()
        assert state(ears, pull) == "pending"


def test_a_job_on_a_persons_pull_request_counts_too(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        repository = ears.here.repository
        repository.commit({"b.py": "1\n"}, "b", branch="change", by="alice")
        pull = repository.pull_request("change", by="alice")
        ears.act()
        assert state(ears, pull) == "success"
        pull.issue.comment(f"/mtor run\n\n{SPEC}", by="bob")
        ears.act()
        repository.commit({"c.py": "1\n"}, "c", branch="change", by="mtor[bot]")
        ears.act()
        assert state(ears, pull) == "pending"
        assert reviewed(ears, pull, "bob") == "pending"
        assert reviewed(ears, pull, "carol") == "success"


def test_where_nobody_knows_who_asked_two_writers_are_needed(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = of_mtor(ears, "mtor/99-by-hand")
        assert reviewed(ears, pull, "alice") == "pending"
        assert reviewed(ears, pull, "bob") == "success"


def test_where_nobody_knows_who_wrote_the_text_two_writers_are_needed(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears, author="carol")
        # As the release before this one entered it.
        (job,) = job_rows.jobs(ears.here.bot.engine)
        job_rows.change(ears.here.bot.engine, job.id, authors="[]")
        assert reviewed(ears, pull, "carol") == "pending"
        assert reviewed(ears, pull, "bob") == "success"


def test_a_run_by_hand_on_the_branch_of_a_job_is_nobody_knows_whose(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        repository, pull = ears.here.repository, opened(ears)
        message = "Say more\n\nSpec: #1\nJob: run-77\n"
        repository.commit({"src/hello.py": "y\n"}, message, branch=pull.head_ref, by="github-actions[bot]")
        ears.act()
        assert reviewed(ears, pull, "bob") == "pending"
        assert reviewed(ears, pull, "carol") == "success"


def test_where_nobody_knows_whose_a_commit_is_two_writers_are_needed(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        repository, pull = ears.here.repository, opened(ears)
        # Pushed by bob, with an address that is nobody's.
        nobody = Actor(User(10**9, "nobody"))
        repository.commit({"more.py": "x\n"}, "more", branch=pull.head_ref, by=nobody)
        ears.act()
        assert reviewed(ears, pull, "bob") == "pending"
        assert reviewed(ears, pull, "carol") == "success"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [("", "none"), ("four_eyes: false\n", "none"), ("four_eyes: yes\n", "pending"), ("four_eyes: [\n", "pending")],
)
def test_it_is_set_only_where_it_is_wanted_and_a_broken_file_wants_it(
    tmp_path: Path, settings: str, expected: str
) -> None:
    with four_eyes(tmp_path, settings) as ears:
        pull = of_mtor(ears, "mtor/99-by-hand")
        assert state(ears, pull) == expected
        assert bool(ears.here.github.said("POST", "*/statuses/*")) == (expected != "none")


def test_the_settings_of_a_branch_turn_it_off_for_nobody(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        ears.here.repository.commit({".github/mtor.yml": ""}, "off", branch=pull.head_ref, by="alice")
        ears.act()
        assert state(ears, pull) == "pending"


def on_the_same_commit(ears: Hearing, pull: Pull, by: str, branch: str = "same") -> Pull:
    """Another pull request by a writer, from a branch of theirs."""
    repository = ears.here.repository
    repository.git.line("update-ref", f"refs/heads/{branch}", pull.head_sha)
    other = repository.pull_request(branch, by=by)
    ears.act()
    return other


def test_another_pull_request_on_the_same_commit_does_not_turn_it_green(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        other = on_the_same_commit(ears, pull, "alice")
        assert state(ears, other) == "pending"
        words = ears.here.repository.statuses[other.head_sha, CONTEXT][1]
        assert words.startswith(f"#{pull.number} waits for a writer")
        assert reviewed(ears, pull, "bob") == "success"
        assert reviewed(ears, other, "carol", "COMMENTED", "Good.") == "success"


def test_a_pull_request_of_a_fork_on_the_same_commit_does_not_turn_it_green(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        repository, pull = ears.here.repository, opened(ears)
        fork = ears.here.github.repository("mallory/widget", {}, fork_of=repository)
        fork.git.line("fetch", "--quiet", str(repository.git.path), f"refs/heads/{pull.head_ref}:refs/heads/any-name")
        other = repository.pull_request("mallory:any-name", by="mallory")
        ears.act()
        assert (other.head_sha, state(ears, pull)) == (pull.head_sha, "pending")


def test_the_strictest_of_two_pull_requests_of_mtors_on_the_same_commit_counts(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        other = on_the_same_commit(ears, pull, "carol")
        other.issue.comment(f"/mtor run\n\n{SPEC}", by="bob")
        ears.act()
        assert reviewed(ears, other, "alice") == "pending"
        assert reviewed(ears, pull, "bob") == "success"


def test_a_pull_request_that_waited_is_not_green_when_it_is_reopened(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        pull.issue.close("alice")
        assert state(ears, on_the_same_commit(ears, pull, "alice")) == "pending"


def test_a_status_that_a_person_set_keeps_no_pull_request_waiting(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        repository = ears.here.repository
        sha = repository.commit({"b.py": "1\n"}, "b", branch="change", by="alice")
        with connect(repository.token("bob").value, "acme/widget", api_url=ears.here.github.api_url) as client:
            client.call("POST", f"statuses/{sha}", {"state": "pending", "context": CONTEXT})
        pull = repository.pull_request("change", by="alice")
        ears.act()
        assert state(ears, pull) == "success"


def test_other_pull_requests_are_asked_for_only_before_it_turns_green(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        pull = opened(ears)
        assert reviewed(ears, pull, "alice") == "pending"
        assert not ears.here.github.said("GET", "*/commits/*/pulls")
        assert reviewed(ears, pull, "bob") == "success"
        assert len(ears.here.github.said("GET", "*/commits/*/pulls")) == 1
        assert not ears.here.github.said("GET", "*/commits/*/statuses")


def test_without_the_permission_nothing_else_is_lost(tmp_path: Path) -> None:
    with four_eyes(tmp_path) as ears:
        del ears.here.installation.permissions["statuses"]
        pull = opened(ears)
        assert state(ears, pull) == "none"
        pull.review("Skip blank lines, always.", "CHANGES_REQUESTED", by="bob")
        ears.act()
        assert said(pull.issue) == []
        assert ears.here.repository.head("mtor-coaching")
