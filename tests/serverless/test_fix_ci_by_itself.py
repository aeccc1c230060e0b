"""`fix_ci: true`: failing checks of mtor's own pull request go to the implementer by themselves, in both ways, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import pytest

from bot.hearing import Hearing, hearing
from mtor_action.github.failures import GitHubError
from mtor_action.github.pulls.trailers import spec_trailers
from mtor_action.github.texts.pins import decode
from mtor_action.neutral import inline_code
from mtor_action.report.report import Outcome
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, parts_of, render
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobResult
from mtor_bot.jobs.remake_jobs import PAUSED_SECONDS
from mtor_bot.speech.end_announcement import tell
from serverless.desk import ACTIONS, Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mtor_action.github.texts.pins import Pin
    from standins.github import Issue, Repository, Run
    from standins.github.pulls import Pull

SETTINGS = "fix_ci: true\ntest: 'true'\nimplementer: [openai/scripted]\n"
CI = "name: CI\non: pull_request\njobs: {}\n"
BRANCH = "mtor/1-b"
NAMED_AS_OURS = "mtor/four-eyes` @alice <!-- mtor:status 1 --> closes #1"
LOG = (
    b"##[group]Run pytest\n##[endgroup]\nE   assert 1 == 2, ping @alice\n##[error]Process completed with exit code 1.\n"
)


def listening(*names: str) -> str:
    """mtor's workflow file, whose part `checks` is as a person uncomments it."""
    part = parts_of(render(PLACEHOLDER, ()))["checks"].replace("  # ", "  ").replace("[CI]", f"[{', '.join(names)}]")
    lines = [line for line in part.splitlines(keepends=True) if "workflow_run:" in line or line.startswith("    ")]
    return render(PLACEHOLDER, (), {"checks": "".join(lines)})


class Way(Protocol):
    """One of the two ways."""

    account: str

    @property
    def repository(self) -> Repository: ...

    def hear(self) -> None:
        """Do what is to be done about all that happened."""

    def rounds(self) -> list[tuple[int, tuple[Pin, ...], str]]:
        """The jobs: number, texts, and who asked."""

    def end(self) -> None:
        """Let the jobs be over."""


@dataclass
class WithoutApp:
    desk: Desk
    account: str = ACTIONS
    words: str = ""  # of the event runs

    @property
    def repository(self) -> Repository:
        return self.desk.repository

    def hear(self) -> None:
        # The runs of checks are the test's own.
        self.desk.heard |= {run.id for run in self.repository.runs.values() if run.path != WORKFLOW_FILE}
        self.words = "\n".join(self.desk.hear())

    def rounds(self) -> list[tuple[int, tuple[Pin, ...], str]]:
        return [
            (int(run.inputs["issue"]), decode(run.inputs["spec"]), run.inputs["requester"]) for run in self.desk.jobs
        ]

    def end(self) -> None:
        for run in self.desk.jobs:
            run.finish()


@dataclass
class WithApp:
    ears: Hearing
    account: str = "mtor[bot]"

    @property
    def repository(self) -> Repository:
        return self.ears.here.repository

    def hear(self) -> None:
        self.ears.act(2)

    def rounds(self) -> list[tuple[int, tuple[Pin, ...], str]]:
        return [(job.number, job.pins, job.requester) for job in job_rows.jobs(self.ears.here.bot.engine)]

    def end(self) -> None:
        for job in job_rows.jobs(self.ears.here.bot.engine):
            self.ears.end(job)


