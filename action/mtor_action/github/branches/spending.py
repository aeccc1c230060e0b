"""The money that today's runs of the workflow spent on models: as publish recorded it, and what is still unknown.

`mtor publish` writes a line for each work job on the branch `mtor-spending`, a file for each UTC day. A run of today
without a line (it goes on, was cancelled, or lost its runner) counts as a whole budget: it may have spent that much.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mtor_action.errors import MtorError
from mtor_action.github.branches.file_contents import file_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

BRANCH = "mtor-spending"
_EVENT = "workflow_dispatch"
# https://docs.github.com/rest/actions/workflow-runs: with `created`, no search lists more than 1,000 runs.
_MOST_PAGES = 10
_MOST_RUNS = 1_000
_NOT_BEGUN = frozenset({"queued", "requested", "waiting", "pending"})
_NEVER_WORKED = frozenset({"skipped", "startup_failure"})
_OF_A_JOB = re.compile(r"mtor #\d+ [A-Za-z0-9_-]\S*")
_MOST_USD = 1e9


@dataclass(frozen=True, slots=True)
class Spent:
    """One attempt of a workflow run, and what its work job spent on models in US dollars.

    `started` is when its work began, as the report says it: of two attempts with the same one, publishing was repeated.
    """

    run: int
    attempt: int
    usd: float
    requests: int
    started: str = field(default="", compare=False)

    @property
    def published_again(self) -> Spent:
        """This attempt, where an earlier one has recorded the same work."""
        return replace(self, usd=0.0, requests=0)

    def line(self) -> bytes:
        """Return the record as a line of the day's file."""
        record = asdict(replace(self, usd=round(self.usd, 6)))
        return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class Others:
    """The spending of a day's other runs: jobs that called a model or may have, US dollars, how many are unknown."""

    jobs: int
    usd: float
    unknown: int


def day_file(day: str) -> str:
    """Return the path of a UTC day's (YYYY-MM-DD) file on the branch."""
    return f"{day}.jsonl"


def read_spent(data: bytes) -> list[Spent]:
    """Return the lines of a day's file; one that cannot be read is none, so that its run counts as unknown."""
    entries = (_spent(line) for line in data.split(b"\n") if line.strip())
    return [spent for spent in entries if spent is not None]


def spent_by_others(client: Client, run_id: int, day: str, share_usd: float) -> Others:
    """Return what the other work jobs of the UTC `day` spent; one that is not recorded counts as `share_usd`.

    Raises GitHubError, and MtorError where not all of the day's runs can be listed.
    """
    own = client.call("GET", f"actions/runs/{run_id}")
    workflow, attempt = own.number("workflow_id"), own.number("run_attempt")
    if not (workflow and attempt):
        raise MtorError("GitHub does not say which workflow this run belongs to")
    data = file_bytes(client, day_file(day), BRANCH) or b""
    recorded = {(spent.run, spent.attempt): spent for spent in read_spent(data)}
    recorded.pop((run_id, attempt), None)
    attempts = _attempts(_listed(client, workflow, day), run_id, day)
    before_us = ((run_id, number) for number in range(1, attempt) if own.text("created_at") >= day)
    unknown = {*attempts, *before_us} - recorded.keys()
    called = [spent for spent in recorded.values() if spent.requests or spent.usd]
    usd = round(sum(spent.usd for spent in called) + share_usd * len(unknown), 6)
    return Others(len(called) + len(unknown), usd, len(unknown))


def _listed(client: Client, workflow: int, day: str) -> list[Answer]:
    """Return the dispatched runs since the day before: one that began then may still be at work."""
    since = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    params = {"event": _EVENT, "created": f">={since}"}
    path = f"actions/workflows/{workflow}/runs"
    runs = list(client.pages(path, key="workflow_runs", params=params, most=_MOST_PAGES))
    if len(runs) >= _MOST_RUNS:
        raise MtorError(f"GitHub lists no more than {_MOST_RUNS:,} runs, and there may be others")
    return runs


def _attempts(runs: Iterable[Answer], run_id: int, day: str) -> set[tuple[int, int]]:
    """Return (run, attempt) of all that worked on the day, or may have, but those of `run_id`."""
    attempts: set[tuple[int, int]] = set()
    titles: set[str] = set()
    for run in sorted(runs, key=lambda listed_run: listed_run.number("id")):
        number, title, last = run.number("id"), run.text("display_title"), run.number("run_attempt")
        # Of two runs for one attempt of a job, the later one leaves the work to the other: github/runs.py.
        is_twin = title in titles and _OF_A_JOB.fullmatch(title) is not None
        titles.add(title)
        if number == run_id or is_twin or not _may_have_worked(run, run_id, day):
            continue
        first = 1 if run.text("created_at") >= day else last
        attempts |= {(number, attempt) for attempt in range(max(1, first), max(1, last) + 1)}
    return attempts


def _may_have_worked(run: Answer, run_id: int, day: str) -> bool:
    if run.text("status") != "completed":
        # One that has not begun and came after us counts us when it begins.
        return not (run.text("status") in _NOT_BEGUN and run.number("run_attempt") <= 1 and run.number("id") > run_id)
    return run.text("conclusion") not in _NEVER_WORKED and run.text("updated_at") >= day


def _spent(line: bytes) -> Spent | None:
    try:
        record: Any = json.loads(line)
        values = [record[name] for name in ("run", "attempt", "usd", "requests")]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(type(value) in (int, float) and 0 <= value < 2**53 for value in values):
        return None
    run, attempt, usd, requests = values
    started = record.get("started")
    started_text = started if isinstance(started, str) else ""
    return Spent(int(run), int(attempt), min(float(usd), _MOST_USD), int(requests), started_text)
