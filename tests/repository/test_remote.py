"""git against a server that asks for a token, which is in the environment of one process and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import GitError
from mtor_action.repository.remote import Remote, empty_repository, fetch, push
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "sandbox") as found:
        yield found


def test_a_token_opens_a_private_repository_and_stays_in_no_file(
    github: GitHubSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = github.repository("alice/garden", {"a.py": "a = 1\n"})
    first, second = theirs.head(), theirs.commit({"a.py": "a = 2\n"})
    token = theirs.token("github-actions[bot]", {"contents": "write"}).value
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "of the machine")
    (tmp_path / "here").mkdir()
    git, remote = empty_repository(tmp_path / "here"), Remote(f"{github.url}/alice/garden.git", token)

    fetch(git, remote, [f"+{first}:refs/mtor/base", "+refs/heads/main:refs/mtor/main"])
    push(git, remote, str(first), "elsewhere", None)

    assert git.run("show", "refs/mtor/base:a.py") == b"a = 1\n"
    assert git.run("rev-parse", "refs/mtor/main").decode().strip() == second
    assert git.run("config", "user.name") == b"of the machine\n"
    assert theirs.head("elsewhere") == first
    assert token not in repr(remote)
    kept = [path.read_bytes() for path in git.git_dir.rglob("*") if path.is_file()]
    assert kept
    assert not any(token.encode() in content for content in kept)


def test_without_a_token_nothing_is_asked_of_anybody(github: GitHubSandbox, tmp_path: Path) -> None:
    github.repository("alice/garden")
    (tmp_path / "here").mkdir()

    with pytest.raises(GitError, match=r"could not read Username|Authentication failed"):
        fetch(empty_repository(tmp_path / "here"), Remote(f"{github.url}/alice/garden.git"), ["HEAD:refs/x"])