@pytest.fixture(params=["without a server", "with the App"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    files = {".github/mtor.yml": SETTINGS, ".github/workflows/ci.yml": CI}
    if request.param == "without a server":
        with open_desk(tmp_path) as desk:
            desk.repository.commit({**files, WORKFLOW_FILE: listening("CI", "lint")}, "settings", by="ada")
            yield WithoutApp(desk)
    else:
        with hearing(tmp_path) as ears:
            ears.here.repository.commit(files, "settings", by="alice")
            yield WithApp(ears)


def opened(way: Way, text: str = "b = 1\n", draft: bool = False) -> tuple[Pull, Run]:
    """A pull request of mtor's for an issue, and the run of its checks, which has begun."""
    message = f"Add b\n\n{spec_trailers(1, 'ab' * 32)}\nJob: i1-0123456789ab-1"
    way.repository.commit({"b.py": text}, message, branch=BRANCH, by=way.account)
    pull = way.repository.pull_request(BRANCH, "Add b", "Closes #1", by=way.account, draft=draft)
    run = checks_of(way, pull.head_sha)
    run.approve()
    return pull, run


def checks_of(way: Way, commit: str) -> Run:
    (run,) = [each for each in way.repository.runs.values() if each.path.endswith("ci.yml") and each.sha == commit]
    return run


def fail(run: Run, name: str = "tests", log: bytes = LOG) -> None:
    run.job(name, "failure").log = log
    run.finish("failure")


def another(way: Way, run: Run, name: str = "lint", **changes: object) -> Run:
    """A run of another workflow for the same commit."""
    world = way.repository.world
    fields = {"id": world.next_id("run"), "workflow_id": 77, "name": name, "jobs": [], "created_at": world.clock.now()}
    other = replace(run, **{**fields, **changes})  # type: ignore[arg-type]
    way.repository.runs[other.id] = other
    return other


def comments(issue: Issue, way: Way) -> list[str]:
    return [each.body for each in issue.comments if each.user.login == way.account]


def test_red_checks_are_handed_over_once_and_nobody_is_mentioned(way: Way) -> None:
    pull, run = opened(way)
    fail(run)
    way.hear()
    ((number, pins, requester),) = way.rounds()
    assert (number, requester) == (pull.number, "")
    assert [(pin.kind, pin.id, pin.commit) for pin in pins] == [("asked-check", run.jobs[0].id, pull.head_sha)]
    (status,) = comments(pull.issue, way)
    assert "go to the implementer, once (`fix_ci`): `tests`." in status
    assert "alice" not in status
    # The same checks again, green or red, and another commit of mtor's: a person is needed from now on.
    way.end()
    run.again(None, way.repository.world.actor("alice"))
    fail(run)
    way.hear()
    pull, again = pushed(way, pull)
    fail(again)
    way.hear()
    assert len(way.rounds()) == 1
    assert len(comments(pull.issue, way)) == 1


def pushed(way: Way, pull: Pull, by: str = "", message: str = "") -> tuple[Pull, Run]:
    message = message or f"Mend b\n\n{spec_trailers(1, 'ab' * 32)}\nJob: i1-0123456789ab-2"
    way.repository.commit({"b.py": f"b = '{pull.head_sha}'\n"}, message, branch=BRANCH, by=by or way.account)
    run = checks_of(way, pull.head_sha)
    run.approve()
    return pull, run


def test_a_red_waits_for_the_checks_that_still_run_and_is_not_forgotten(way: Way) -> None:
    _, run = opened(way)
    slow = another(way, run)
    fail(run)
    way.hear()
    assert way.rounds() == []
    slow.finish("success")
    way.hear()
    assert len(way.rounds()) == 1


def test_two_ends_at_once_are_one_round(way: Way) -> None:
    _, run = opened(way)
    other = another(way, run)
    run.job("tests", "failure").log = LOG
    other.job("style", "failure").log = LOG
    run.finish("failure")
    other.finish("failure")
    way.hear()
    ((_, pins, _),) = way.rounds()
    assert len(pins) == 2


def unset(way: Way, _pull: Pull) -> None:
    settings = SETTINGS.replace("fix_ci: true\n", "")
    way.repository.commit({".github/mtor.yml": settings}, "no", by="alice" if isinstance(way, WithApp) else "ada")


def set_on_its_branch_alone(way: Way, pull: Pull) -> None:
    unset(way, pull)
    message = f"Set\n\n{spec_trailers(1, 'ab' * 32)}\nJob: i1-0123456789ab-2"
    way.repository.commit({".github/mtor.yml": SETTINGS}, message, branch=BRANCH, by=way.account)


def reviewed(way: Way, pull: Pull) -> None:
    pull.review("Not so.", "CHANGES_REQUESTED", by=writer(way))


def remarked(way: Way, pull: Pull) -> None:
    pull.remark("Not so.", "b.py", 1, by=writer(way))


def closed(way: Way, pull: Pull) -> None:
    pull.issue.close(by=writer(way))


def persons_commit(way: Way, pull: Pull) -> None:
    pushed(way, pull, by=writer(way), message="Mine")


def persons_commit_below(way: Way, pull: Pull) -> None:
    persons_commit(way, pull)
    pushed(way, pull)


def writer(way: Way) -> str:
    return "alice" if isinstance(way, WithApp) else "ada"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (unset, "no `fix_ci`"),
        (set_on_its_branch_alone, "no `fix_ci`"),
        (reviewed, "it has a review"),
        (remarked, "it has a thread"),
        (closed, "has no open pull request"),
        (persons_commit, "is not mtor's"),
        (persons_commit_below, "people have committed to its branch"),
    ],
)
def test_what_people_are_at_is_left_to_them(way: Way, change: Callable[[Way, Pull], None], why: str) -> None:
    pull, run = opened(way)
    change(way, pull)
    newest = checks_of(way, pull.head_sha)
    fail(newest)
    way.hear()
    assert way.rounds() == []
    assert not [body for body in comments(pull.issue, way) if "fix_ci" in body]
    if isinstance(way, WithoutApp):
        assert why in way.words
    # What ends late is not about the newest commit any more.
    if newest is not run:
        fail(run)
        way.hear()
        assert way.rounds() == []


