"""What one job asks of GitHub's API, from the label to the end, on the stand-in: requests, points, and what for.

    python benchmarks/requests_of_a_job.py [--list]

Counted is the second job of a repository, whose labels exist by then. Apart are git's own protocol, the service that
signs a run's identity, the App's regular passes over what it may have missed, and looks at a run under way, whose
number depends on how long it takes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from standins.night.bot import served
from standins.night.loop import looped, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.github import GitHubSandbox, Issue
    from standins.github.exchange import Exchange

PASSES = ("/repos/{owner}/{repo}/issues", "/repos/{owner}/{repo}/issues/events")
LOOK = "/repos/{owner}/{repo}/actions/runs/{run}"
ENDED = {"mtor:done", "mtor:stalled", "mtor:failed"}
CASES = (
    ("green, with the App", "clean", True),
    ("repaired, with the App", "fixed", True),
    ("green, without a server", "clean", False),
    ("repaired, without a server", "fixed", False),
)
MOST_POINTS_SHOWN = 60


def main() -> None:
    """Print a line for each case; with --list also each request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="also what was asked, in order")
    options = parser.parse_args()
    print(f"{'':<28}{'requests':>10}{'points':>8}{'looks':>8}")
    for name, ending, has_app in CASES:
        asked = asked_of(ending, has_app=has_app)
        rest = [each for each in asked if each.template != LOOK]
        print(f"{name:<28}{len(rest):>10}{sum(each.points for each in rest):>8}{len(asked) - len(rest):>8}")
        print(f"{'':<28}{by_asker(rest)}")
        if options.list:
            show(rest)


def asked_of(ending: str, *, has_app: bool) -> Sequence[Exchange]:
    """Return the API requests of one job, those for tokens included."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder).resolve()
        root.chmod(0o755)
        loop = stack.enter_context(looped(root / "github", scale=1.0))
        if has_app:
            bot = stack.enter_context(served(loop.github, root))
            loop.installed(bot.url)
        for spec in ("clean", ending):
            issue = loop.issue(spec)
            loop.github.settle(200)
            loop.github.requests.clear()
            issue.label("mtor", by="alice")
            wait_until(partial(has_ended, issue))
            wait_until(partial(is_recorded, loop.github))
            loop.github.settle(200)
        return [each for each in loop.github.requests if is_counted(each)]


def is_counted(request: Exchange) -> bool:
    """Return whether it is the job's own, not git's and not one of the App's regular passes."""
    is_pass = request.who == "mtor[bot]" and request.template in PASSES
    return request.who != "anonymous" and ".git/" not in request.path and not is_pass


def has_ended(issue: Issue) -> bool:
    """Return whether the last thing that is done for a job was done."""
    return bool(ENDED & set(issue.label_names)) and "mtor" not in issue.label_names


def is_recorded(github: GitHubSandbox) -> bool:
    """Return whether the request by which the job got its last label has its answer."""
    return any(each.changes and any(label in str(each.answer) for label in ENDED) for each in github.requests)


def by_asker(asked: Sequence[Exchange]) -> str:
    counted = Counter(each.who or "App" for each in asked)
    return " · ".join(f"{who} {number}" for who, number in sorted(counted.items()))


def show(asked: Sequence[Exchange]) -> None:
    for each in asked:
        query = "".join(f" {key}={value}" for key, value in each.query.items())
        print(f"    {each.status} {each.points} {each.who[:22]:<22} {each.method:<6} {each.path}{query}")


if __name__ == "__main__":
    main()
