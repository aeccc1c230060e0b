"""A push that is refused, told in the words of the API's table; and the lease that no other commit is lost by."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from command_line import git as run_git
from command_line import repository
from mtor_action.errors import GitError
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.publish.pushing import push
from mtor_action.repository.git import Git
from mtor_action.repository.remote import Remote

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Git:
    """A repository with two commits, and beside it server.git without any."""
    root = repository(tmp_path / "here")
    run_git(root, "commit", "-q", "--allow-empty", "-m", "second")
    run_git(tmp_path, "init", "-q", "--bare", "server.git")
    return Git.open(root)


def server(here: Git) -> Path:
    return here.root.parent / "server.git"


def ids(here: Git) -> tuple[str, str]:
    return run_git(here.root, "rev-parse", "HEAD~1").strip(), run_git(here.root, "rev-parse", "HEAD").strip()


def test_a_branch_is_made_moved_and_kept_where_somebody_else_moved_it(here: Git) -> None:
    remote, (first, second) = Remote(server(here).as_uri()), ids(here)

    push(here, remote, first, "mtor/1-x", None)
    push(here, remote, second, "mtor/1-x", first)
    for expected in (first, None):
        with pytest.raises(GitHubError) as refused:
            push(here, remote, first, "mtor/1-x", expected)
        assert refused.value.kind is RequestFailureKind.NOT_FAST_FORWARD
        assert "pushing the branch mtor/1-x: the branch has other commits by now" in refused.value.message

    assert run_git(server(here), "rev-parse", "mtor/1-x").strip() == second


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("error: GH006: Protected branch update failed for refs/heads/x.", RequestFailureKind.PROTECTED),
        ("error: GH013: Repository rule violations found for refs/heads/x.", RequestFailureKind.PROTECTED),
        ("This repository was archived so it is read-only.", RequestFailureKind.ARCHIVED),
        ("Write access to repository not granted.", RequestFailureKind.MISSING_PERMISSION),
    ],
)
def test_what_the_server_says_is_reported_without_addresses(here: Git, said: str, kind: RequestFailureKind) -> None:
    hook = server(here) / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    subprocess.run(["chmod", "+x", hook], check=True)

    with pytest.raises(GitHubError) as refused:
        push(here, Remote(server(here).as_uri()), ids(here)[0], "x", None)

    assert refused.value.kind is kind
    assert refused.value.message.endswith(f"GitHub says: {said.removeprefix('error: ')}")
    assert refused.value.hint


def test_a_branch_in_the_way_as_a_folder_is_told(here: Git) -> None:
    remote, first = Remote(server(here).as_uri()), ids(here)[0]
    push(here, remote, first, "mtor", None)

    with pytest.raises(GitHubError) as refused:
        push(here, remote, first, "mtor/1-x", None)

    assert refused.value.kind is RequestFailureKind.REFERENCE_EXISTS


def test_what_no_table_knows_stays_gits_own_error(here: Git) -> None:
    with pytest.raises(GitError, match="does not appear to be a git repository"):
        push(here, Remote((here.root.parent / "nobody.git").as_uri()), ids(here)[0], "x", None)
