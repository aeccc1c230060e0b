"""From `/mtor apply` to the commit on the branch, without a server: mtor's own part of it.

    python benchmarks/suggestion_to_commit.py [--rounds N]

GitHub and its runner are the stand-ins, so that none of GitHub's waits are in it: not for a runner, not for the
installation of the action, not for a check-out. What is left is three programs of mtor's, started as the action does:
the event run reads the suggestion and starts the job, the job applies it and runs its test (`true`), publish pushes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from standins.night import orchard
from standins.night.loop import looped, wait_until

if TYPE_CHECKING:
    from standins.github.pulls import Pull
    from standins.night.loop import Loop

PATIENCE_SECONDS = 600.0
PATH, LINE = "orchard/money.py", 5


class Taken(NamedTuple):
    """From the command to the commit; `processor_seconds` of mtor's programs and what they start, to their end."""

    seconds: float
    processor_seconds: float


def main() -> None:
    """Print each round, then the median and the 95th percentile, and the median of the processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder, looped(Path(folder).resolve(), scale=1.0) as loop:
        pull = opened(loop)
        took = [applied(loop, pull, number) for number in range(rounds)]
        requests = len(loop.model.requests)
    cuts = statistics.quantiles([each.seconds for each in took], n=100, method="inclusive")
    processor = statistics.median(each.processor_seconds for each in took)
    print(f"p50 {cuts[49]:.1f} s   p95 {cuts[94]:.1f} s   processor time {processor:.1f} s   rounds {rounds}")
    print(f"requests to a model: {requests}")


def opened(loop: Loop) -> Pull:
    """A pull request of mtor's, whose spec has a test that takes no time."""
    title, body = orchard.SPECS["clean"]
    issue = loop.repository.issue(title, f"{body}\n```yaml mtor\ntest: 'true'\n```\n", by="alice")
    issue.label("mtor", by="alice")
    loop.github.settle(PATIENCE_SECONDS)
    (pull,) = [each.pull for each in loop.repository.issues.values() if each.pull]
    return pull


def applied(loop: Loop, pull: Pull, number: int) -> Taken:
    """Return what one suggestion took; the commit has to be its words."""
    before, words = pull.head_sha, f"    return f'{{cents / 100:.2f}} €'  # {number}"
    pull.remark(f"```suggestion\n{words}\n```", PATH, LINE, by="bob")
    begun, before_times = time.monotonic(), os.times()
    pull.issue.comment("/mtor apply", by="alice")
    wait_until(lambda: pull.head_sha != before)
    seconds = time.monotonic() - begun
    loop.github.settle(PATIENCE_SECONDS)
    assert (loop.repository.read(PATH, pull.head_sha) or "").splitlines()[LINE - 1] == words
    after = os.times()
    user = after.children_user - before_times.children_user
    taken = Taken(seconds, user + after.children_system - before_times.children_system)
    print(f"{number + 1:>3}: {seconds:.1f} s, processor time {taken.processor_seconds:.1f} s", flush=True)
    return taken


if __name__ == "__main__":
    main()
