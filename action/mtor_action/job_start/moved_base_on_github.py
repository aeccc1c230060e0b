"""Where a spec may go that does not apply to the branch as it is now, looked up on GitHub within bounds.

There is no git here, so nothing is merged: the runner does that. This only makes sure that a spec which the runner may
carry to the branch is not refused, and that a wrong one still is, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import TreeTooLarge
from mtor_action.github.branches.repositories import commit_of, holder_of
from mtor_action.github.payloads import read_time, stamp_of
from mtor_action.job_start.remote_tree import RemoteTree
from mtor_action.plan.plan import make_plan
from mtor_action.preparation.written_for import contents_of, paths_of
from mtor_action.repository.revisions.first_parents import WINDOW_SECONDS

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.placed_operations import Plan

MOST_PATHS = 5
MOST_TREES = 8


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A commit on which the spec applies, with its `plan` there; "" and no plan where not all were looked at."""

    commit: str = ""
    plan: Plan | None = None


def find_elsewhere(client: Client, spec: Spec, base: str, plan: Plan, written_at: int) -> Elsewhere | None:
    """Return where the spec may come from whose `plan` on the commit `base` has faults; None: from nowhere.

    `written_at` is in Unix seconds. At most MOST_PATHS lists of commits and MOST_TREES trees are asked for. Raises
    GitHubError.
    """
    name = spec.settings.written_for
    if name:
        commit = commit_of(client, name)
        is_ours = commit is not None and commit.startswith(name) and holder_of(client, commit) is not None
        return _planned(client, spec, commit) if commit and is_ours else None
    paths = list(dict.fromkeys([*(hunk.path for hunk in plan.unplaced), *filter(None, paths_of(spec))]))
    candidates = _before_each_change(client, base, paths[:MOST_PATHS], written_at)
    for commit in candidates[:MOST_TREES]:
        elsewhere = _planned(client, spec, commit)
        if elsewhere is not None:
            return elsewhere
    return Elsewhere() if len(candidates) > MOST_TREES else None


def _before_each_change(client: Client, base: str, paths: list[str], written_at: int) -> list[str]:
    """Return the first parents of the commits that touched the paths lately, newest first.

    https://docs.github.com/rest/commits/commits#list-commits
    """
    since = stamp_of(max(0, written_at - WINDOW_SECONDS))
    times: dict[str, float] = {}
    for path in paths:
        query: dict[str, str | int] = {"sha": base, "path": path, "since": since, "per_page": MOST_TREES + 1}
        for item in client.call("GET", "commits", params=query).items():
            parents = item.items("parents")
            if parents:
                times.setdefault(parents[0].text("sha"), read_time(item, "commit.committer.date"))
    return sorted(times, key=lambda commit: -times[commit])


def _planned(client: Client, spec: Spec, commit: str) -> Elsewhere | None:
    try:
        tree = RemoteTree(client, commit)
        plan = make_plan(spec, tree, seen=contents_of(tree) if spec.settings.written_for else None)
    except TreeTooLarge:
        return Elsewhere()
    return Elsewhere(commit, plan) if plan.changes and not plan.faults else None
