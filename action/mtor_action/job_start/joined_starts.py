"""The joined start of a pull request whose spec comes after several: renewed when one of those changes or is merged.

While one of them is open, the branch `mtor/start-NUMBER` holds all that are open, and the base if one is merged. When
none is, the pull request goes where those went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.branches.repositories import branch_head, repository
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.pulls.joining_branch import discard_joining, join_branches
from mtor_action.github.pulls.pulls import issue_of
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.job_start.predecessors_on_github import PredecessorState, last_results, order_of
from mtor_action.manifest.manifest import parse_spec

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


def renew_start(client: Client, pull: Answer) -> bool:
    """Bring the joined start of an open pull request up to date, or change its base; return whether it has one.

    Where the results do not merge, or one of them is not green just now, all stays as it is. Raises GitHubError,
    MtorError.
    """
    number = issue_of(pull)
    fetched = fetch_spec(client, number)
    spec = parse_spec(fetched.parts, fetched.title)
    order = order_of(client, number, spec, is_blocked=fetched.is_blocked)
    if pull.text("base", "ref") != order.start_branch:
        return False
    if not order.predecessors or any(entry.progress is not PredecessorState.GREEN for entry in order.predecessors):
        return True
    default = repository(client).default_branch
    base = spec.settings.base or settings_at(client).settings.base or default
    tip = branch_head(client, base) or ""
    open_results = [(entry.branch, entry.head) for entry in last_results(client, order)]
    if not open_results:
        client.call("PATCH", f"pulls/{pull.number('number')}", {"base": base if tip else default})
        discard_joining(client, order.start_branch)
        return True
    is_merged = any(not entry.branch for entry in order.predecessors)
    join_branches(client, order.start_branch, [*([(base, tip)] if is_merged and tip else []), *open_results])
    return True
