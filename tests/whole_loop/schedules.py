"""Fault schedules: a seed decides what people ask for, what goes wrong meanwhile, and how each run ends.

The bot is real, in a process that is killed and started again; GitHub is the stand-in; a run is played, not worked.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from standins.github.runner import LOST
from standins.night.loop import dispatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from standins.github import GitHubSandbox, Issue, Repository, Run
    from standins.night.bot import Bot

SCALE = 0.004  # an hour lasts 14 seconds
_ISSUES = 3
_CALM_SECONDS = 120.0  # of the real kind, on a machine that has much to do
_LOOK_SECONDS = 0.05
_FINAL = {"mtor:done", "mtor:stalled", "mtor:failed"}
_SPEC = "```text create=n%d.txt\n%d\n```\n\n```yaml mtor\ntest: []\n```\n"
_BOT = "mtor[bot]"
# What may be asked for of one issue, in order; one job comes of each.
_ASKED = (("label",), ("label",), ("comment",), ("label", "comment"), ("comment", "comment"), ("label", "label"))
_FATES = ("well", "well", "well", "well", "lost", "not started", "publishing fails", "slow")


class Event(NamedTuple):
    """Something that happens: `wait_seconds` (real) after the one before."""

    wait_seconds: float
    name: str
    number: int = 0


def events(seed: int) -> list[Event]:
    """What people do (a name of `_ASKED`, `number` of the issue) and what goes wrong, in order."""
    chance = random.Random(seed)
    asked = [(kind, number) for number in range(_ISSUES) for kind in chance.choice(_ASKED)]
    wrong = [(name, 0) for name in chance.sample(sorted(_WRONG), chance.randint(2, 4))]
    chance.shuffle(asked)
    for each in wrong:
        asked.insert(chance.randint(0, len(asked)), each)
    return [Event(chance.choice((0.0, 0.02, 0.1, 0.3)), name, number) for name, number in asked]


@dataclass(slots=True)
class Scene:
    """One schedule in a repository of its own; `strange` is what should not be, once it is over."""

    github: GitHubSandbox
    bot: Bot
    seed: int

    def play(self) -> list[str]:
        """Let it all happen, wait until it has calmed down, and say what is not as it must be."""
        github, chance = self.github, random.Random(-self.seed)
        github.play(lambda run: _play(run, self.seed))
        name = f"acme/seed-{self.seed}"
        repository = github.repository(name, {WORKFLOW_FILE: render(PLACEHOLDER, ())}, roles={"alice": "write"})
        installation = github.app.install(repository)
        issues = [repository.issue(f"Write {n}", _SPEC % (n, n), by="alice") for n in range(_ISSUES)]
        for event in events(self.seed):
            time.sleep(event.wait_seconds)
            if event.name in _WRONG:
                _WRONG[event.name](self, chance)
            elif event.name == "label":
                issues[event.number].label("mtor", by="alice")
            else:
                issues[event.number].comment("/mtor run", by="alice")
        self._calm()
        left = _until(lambda: not (self._unfinished() or any(not _is_settled(issue) for issue in issues)))
        github.settle()
        found = [*left, *self._strange(repository, issues)]
        github.app.uninstall(installation)  # or the bot would go on looking after it, schedule after schedule
        return found

    def _calm(self) -> None:
        if self.github.faults.held is not None:
            self.github.faults.release()
        self.github.faults.clear()
        if not self.bot.is_alive():
            self.bot.start()

    def restart(self) -> None:
        """As after a crash."""
        self.bot.kill()
        self.bot.start()

    def _jobs(self, *, told: str) -> list[tuple[str, int, int | None]]:
        """Id, issue and pull request of this repository's jobs, of those that `told` selects."""
        with sqlite3.connect(f"file:{self.bot.database}?mode=ro", uri=True) as connection:
            wanted = f"SELECT id, number, pull_request FROM mtor_jobs WHERE repository = ? AND told_at IS {told}"
            return connection.execute(wanted, (f"acme/seed-{self.seed}",)).fetchall()

    def _unfinished(self) -> bool:
        return bool(self._jobs(told="NULL"))

    def _strange(self, repository: Repository, issues: list[Issue]) -> Iterator[str]:
        jobs = self._jobs(told="NOT NULL")
        for issue in issues:
            mine = [job for job in jobs if job[1] == issue.number]
            yield from _strange_issue(repository, issue, [(name, pull) for name, _, pull in mine])
        known = {name for name, _, _ in jobs}
        unknown = [run.display_title for run in dispatched(repository) if run.inputs["job"] not in known]
        yield from (f"a run of no job: {title}" for title in unknown)


