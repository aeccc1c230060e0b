"""The commits of a branch that the author of a text may have seen: first parents, newest first, a bounded number."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.repository.git import Git

MOST_COMMITS = 200
WINDOW_SECONDS = 30 * 24 * 3600
DEPTH = MOST_COMMITS + 1  # of the history to look at, the tip included
_MOST_QUERIES = 20_000


def commits_before(git: Git, tip: str, written_at: int) -> list[str]:
    """Return the first parents of `tip` that are not older than 30 days before `written_at`, at most 200.

    And the one before those, which was the branch's end all the time until then. `written_at` is in Unix seconds.
    """
    options = ("--first-parent", f"--max-count={DEPTH}", "--timestamp", tip)
    commits: list[str] = []
    for line in git.run("rev-list", *options).decode("ascii").splitlines()[1:]:
        seconds, commit = line.split()
        commits.append(commit)
        if int(seconds) < written_at - WINDOW_SECONDS:
            break
    return commits


def states(git: Git, commits: Sequence[str], paths: Sequence[str]) -> list[tuple[str, ...]]:
    """Return for each commit what it has at each of the paths: ids, "" for nothing; fewer commits for many paths."""
    commits = commits[: max(1, _MOST_QUERIES // max(1, len(paths)))]
    queries = "".join(f"{commit}:{path}\n" for commit in commits for path in paths)
    out = git.run("cat-file", "--batch-check", stdin=queries.encode("utf-8", "surrogateescape"))
    ids = [_id(line) for line in out.splitlines()]
    return [tuple(ids[at * len(paths) : (at + 1) * len(paths)]) for at in range(len(commits))]


def _id(line: bytes) -> str:
    words = line.rsplit(b" ", 2)
    return words[0].decode("ascii", "replace") if len(words) == 3 and words[1] in (b"blob", b"tree", b"commit") else ""


def time_of_file(git: Git, argument: str) -> int:
    """Return when the text in a file was written, in Unix seconds: when it was last committed, else now."""
    path = Path(argument)
    if argument != "-" and path.is_file() and path.resolve().is_relative_to(git.root):
        try:
            name = str(path.resolve().relative_to(git.root))
            seconds = git.run("log", "-1", "--format=%ct", "HEAD", "--", name).decode("ascii").strip()
        except GitError:
            seconds = ""
        if seconds:
            return int(seconds)
    return int(time.time())
