"""A month of nights, made by a seed: each figure of each morning, and of the outcomes, equals a count by hand.

The count by hand keeps its own list of what happened and knows nothing of labels, lists, ledgers and time zones.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.bots import scene
from bot.durable.test_mornings import webhook
from mtor_action.coaching.note import BRANCH, PATH
from mtor_action.coaching.runs import RunRecord, with_run
from mtor_action.github.branches.coaching_files import read_file
from mtor_action.outcomes.pull_outcomes import PATH as LEDGER
from mtor_bot.durable.mornings import keep_mornings
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import Scene
    from standins.github.pulls import Pull

DAYS = 30
ZONE = "Europe/Berlin"
# A month in which the clocks go back: the night before 25 October 2026 has an hour more.
FIRST = datetime(2026, 10, 5, 22, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
# What mtor does on its own pull requests.
KINDS = ("fix_ci", "apply", "remake")


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Entry:
    """A job as somebody at the window wrote it down."""

    number: int
    state: str
    changed: datetime
    tokens: int = 0
    pull: Pull | None = None
    end: str = "open"
    ended: datetime | None = None
    opened: datetime | None = None
    reverted: bool = False
    by_people: bool = False
    again: Entry | None = None  # the job on its pull request


@dataclass
class Month:
    """What happens, night by night, and the list of it."""

    here: Scene
    dice: random.Random
    now: datetime = FIRST
    entries: list[Entry] = field(default_factory=list)
    runs: list[tuple[datetime, str, int]] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    costs: list[tuple[datetime, int, int]] = field(default_factory=list)  # when, on which number, tokens

    def at(self, moment: datetime) -> None:
        self.now = moment
        self.here.github.clock.added = moment - datetime.now(UTC)

    def today(self) -> None:
        """Tokens are of today."""
        self.here.github.clock.added = timedelta()

    def night(self) -> None:
        """Up to three jobs, each with one of the things that happen to jobs."""
        for _ in range(self.dice.randrange(4)):
            self.at(self.now + timedelta(minutes=self.dice.randrange(5, 90)))
            self._job()

    def day(self) -> None:
        """What people do: merge, close, take back."""
        there = self.here.repository
        for entry in [each for each in self.entries if each.pull and each.end == "open" and self.dice.random() < 0.6]:
            self.at(self.now + timedelta(minutes=7))
            pull = entry.pull
            assert pull is not None
            if self.dice.random() < 0.75:
                if self.dice.random() < 0.3:
                    there.commit({f"p{entry.number}.py": "2\n"}, "by hand", branch=pull.head_ref, by="alice")
                    entry.by_people = True
                pull.merge()
                entry.end = "merged"
            else:
                pull.issue.close("alice")
                entry.end = "closed"
            entry.ended = entry.changed = self.now
            if entry.again:
                entry.again.changed = self.now  # that is a row of its own, which has just changed
        merged = [each for each in self.entries if each.end == "merged" and not each.reverted]
        if merged and self.dice.random() < 0.2:
            entry = self.dice.choice(merged)
            assert entry.pull is not None
            assert entry.ended is not None
            self.at(self.now + timedelta(minutes=7))
            words = f'Revert "x"\n\nThis reverts commit {entry.pull.merge_sha}.'
            there.commit({f"r{len(self.entries)}-{self.now.day}.txt": f"{self.now}"}, words, by="alice")
            entry.reverted = self.now - entry.ended <= timedelta(days=14)

    def _job(self) -> None:
        there = self.here.repository
        issue = there.issue("job", by="alice")
        state = self.dice.choice(["done", "done", "done", "failed", "stalled"])
        tokens = self.dice.choice([0, 0, 700, 1300])
        issue.label(f"mtor:{state}", by="mtor[bot]")
        entry = Entry(issue.number, state, self.now, tokens)
        if state == "done":
            branch = f"mtor/{issue.number}-x"
            message = f"x\n\nSpec: #{issue.number}\nJob: j{issue.number}"
            there.commit({f"p{issue.number}.py": "1\n"}, message, branch=branch, by="mtor[bot]")
            entry.pull, entry.opened = there.pull_request(branch, "x", by="mtor[bot]"), self.now
        self.entries.append(entry)
        if entry.pull and self.dice.random() < 0.5:
            self._go_on(entry, entry.pull)
        outcome = {"done": "fixed" if tokens else "clean"}.get(state, "failing")
        self._ran(outcome, tokens, entry.number)
        self._record(RunRecord(
            f"j{issue.number}", self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), outcome, tokens=tokens,
            green_without_model=outcome == "clean", usd=tokens / 1e6, issue=issue.number,
        ))  # fmt: skip

    def _ran(self, outcome: str, tokens: int, number: int) -> None:
        self.runs.append((self.now, outcome, tokens))
        self.costs.append((self.now, number, tokens))

    def _go_on(self, entry: Entry, pull: Pull) -> None:
        """The review goes on: failing checks handed over (`fix_ci`), a suggestion applied, or the base has moved."""
        self.at(self.now + timedelta(minutes=4))
        kind, name = self.dice.choice(KINDS), f"k{pull.number}"
        self.kinds.add(kind)
        state = self.dice.choice(["done", "failed"]) if kind == "fix_ci" else "done"
        if state == "done":
            message = f"y\n\nSpec: #{pull.number}\nJob: {name}"
            content = {f"p{entry.number}.py": f"{kind}\n"}
            self.here.repository.commit(content, message, branch=pull.head_ref, by="mtor[bot]")
        if kind == "remake":  # nobody is told of it
            return
        pull.issue.label(f"mtor:{state}", by="mtor[bot]")
        tokens = 900 if kind == "fix_ci" else 0
        entry.again = Entry(pull.number, state, self.now, tokens)
        self.entries.append(entry.again)
        if kind == "fix_ci":  # what is only carried over is not a run of a spec or of a model
            outcome = "fixed" if state == "done" else "failing"
            self._ran(outcome, tokens, pull.number)
            moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            self._record(RunRecord(name, moment, outcome, tokens=tokens, usd=tokens / 1e6, issue=pull.number))

    def _record(self, run: RunRecord) -> None:
        """As publish does it: a line in the month's file on the branch."""
        there, path = self.here.repository, f"runs/{run.date[:7]}.jsonl"
        before = there.read(path, BRANCH)
        there.commit({path: with_run(before.encode() if before else None, run)}, "run", branch=BRANCH, by="mtor[bot]")

    # By hand: what the list says.

    def rows_since(self, since: datetime) -> dict[int, int]:
        """The number of each row, and its tokens."""
        changed = [each for each in self.entries if each.changed >= since and self._issue_changed(each, since)]
        numbers = {each.number for each in changed}
        # What went well on a pull request is part of its issue's row, if that has one tonight.
        own = {each.again.number: each.number for each in changed if each.again and each.again.state == "done"}
        rows = dict.fromkeys(numbers - own.keys(), 0)
        for at, number, tokens in self.costs:
            if at >= since and own.get(number, number) in rows:
                rows[own.get(number, number)] += tokens
        return rows

    def _issue_changed(self, entry: Entry, since: datetime) -> bool:
        # A merge changes the pull request, not the issue of the job.
        return self.here.repository.issues[entry.number].updated_at >= since

    def week(self, monday: str) -> dict[str, int]:
        first = datetime.fromisoformat(monday).replace(tzinfo=UTC)
        after = first + timedelta(days=7)
        opened = [each for each in self.entries if each.opened and first <= each.opened < after]
        ran = [run for run in self.runs if first <= run[0] < after]
        merged = [each for each in opened if each.end == "merged"]
        return {
            "opened": len(opened),
            "merged": len(merged),
            "closed": sum(each.end == "closed" for each in opened),
            "open": sum(each.end == "open" for each in opened),
            "reverted": sum(each.reverted for each in merged),
            "untouched": sum(not each.by_people for each in merged),
            "runs": len(ran),
            "clean": sum(outcome == "clean" for _, outcome, _ in ran),
            "tokens": sum(tokens for _, _, tokens in ran),
        }


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_every_figure_of_a_month_equals_a_count_by_hand(tmp_path: Path) -> None:
    with (
        webhook() as (address, taken, _statuses),
        scene(tmp_path, night_webhook=address, night_at="07:00", night_zone=ZONE) as here,
    ):
        month = Month(here, random.Random(20261005))
        job_rows.request(here.bot.engine, here.request(here.repository.issue("first", by="alice")), 1.0)
        here.repository.commit({PATH: "notes: []\n"}, "notes", branch=BRANCH, by="alice")
        zone, told = ZoneInfo(ZONE), []
        ended = datetime(2026, 10, 5, 7, 0, tzinfo=zone).astimezone(UTC)
        look(month, FIRST)
        for number in range(1, DAYS + 1):
            month.night()
            end = datetime(2026, 10, 5, 7, 0, tzinfo=zone).replace(fold=0) + timedelta(days=number)
            end = end.replace(tzinfo=zone).astimezone(UTC)
            expected = month.rows_since(ended)
            if month.dice.random() < 0.4:
                look(month, end + timedelta(minutes=1), dies_at=month.dice.randrange(12))
            look(month, end + timedelta(minutes=15))
            look(month, end + timedelta(minutes=20))
            shown(month, expected, end)
            told += [set(expected)] if expected else []
            ended = end
            month.at(end + 3 * HOUR)
            month.day()
            month.at(max(month.now, end + 12 * HOUR))
        texts = [str(message["text"]) for message in taken]
        assert [set(map(int, re.findall(r"• #(\d+) ", text))) for text in texts] == told
        assert month.kinds == set(KINDS)
        counted(month)


