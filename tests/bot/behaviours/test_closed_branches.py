"""A pull request of mtor's is merged or closed: its branch goes, if it is mtor's alone and nobody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.pulls import Pull

BRANCH = "mtor/1-b"
MESSAGE = "b\n\nSpec: #1\nJob: 1-abc"


@pytest.fixture
def ears(tmp_path: Path) -> Iterator[Hearing]:
    with hearing(tmp_path) as ears:
        yield ears


def published(
    ears: Hearing, branch: str = BRANCH, *, by: str = "mtor[bot]", author: str = "mtor[bot]", message: str = MESSAGE
) -> Pull:
    """A pull request as mtor publishes it."""
    ears.here.repository.commit({"b.py": "1\n"}, message, branch=branch, by=author)
    pull = ears.here.repository.pull_request(branch, "B", "", by=by)
    ears.act()
    return pull


def stays(ears: Hearing, branch: str = BRANCH) -> bool:
    ears.act()
    return ears.here.repository.head(branch) is not None


def close(pull: Pull) -> None:
    pull.issue.close("alice")


def merge(pull: Pull) -> None:
    pull.merge("alice")


@pytest.mark.parametrize("end", [close, merge])
@pytest.mark.parametrize("account", ["mtor[bot]", "github-actions[bot]"])
def test_the_branch_goes_after_merge_and_close(ears: Hearing, end: Callable[[Pull], None], account: str) -> None:
    end(published(ears, by=account, author=account))
    assert not stays(ears)


@pytest.mark.parametrize("end", [close, merge])
def test_what_somebody_committed_later_stays(ears: Hearing, end: Callable[[Pull], None]) -> None:
    pull = published(ears)
    ears.here.repository.commit({"b.py": "2\n"}, "mine\n\nJob: 1-abc", branch=BRANCH, by="alice")
    end(pull)
    assert stays(ears)


def test_what_was_pushed_after_the_end_stays(ears: Hearing) -> None:
    close(published(ears))
    theirs = ears.here.repository.commit({"b.py": "2\n"}, MESSAGE, branch=BRANCH, by="alice")
    assert stays(ears)
    assert ears.here.repository.head(BRANCH) == theirs


def test_a_push_between_the_last_look_and_the_deletion_is_kept(ears: Hearing) -> None:
    close(published(ears))
    repository = ears.here.repository
    ears.here.github.faults.before(
        "POST *graphql", lambda: repository.commit({"b.py": "2\n"}, "mine", branch=BRANCH, by="alice")
    )
    assert stays(ears)


@pytest.mark.parametrize(
    ("branch", "by", "author", "message"),
    [
        ("change", "mtor[bot]", "mtor[bot]", MESSAGE),
        (BRANCH, "alice", "mtor[bot]", MESSAGE),
        (BRANCH, "mtor[bot]", "alice", MESSAGE),
        (BRANCH, "github-actions[bot]", "github-actions[bot]", "another workflow's"),
        (BRANCH, "mtor[bot]", "stranger[bot]", MESSAGE),
    ],
)
def test_what_is_not_mtors_alone_stays(ears: Hearing, branch: str, by: str, author: str, message: str) -> None:
    close(published(ears, branch, by=by, author=author, message=message))
    assert stays(ears, branch)


def test_a_branch_that_another_pull_request_builds_on_stays(ears: Hearing) -> None:
    pull = published(ears)
    ears.here.repository.commit({"c.py": "1\n"}, MESSAGE, branch="mtor/2-c", by="mtor[bot]")
    ears.here.repository.pull_request("mtor/2-c", "C", "", by="mtor[bot]", base=BRANCH)
    close(pull)
    assert stays(ears)


def test_one_that_cannot_go_to_the_base_keeps_no_other_from_it(ears: Hearing) -> None:
    pull, repository = published(ears), ears.here.repository
    stacked = []
    for number in (2, 3, 4):
        branch = f"mtor/{number}-c"
        repository.git.run("update-ref", f"refs/heads/{branch}", pull.head_sha)
        repository.commit({f"c{number}.py": "1\n"}, MESSAGE, branch=branch, by="mtor[bot]")
        stacked.append(repository.pull_request(branch, "C", "", by="mtor[bot]", base=BRANCH))
    words = "A pull request already exists for base branch 'main' and head branch 'mtor/3-c'"
    ears.here.github.faults.refuse(f"PATCH */pulls/{stacked[1].number}", 422, words, times=-1)
    merge(pull)
    ears.act()
    assert [other.base_ref for other in stacked] == ["main", BRANCH, "main"]
    assert stays(ears)


def test_a_pull_request_that_is_open_again_keeps_its_branch(ears: Hearing) -> None:
    pull = published(ears)
    close(pull)
    pull.issue.reopen("alice")
    assert stays(ears)


def test_one_that_the_app_closed_keeps_its_branch(ears: Hearing) -> None:
    published(ears).issue.close("mtor[bot]")
    assert stays(ears)


def test_where_the_repository_deleted_it_already_nothing_is_wrong(ears: Hearing) -> None:
    pull = published(ears)
    merge(pull)
    ears.here.repository.git.run("update-ref", "-d", f"refs/heads/{BRANCH}")
    ears.act(times=2)
    assert not stays(ears)


def test_a_rule_that_keeps_the_branch_costs_nothing_else(ears: Hearing) -> None:
    pull = published(ears)
    ears.here.repository.protect(BRANCH)
    close(pull)
    assert stays(ears)