def test_a_draft_is_left_to_people(way: Way) -> None:
    _, run = opened(way, draft=True)
    fail(run)
    way.hear()
    assert way.rounds() == []
    if isinstance(way, WithoutApp):
        assert "it is a draft" in way.words


@pytest.mark.parametrize("conclusion", ["success", "cancelled", "skipped", "neutral", "startup_failure"])
def test_checks_that_did_not_fail_start_nothing(way: Way, conclusion: str) -> None:
    _, run = opened(way)
    run.job("tests", conclusion)
    run.finish(conclusion)
    way.hear()
    assert way.rounds() == []


def test_a_red_that_was_run_again_and_is_green_meanwhile_starts_nothing(way: Way) -> None:
    _, run = opened(way)
    fail(run)
    run.again(None, way.repository.world.actor("alice"))
    run.job("tests", "success")
    run.finish("success")
    way.hear()
    assert way.rounds() == []


def fail_on_main(way: Way, run: Run, job: str) -> None:
    main = way.repository.git.resolve("main")
    base = another(way, run, "CI", workflow_id=run.workflow_id, branch="main", sha=main, event="push", status="queued")
    base.job(job, "failure")
    base.finish("failure")


def test_what_the_base_fails_in_too_is_left_out(way: Way) -> None:
    _, run = opened(way)
    fail_on_main(way, run, "flaky")
    run.job("flaky", "failure").log = LOG
    run.job("tests", "failure").log = LOG
    run.finish("failure")
    way.hear()
    ((_, pins, _),) = way.rounds()
    assert [pin.id for pin in pins] == [job.id for job in run.jobs if job.name == "tests"]