def look(month: Month, moment: datetime, dies_at: int | None = None) -> None:
    """Let the bot look at that moment; its process may end after so many requests."""
    month.today()
    seen, send = 0, httpx.Client.send

    def sent(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        nonlocal seen
        answer, seen = send(self, request, **options), seen + 1
        if dies_at is not None and seen > dies_at:
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", sent)
        try:
            keep_mornings(month.here.bot, moment.timestamp())
        except Killed:
            assert dies_at is not None


def shown(month: Month, expected: dict[int, int], end: datetime) -> None:
    """The issue has exactly the jobs of the night, with their costs, and there is one."""
    nights = [each for each in month.here.repository.issues.values() if each.title == "mtor: last night"]
    if not nights:
        assert not expected
        return
    (night,) = nights
    rows = dict(re.findall(r"(?m)^\| #(\d+) .*\| ([\d,]+) tokens", str(night.body)))
    assert {int(number): int(cost.replace(",", "")) for number, cost in rows.items()} == expected, end


def counted(month: Month) -> None:
    """The ledger on the branch, and the figures made from it and from the runs."""
    from mtor_action.coaching.runs import read_runs
    from mtor_action.outcomes.changed_pulls import update
    from mtor_action.outcomes.figures import total, weeks
    from mtor_action.outcomes.pull_outcomes import read_ledger

    here = month.here
    month.today()
    place = InstalledRepository(here.installation.id, 0, here.repository.full_name)
    with here.bot.clients.repository(place) as client:
        kept = read_ledger(read_file(client, LEDGER))
        ledger = update(kept, client, "2026-01-01T00:00:00Z")
        once = update(read_ledger(None), client, "2026-01-01T00:00:00Z")
    assert len(kept.pulls) >= len([each for each in month.entries if each.pull]) - 3
    assert ledger.pulls == once.pulls
    months = ("2026-10", "2026-11")
    texts = [here.repository.read(f"runs/{name}.jsonl", BRANCH) or "" for name in months]
    runs = [run for text in texts for run in read_runs(text.encode())]
    rows = weeks(ledger.pulls.values(), runs, FIRST.date(), month.now.date())
    names = ("opened", "merged", "closed", "open", "reverted", "untouched", "runs", "clean", "tokens")
    for row in rows:
        assert {name: getattr(row, name) for name in names} == month.week(row.begins), row.begins
    assert total(rows).reverted > 0
    assert total(rows).merged > 10
