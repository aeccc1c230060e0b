"""From the label to the acknowledgement and to the repository's first command, without a server, under act.

    python benchmarks/label_to_run.py [--rounds N]

Beside it runs a bare workflow, on a label too, that only checks out and runs the tests. GitHub is the stand-in, so that
none of GitHub's own waits are in it: what is compared is what both ask of a runner. The first round of mtor installs
its action, as every job on a fresh runner does; the later ones find it installed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner
from standins.night.loop import SCALE

if TYPE_CHECKING:
    from standins.github import Issue, Repository

PATIENCE_SECONDS = 600.0
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
BARE_FILE = ".github/workflows/bare.yml"
BARE = f"""\
on:
  issues:
    types: [labeled]
jobs:
  test:
    if: github.event.label.name == 'bare'
    runs-on: ubuntu-24.04
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - run: sh tests/check.sh
"""


class Times(NamedTuple):
    """Seconds from the label to the status comment (None: there is none) and to the first command."""

    acknowledged: float | None
    first_command: float


def main() -> None:
    """Print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        root.chmod(0o755)
        stamp = root / "open" / "first"
        stamp.parent.mkdir()
        stamp.parent.chmod(0o777)  # the command may run as a user of its own
        with GitHubSandbox(root / "github", scale=SCALE) as github:
            files = {"tests/check.sh": f"test -e {stamp} || date +%s.%N > {stamp}\n", BARE_FILE: BARE}
            workflow = {WORKFLOW_FILE: render(PLACEHOLDER, ())}
            repository = github.repository("acme/widget", {**files, **workflow}, roles={"ada": "write"})
            repository.actions_may_create_pulls = True
            github.play(ActRunner(github, root, root / "installed"))
            bare = [measure(github, repository, "bare", number, stamp) for number in range(rounds)]
            mtor = [measure(github, repository, "mtor", number, stamp) for number in range(rounds + 1)]
    report("bare workflow", bare)
    report("mtor, installing", mtor[:1], bare)
    report("mtor, installed", mtor[1:], bare)


def measure(github: GitHubSandbox, repository: Repository, label: str, number: int, stamp: Path) -> Times:
    """Return the times of one label."""
    body = f"```text create={label}-{number}.txt\n{number}\n```\n\n```yaml mtor\ntest: sh tests/check.sh\n```\n"
    issue = repository.issue(f"Add {label} {number}", body, by="ada")
    stamp.unlink(missing_ok=True)
    begun = time.time()
    issue.label(label, by="ada")
    github.settle(PATIENCE_SECONDS)
    if not stamp.exists():
        logs = "\n".join(repr(run.display_title) + f" {run.conclusion}" for run in repository.runs.values())
        raise SystemExit(f"the first command did not run:\n{logs}")
    return Times(acknowledged(issue, begun), float(stamp.read_text()) - begun)


def acknowledged(issue: Issue, begun: float) -> float | None:
    """Return how long after the label the status comment was posted."""
    posted = [each.created_at.timestamp() for each in issue.comments if each.body.startswith("<!-- mtor:status ")]
    return posted[0] - begun if posted else None


def report(name: str, times: list[Times], floor: list[Times] | None = None) -> None:
    """Print the medians, and the ratio to the bare workflow's first command."""
    first = statistics.median(each.first_command for each in times)
    answers = [each.acknowledged for each in times if each.acknowledged is not None]
    answer = f"{statistics.median(answers):6.1f} s" if answers else "       -"
    ratio = f"{first / statistics.median(each.first_command for each in floor):5.1f}x" if floor else "     -"
    print(f"{name:<18} acknowledged {answer}   first command {first:6.1f} s   {ratio}   rounds {len(times)}")


if __name__ == "__main__":
    main()