def _strange_issue(repository: Repository, issue: Issue, jobs: list[tuple[str, int | None]]) -> Iterator[str]:
    where = f"#{issue.number}"
    if not jobs:
        yield f"{where}: the request was lost"
    bodies = [comment.body for comment in issue.comments if comment.user.login == _BOT]
    if sum(body.startswith("<!-- mtor:status ") for body in bodies) != 1:
        yield f"{where}: not one sticky comment: {bodies}"
    effective = Counter(run.inputs["job"] for run in dispatched(repository) if run.artifacts)
    pulls = [each.pull for each in repository.issues.values() if each.pull]
    ours = [pull.number for pull in pulls if pull.head_ref == f"mtor/{issue.number}-write"]
    for name, pull in jobs:
        reasons = [body for body in bodies if body.startswith(f"<!-- mtor:ending job={name} -->")]
        published = (effective[name], [pull], len(reasons)) == (1, ours, 0)
        explained = (effective[name], pull, len(reasons)) == (0, None, 1)
        if not (published or explained):
            yield f"{where} {name}: {effective[name]} effective runs, {pull} of the pull requests {ours}, {reasons}"
    states = [label for label in issue.label_names if label.startswith("mtor")]
    if len(states) != 1:
        yield f"{where}: labels {states}"


def _is_settled(issue: Issue) -> bool:
    return bool(_FINAL & set(issue.label_names)) and "mtor" not in issue.label_names


def _until(is_so: Callable[[], bool]) -> list[str]:
    over = time.monotonic() + _CALM_SECONDS
    while not is_so():
        if time.monotonic() > over:
            return [f"not over after {_CALM_SECONDS:.0f} s of calm"]
        time.sleep(_LOOK_SECONDS)
    return []


# how runs end


def _play(run: Run, seed: int) -> None:
    """The workflow's two jobs, as far as GitHub and the bot see them; the fate is that of the issue's attempt."""
    if run.event != "workflow_dispatch":  # with the App, what labels and comments start has nothing to do
        run.finish("skipped")
        return
    twins = [each.id for each in run.repository.runs.values() if each.display_title == run.display_title]
    chance = random.Random(f"{seed} {run.display_title.split()[1]} {run.inputs['attempt']}")
    fate = "twin" if min(twins) < run.id else chance.choice(_FATES)
    if fate == "not started":
        run.finish("startup_failure")
        return
    run.begin()
    time.sleep(chance.choice((0.0, 0.05, 0.2)) if fate != "slow" else 0.6)
    if fate == "twin":
        run.job("work", "success")
        run.job("publish", "skipped")
        run.finish("success")
    elif fate == "lost":
        run.job("work", "failure", annotation=LOST)
        run.job("publish", "skipped")
        run.finish("failure")
    else:
        run.job("work", "success")
        fails = fate == "publishing fails" and run.attempt == 1
        if not fails:
            _publish(run)
        run.job("publish", "failure" if fails else "success")
        run.finish("failure" if fails else "success")


def _publish(run: Run) -> None:
    """The job's pull request, found if it is there, and its result."""
    repository, number = run.repository, run.inputs["issue"]
    branch = f"mtor/{number}-write"
    with repository.world.lock:
        found = next((each for each in repository.issues.values() if each.pull and each.pull.head_ref == branch), None)
        if found is None:
            repository.commit({f"n{number}.txt": number}, "write", branch=branch, by=_BOT)
            found = repository.pull_request(branch, "Write", by=_BOT).issue
    result = {"schema": 1, "job": run.inputs["job"], "outcome": "clean", "pull_request": found.number, "comment": None}
    run.artifact("mtor-result", {"result.json": json.dumps({**result, "reason": ""})})


# what goes wrong


def _webhooks(scene: Scene, chance: random.Random) -> None:
    faults, name = scene.github.faults, chance.choice(("issues", "issue_comment", "workflow_run", "*"))
    how = chance.randrange(3)
    if how == 0:
        faults.dropped.append(name)
    elif how == 1:
        faults.duplicated.update(dict.fromkeys(("issues", "issue_comment", "workflow_run"), 5))
    else:
        faults.late_seconds.update({each: chance.choice((30.0, 120.0)) for each in ("issues", "workflow_run")})


def _dispatches(scene: Scene, chance: random.Random) -> None:
    faults, pattern = scene.github.faults, "POST */dispatches"
    kind = chance.randrange(3)
    if kind == 0:
        faults.add(pattern, chance.choice((500, 502)), after_effect=True, times=2)
    elif kind == 1:
        faults.reset(pattern, after_effect=True, times=2)
    else:
        faults.add(pattern, 503, times=3)
    faults.run_list_lag_seconds = chance.choice((0.0, 10.0, 30.0))


def _kill_in_a_while(scene: Scene, chance: random.Random) -> None:
    """Now, or somewhere in what happens next."""
    wait_seconds = chance.uniform(0.0, 0.5)
    time.sleep(wait_seconds)
    scene.restart()


_WRONG: dict[str, Callable[[Scene, random.Random], object]] = {
    "webhooks are lost, late or come again": _webhooks,
    "webhooks are held back and come in another order": lambda scene, _: scene.github.faults.hold(),
    "dispatches have an effect and no answer": _dispatches,
    "requests fail by chance": lambda scene, chance: scene.github.faults.schedule(
        chance.randrange(10**6), 0.15, chance.choice(("*", "POST *", "P*"))
    ),
    "GitHub is down": lambda scene, _: scene.github.faults.down(200.0),
    "the primary limit is reached": lambda scene, _: scene.github.faults.rate_limit(times=3),
    "the secondary limit is reached": lambda scene, _: scene.github.faults.secondary_limit("POST *", times=3),
    "the bot is killed": _kill_in_a_while,
    "the bot is killed, again": _kill_in_a_while,
}
