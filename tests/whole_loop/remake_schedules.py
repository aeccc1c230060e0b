"""Schedules of pull requests whose bases move: a seed decides who pushes, merges, reviews, closes and asks, and when.

Everything is in this process: event runs are answered here, and a run that remakes a pull request is the real
fetching, carrying and publishing, without a command. What its tests would have said is the schedule's to decide.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.client import connect
from mtor_action.github.texts.pins import decode
from mtor_action.handover.handover import Handover
from mtor_action.preparation.remake_merge import prepare_remake
from mtor_action.publish.credentials import credentials
from mtor_action.publish.inputs import Secrets, read_order
from mtor_action.publish.publication import Publication
from mtor_action.publish.state_without_server import show_end
from mtor_action.report.report import Outcome, Report
from mtor_action.repository.remote import Remote, empty_repository
from mtor_action.repository.revisions.commit import BranchTarget, commit, tree_of
from mtor_action.work.context import Context
from mtor_action.work.fetching import fetch
from serverless.desk import ACTIONS
from serverless.test_both_ways import WithoutApp
from serverless.test_remakes_by_themselves import LINES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serverless.test_remakes_by_themselves import Orchard
    from standins.github import Run
    from standins.github.pulls import Pull

READS = {"contents": "read", "issues": "read", "pull_requests": "read", "actions": "read"}
WRITES = {"contents": "write", "issues": "write", "pull_requests": "write", "actions": "write"}
_ACTS = 5
_ROUNDS = 12
_ACT_WEIGHTS = {"push": 5, "merge": 3, "squash": 3, "ask": 2, "help": 1, "review": 1, "close": 1, "look": 2}


@dataclass(slots=True)
class RemakeScene:
    """One schedule in a repository of its own; `play` returns what should not be, once it is over."""

    orchard: Orchard
    folder: Path
    chance: random.Random
    pulls: list[Pull] = field(default_factory=list)
    heads: dict[int, list[str]] = field(default_factory=dict)  # of each pull request, in the order of their coming
    mains: list[str] = field(default_factory=list)
    tested: dict[str, str] = field(default_factory=dict)  # job → the tree that was tested
    told: list[str] = field(default_factory=list)

    def play(self) -> list[str]:
        """Let it all happen, run what was started until nothing more is, and say what is not as it must be."""
        self._open()
        for _ in range(_ACTS):
            self._act()
            while self.chance.random() < 0.5 and self._work_one():
                pass
        for _ in range(_ROUNDS):
            self.orchard.look()
            if not self._work_one():
                break
        return [*self._lost(), *self._untested(), *self._stuck(), *self._told_twice()]

    def _open(self) -> None:
        """A chain of two, and one that comes after two."""
        orchard = self.orchard
        a = orchard.pull("a", {"b.txt": LINES.replace("line 2\n", "a\n")})
        b = orchard.pull("b", {"b.txt": LINES.replace("line 2\n", "b\n")}, (orchard.issue_of(a),), a.head_ref)
        c = orchard.pull("c", {"c.txt": LINES})
        start = f"mtor/start-{len(orchard.repository.issues) + 1}"
        orchard.join(start, a, c)
        d = orchard.pull("d", {"d.txt": "d\n"}, (orchard.issue_of(a), orchard.issue_of(c)), start)
        self.pulls = [a, b, c, d]
        self._note()

    def _act(self) -> None:
        (act,) = self.chance.choices(list(_ACT_WEIGHTS), list(_ACT_WEIGHTS.values()))
        pull = self.chance.choice(self.pulls)
        acts: dict[str, Callable[[], object]] = {
            "push": self._push,
            "merge": lambda: self._merge(pull, squash=False),
            "squash": lambda: self._merge(pull, squash=True),
            "ask": lambda: pull.issue.comment("/mtor retry", by="alice"),
            "help": lambda: self._help(pull),
            "review": lambda: pull.review("why?", by="alice"),
            "close": lambda: pull.issue.close("alice"),
            "look": self.orchard.look,
        }
        self.told.append(f"{act} #{pull.number}")
        if act == "push" or pull.issue.state == "open":
            acts[act]()
        self.orchard.way.hear()
        self._note()

    def _push(self) -> None:
        """To the base: a line that somebody changes, the next one, or another file."""
        lines = (self.orchard.repository.read("b.txt") or "").splitlines(keepends=True)
        number = self.chance.choice((1, 2, 4, 7))
        lines[number] = f"theirs {self.chance.randint(0, 99)}\n"
        self.orchard.push(self.chance.choice(({"b.txt": "".join(lines)}, {"z.txt": f"{self.chance.random()}\n"})))

    def _merge(self, pull: Pull, *, squash: bool) -> None:
        if pull.mergeable() and not pull.draft:
            pull.merge("alice", squash=squash)

    def _help(self, pull: Pull) -> None:
        self.orchard.repository.commit({f"by-hand-{pull.number}.txt": "1\n"}, "help", branch=pull.head_ref, by="alice")

    def _note(self) -> None:
        for pull in self.pulls:
            heads = self.heads.setdefault(pull.number, [])
            if not heads or heads[-1] != pull.head_sha:
                heads.append(pull.head_sha)
        self.mains.append(self.orchard.repository.head() or "")

    def _work_one(self) -> bool:
        """Run one of the runs that wait, with whatever happens between its two jobs; False if none waits."""
        waiting = [run for run in self.orchard.repository.runs.values() if _is_waiting(run)]
        if not waiting:
            return False
        run = self.chance.choice(waiting)
        folder = self.folder / str(run.id)
        folder.mkdir()
        self._work(run, folder)
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            self._push()
        if self.chance.random() < 0.15:
            self._help(next(pull for pull in self.pulls if pull.number == int(run.inputs["issue"])))
        self._publish(run, folder)
        run.finish("success")
        self.orchard.way.hear()
        self._note()
        return True

    def _work(self, run: Run, folder: Path) -> None:
        """What `mtor work` does for it, but for the commands."""
        repository, pins = self.orchard.repository, decode(run.inputs["spec"])
        number, job = int(run.inputs["issue"]), run.inputs["job"]
        api = self._api()
        nowhere = folder / "nowhere"
        context = Context(
            repository.full_name, api[0], api[1], run.id, number, job, pins, "", nowhere, nowhere, None, (), ()
        )
        (folder / "work").mkdir()
        git, token = empty_repository(folder / "work"), run.token(READS).value
        remote = Remote(repository.clone_url, token)
        report, tree, base = Report(job, Outcome.CLEAN), "", pins[0].onto
        try:
            with connect(token, repository.full_name, api_url=api[1]) as client:
                fetched = fetch(client, git, remote, context)
            assert fetched.carried is not None
            prepared = prepare_remake(git, fetched.spec, fetched.carried, fetched.base, None, of_machine=True)
            if prepared.diagnostics:
                report.outcome, report.diagnostics = Outcome.REJECTED, list(prepared.diagnostics)
            elif not prepared.plan.changes:
                report.outcome = Outcome.EMPTY
            else:
                target = BranchTarget("tested", None)
                tree = tree_of(git, commit(git, base=base, target=target, changes=prepared.plan.changes, message="t"))
                report.outcome = Outcome.CLEAN if self.chance.random() < 0.85 else Outcome.FAILING
        except MtorError as error:
            report.outcome, report.reason, report.next_step = Outcome.ERROR, error.message, error.hint
        self.tested[job] = tree
        (folder / "handover").mkdir()
        handover = Handover(job, number, base, pins, (), tree)
        (folder / "handover" / "report.json").write_text(json.dumps(report.as_json()))
        (folder / "handover" / "handover.json").write_text(json.dumps(handover.as_json()))

    def _publish(self, run: Run, folder: Path) -> None:
        """What `mtor publish` does."""
        server, api = self._api()
        environ = {
            "GITHUB_REPOSITORY": self.orchard.repository.full_name,
            "GITHUB_SERVER_URL": server,
            "GITHUB_API_URL": api,
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_ACTOR": ACTIONS,
            "MTOR_ISSUE": run.inputs["issue"],
            "MTOR_JOB": run.inputs["job"],
            "MTOR_SPEC": run.inputs["spec"],
            "MTOR_REQUESTER": run.inputs["requester"],
            "MTOR_HANDOVER": str(folder / "handover"),
        }
        order = read_order(environ)
        accounts = credentials(order, Secrets(run.token(WRITES).value))
        (folder / "publish").mkdir()
        with accounts.quiet.client:
            published = Publication(order, accounts, empty_repository(folder / "publish")).run()
            show_end(accounts.quiet.client, order, published)
        self.told.append(f"published #{order.number}: {published.outcome} {published.reason}")

    def _api(self) -> tuple[str, str]:
        way = self.orchard.way
        github = way.desk.github if isinstance(way, WithoutApp) else way.ears.here.github
        return github.url, github.api_url

    def _lost(self) -> Iterator[str]:
        """Commits that are in no branch any more, and parts of the base's history."""
        git = self.orchard.repository.git
        for pull in self.pulls:
            lost = [head for head in self.heads[pull.number] if not git.is_ancestor(head, pull.head_sha)]
            if lost:
                yield f"#{pull.number} lost {lost}"
        if not all(git.is_ancestor(main, self.mains[-1]) for main in self.mains):
            yield "the base was rewritten"

    def _untested(self) -> Iterator[str]:
        """Merges of mtor's that are not, file for file, what their work job made."""
        git = self.orchard.repository.git
        for pull in self.pulls:
            for commit_id in git.lines("rev-list", pull.head_sha):
                message = git.run("log", "-1", "--format=%B", commit_id).decode()
                job = next((line[5:] for line in message.splitlines() if line.startswith("Job: i")), "")
                if job and git.line("rev-parse", f"{commit_id}^{{tree}}") != self.tested.get(job):
                    yield f"#{pull.number}: {commit_id} was not tested"

    def _stuck(self) -> Iterator[str]:
        """Open pull requests that do not merge, and that nobody was told about."""
        for pull in self.pulls:
            if pull.issue.state != "open" or pull.mergeable():
                continue
            runs = [run for run in self.orchard.repository.runs.values() if run.inputs.get("issue") == str(pull.number)]
            told = [comment for comment in pull.issue.comments if comment.user.login == ACTIONS]
            if not told and len(runs) < 3:
                yield f"#{pull.number} does not merge, without a word; {len(runs)} runs"

    def _told_twice(self) -> Iterator[str]:
        for pull in self.pulls:
            first = [comment.body.partition("\n")[0] for comment in pull.issue.comments if "<!-- mtor:" in comment.body]
            if len(set(first)) < len(first):
                yield f"#{pull.number} was told twice: {first}"


def _is_waiting(run: Run) -> bool:
    return run.event == "workflow_dispatch" and run.status != "completed" and bool(run.inputs.get("job"))