def test_a_fork_has_branches_of_these_names_that_say_nothing(way: Way) -> None:
    _, run = opened(way)
    sandbox = way.desk.github if isinstance(way, WithoutApp) else way.ears.here.github  # type: ignore[attr-defined]
    theirs = {"head_repository": sandbox.repository("mallory/widget", {"a": "1"}), "status": "queued"}
    strange = another(way, run, "CI", **theirs, workflow_id=run.workflow_id)
    strange.job("tests", "failure").log = LOG
    strange.finish("failure")
    main = another(way, run, "CI", **theirs, workflow_id=run.workflow_id, branch="main", event="push")
    main.job("tests", "failure")
    main.finish("failure")
    way.hear()
    assert way.rounds() == []
    fail(run)
    way.hear()
    ((_, pins, _),) = way.rounds()
    assert [pin.id for pin in pins] == [run.jobs[0].id]


def test_nothing_starts_where_the_base_fails_in_all_of_it(way: Way) -> None:
    pull, run = opened(way)
    fail_on_main(way, run, "tests")
    fail(run)
    way.hear()
    assert way.rounds() == []
    assert comments(pull.issue, way) == []


def test_a_persons_own_round_is_the_only_one(way: Way) -> None:
    pull, run = opened(way)
    pull.issue.comment("/mtor fix Name it c.", by=writer(way))
    way.hear()
    assert len(way.rounds()) == 1
    fail(run)
    way.hear()
    way.end()
    fail(another(way, run, "lint"))
    way.hear()
    assert len(way.rounds()) == 1


def test_names_of_checks_are_shown_as_words(way: Way) -> None:
    pull, run = opened(way)
    fail(run, NAMED_AS_OURS)
    way.hear()
    (status,) = comments(pull.issue, way)
    assert inline_code(NAMED_AS_OURS, 100) in status
    assert status.count("<!-- mtor:status") == 1
    assert len(way.rounds()) == 1


def test_with_the_app_a_round_that_never_began_for_a_pause_is_not_the_one(tmp_path: Path) -> None:
    files = {".github/mtor.yml": SETTINGS, ".github/workflows/ci.yml": CI}
    with hearing(tmp_path) as ears:
        ears.here.repository.commit(files, "settings", by="alice")
        way, bot = WithApp(ears), ears.here.bot
        pull, run = opened(way)
        fail(run)
        way.hear()
        (job,) = job_rows.jobs(bot.engine)
        job_rows.finish(bot.engine, job.id, JobResult(Outcome.CANCELLED, paused=True), bot.clock.now())
        with bot.clients.repository(ears.place) as client:
            tell(bot, client, job_rows.job_by_id(bot.engine, job.id))
        assert len(comments(pull.issue, way)) == 1  # edited
        for _ in range(2):
            run.again(None, way.repository.world.actor("alice"))
            fail(run)
            way.hear()
            assert len(way.rounds()) == 1
        job_rows.change(bot.engine, job.id, finished_at=bot.clock.now() - bot.clock.scaled(PAUSED_SECONDS))
        run.again(None, way.repository.world.actor("alice"))
        fail(run)
        way.hear()
        assert len(way.rounds()) == 2


def test_nothing_starts_while_mtor_is_paused(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        files = {".github/mtor.yml": SETTINGS, ".github/workflows/ci.yml": CI, WORKFLOW_FILE: listening("CI")}
        desk.repository.commit(files, "settings", by="ada")
        way = WithoutApp(desk)
        _, run = opened(way)
        desk.repository.variables["MTOR_PAUSED"] = "1"
        fail(run)
        way.hear()
        assert way.rounds() == []


def test_a_round_that_cannot_be_counted_does_not_start(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        files = {".github/mtor.yml": SETTINGS, ".github/workflows/ci.yml": CI, WORKFLOW_FILE: listening("CI")}
        desk.repository.commit(files, "settings", by="ada")
        way = WithoutApp(desk)
        pull, run = opened(way)
        desk.github.faults.refuse(
            f"POST */issues/{pull.number}/comments", 403, "Resource not accessible by integration"
        )
        fail(run)
        with pytest.raises(GitHubError):
            way.hear()
        assert way.rounds() == []
