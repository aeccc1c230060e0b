"""Schedules of a night with an order: a seed decides the order, how each spec ends, and what people do meanwhile.

The bot is real, in a process that is killed and started again; GitHub is the stand-in; a run is played, not worked.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from standins.night.loop import dispatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from standins.github import GitHubSandbox, Issue, Repository, Run
    from standins.github.pulls import Pull
    from standins.night.bot import Bot

SPECS = 5
_CALM_SECONDS = 120.0  # of the real kind, on a machine that has much to do
_LOOK_SECONDS = 0.05
_FINAL = {"mtor:done", "mtor:stalled", "mtor:failed"}
_BOT = "mtor[bot]"
_FATES = ("clean", "clean", "clean", "clean", "failing", "stalled", "empty")
_ACTS = ("merge", "close pull request", "close issue", "edit", "kill", "lose webhooks", "dispatches without answer")


@dataclass(frozen=True, slots=True)
class Plan:
    """A night: of each spec those before it, how it ends, the order of the labels, and what people do after which."""

    after: tuple[tuple[int, ...], ...]
    fates: tuple[str, ...]
    labels: tuple[int, ...]
    acts: tuple[tuple[int, str, int], ...]  # after so many labels, what, on which spec


def plan_of(seed: int) -> Plan:
    """The same night for the same seed; the graph has no cycle."""
    chance = random.Random(seed)
    names = list(range(SPECS))
    after = tuple(
        tuple(sorted(chance.sample(names[:place], min(place, chance.choice((0, 1, 1, 2)))))) for place in names
    )
    fates = tuple(chance.choice(_FATES) for _ in names)
    labels = tuple(chance.sample(names, SPECS))
    acts = [(chance.randint(1, SPECS), act, chance.choice(names)) for act in chance.sample(_ACTS, chance.randint(1, 3))]
    return Plan(after, fates, labels, tuple(sorted(acts)))


@dataclass(slots=True)
class OrderScene:
    """One schedule in a repository of its own; `play` returns what should not be, once it is over."""

    github: GitHubSandbox
    bot: Bot
    seed: int
    ends: dict[int, list[tuple[datetime, str]]] = field(default_factory=dict)  # of each issue, when and how it ended
    closed: set[int] = field(default_factory=set)  # issues that people closed

    def play(self) -> list[str]:
        """Let it all happen, wait until it has calmed down, and say what is not as it must be."""
        github, plan = self.github, plan_of(self.seed)
        repository = github.repository(
            f"acme/order-{self.seed}", {WORKFLOW_FILE: render(PLACEHOLDER, ())}, roles={"alice": "write"}
        )
        fates = {place + 1: fate for place, fate in enumerate(plan.fates)}
        github.play(lambda run: self._run(run, fates))
        installation = github.app.install(repository)
        issues = [repository.issue(f"Write {n}", _text(n, before), by="alice") for n, before in enumerate(plan.after)]
        for count, place in enumerate(plan.labels, 1):
            issues[place].label("mtor", by="alice")
            for when, act, target in plan.acts:
                if when == count:
                    self._act(act, repository, issues[target])
        self._calm()
        left = self._until(lambda: not self._unfinished() and all(map(self._is_settled, issues)))
        github.settle()
        found = [*left, *self._strange(repository, issues, plan)]
        github.app.uninstall(installation)
        return found

    def _act(self, act: str, repository: Repository, issue: Issue) -> None:
        time.sleep(0.3)
        pull = _pull(repository, issue)
        faults = self.github.faults
        if act == "merge" and pull and pull.issue.state == "open" and not pull.draft:
            pull.merge("alice")
        elif act == "close pull request" and pull and pull.issue.state == "open":
            pull.issue.close("alice")
        elif act == "close issue":
            self.closed.add(issue.number)
            issue.close("alice", "not_planned")
        elif act == "edit":
            issue.edit("alice", body=f"{issue.body}\nchanged")
        elif act == "kill":
            self.bot.kill()
            self.bot.start()
        elif act == "lose webhooks":
            faults.dropped.append("workflow_run")
        elif act == "dispatches without answer":
            faults.add("POST */dispatches", 502, after_effect=True, times=2)

    def _calm(self) -> None:
        self.github.faults.clear()
        if not self.bot.is_alive():
            self.bot.start()

    def _run(self, run: Run, fates: dict[int, str]) -> None:
        """The workflow's two jobs, as far as GitHub and the bot see them."""
        if run.event != "workflow_dispatch":
            run.finish("skipped")
            return
        run.begin()
        number = int(run.inputs["issue"])
        twins = [each.id for each in run.repository.runs.values() if each.display_title == run.display_title]
        if min(twins) == run.id:
            run.job("work", "success")
            self._publish(run, number, fates[number])
            run.job("publish", "success")
        run.finish("success")

    def _publish(self, run: Run, number: int, fate: str) -> None:
        repository, branch, pull = run.repository, f"mtor/{number}-write", None
        if fate in ("clean", "failing"):
            with repository.world.lock:
                issue = repository.issues[number]
                found = _pull(repository, issue)
                if found is None:
                    repository.commit({f"n{number}.txt": str(number)}, "write", branch=branch, by=_BOT)
                    found = repository.pull_request(branch, "Write", by=_BOT)
                    found.draft = fate == "failing"
                pull = found.number
        result = {"schema": 1, "job": run.inputs["job"], "outcome": fate, "pull_request": pull, "comment": None}
        run.artifact("mtor-result", {"result.json": json.dumps({**result, "reason": ""})})
        self.ends.setdefault(number, []).append((repository.world.clock.now(), fate))

    def _jobs(self, *, told: str) -> list[tuple[str, int, int | None, str]]:
        with sqlite3.connect(f"file:{self.bot.database}?mode=ro", uri=True) as connection:
            columns = "id, number, pull_request, outcome"
            wanted = f"SELECT {columns} FROM mtor_jobs WHERE repository = ? AND told_at IS {told}"
            return connection.execute(wanted, (f"acme/order-{self.seed}",)).fetchall()

    def _unfinished(self) -> bool:
        return bool(self._jobs(told="NULL"))

    def _is_settled(self, issue: Issue) -> bool:
        return bool(_FINAL & set(issue.label_names)) and "mtor" not in issue.label_names

    def _until(self, is_so: Callable[[], bool]) -> list[str]:
        over = time.monotonic() + _CALM_SECONDS
        while not is_so():
            if time.monotonic() > over:
                return [f"not over after {_CALM_SECONDS:.0f} s of calm: {self._jobs(told='NULL')}"]
            time.sleep(_LOOK_SECONDS)
        return []

    def _strange(self, repository: Repository, issues: list[Issue], plan: Plan) -> Iterator[str]:
        jobs = self._jobs(told="NOT NULL")
        for place, issue in enumerate(issues):
            mine = [job for job in jobs if job[1] == issue.number]
            runs = [run for run in dispatched(repository) if run.inputs["issue"] == str(issue.number)]
            yield from self._strange_order(runs, [before + 1 for before in plan.after[place]])
            if not mine:
                yield f"#{issue.number}: the request was lost"
            for name, _, pull, outcome in mine:
                yield from self._strange_end(issue, name, pull, outcome)

    def _strange_order(self, runs: list[Run], befores: list[int]) -> Iterator[str]:
        """A run of one that comes after others was asked for when all of those were green, or were out of the way."""
        for run in runs:
            for before in befores:
                ends = [fate for when, fate in self.ends.get(before, []) if when <= run.created_at]
                if not set(ends) & {"clean", "empty"}:
                    yield f"{run.display_title} began before #{before} was green: {ends}"

    def _strange_end(self, issue: Issue, name: str, pull: int | None, outcome: str) -> Iterator[str]:
        """One pull request, or one stated reason."""
        bodies = [comment.body for comment in issue.comments if comment.user.login == _BOT]
        reasons = [body for body in bodies if body.startswith(f"<!-- mtor:ending job={name} -->")]
        if (pull is None) != (len(reasons) == 1):
            yield f"#{issue.number} {name} {outcome}: pull request {pull}, reasons {reasons}"
        if outcome == "blocked" and not any("It comes after" in reason for reason in reasons):
            yield f"#{issue.number} {name}: blocked without saying by which: {reasons}"


def _text(number: int, before: tuple[int, ...]) -> str:
    names = ", ".join(f'"#{place + 1}"' for place in before)
    return f"```text create=n{number + 1}.txt\n{number + 1}\n```\n\n```yaml mtor\ntest: []\nafter: [{names}]\n```\n"


def _pull(repository: Repository, issue: Issue) -> Pull | None:
    branch = f"mtor/{issue.number}-write"
    pulls = [each.pull for each in repository.issues.values() if each.pull]
    return next((pull for pull in pulls if pull.head_ref == branch), None)
