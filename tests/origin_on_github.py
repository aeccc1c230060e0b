"""A clone whose `origin` is on the stand-in for GitHub, and commands of mtor that read from there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command_line
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from standins.github import Repository


@dataclass
class OriginOnGitHub:
    """The clone `repo` of alice, and what is `there`."""

    repo: Path
    github: GitHubSandbox
    there: Repository

    def mtor(self, *arguments: str, **more: str) -> command_line.Ended:
        """A command in the clone, with alice's token and `more` in its environment."""
        known = {"GITHUB_SERVER_URL": self.github.url, "GITHUB_API_URL": self.github.api_url}
        env = command_line.environment(**known, GH_TOKEN=self.there.token("alice").value, **more)
        return command_line.forked(WARM_UP, self.repo, list(arguments), env)


@contextmanager
def origin_on_github(folder: Path, ago: timedelta) -> Iterator[OriginOnGitHub]:
    """A repository that begins so long `ago`."""
    with GitHubSandbox(folder / "github", scale=0.01) as github:
        github.clock.added = -ago
        there = github.repository("acme/widget", {"a.py": "x = 1\n"}, roles={"alice": "admin"})
        repo = command_line.repository(folder / "repo", {"a.py": "x = 1\n"})
        command_line.git(repo, "remote", "add", "origin", there.clone_url)
        yield OriginOnGitHub(repo, github, there)
