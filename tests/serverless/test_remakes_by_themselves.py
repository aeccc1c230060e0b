"""Pull requests of mtor's whose base moves, with the App and without it: who starts what by itself, and when nobody."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing
from mtor_action.github.client import connect
from mtor_action.github.pulls.joining_branch import join_branches
from mtor_action.github.pulls.trailers import spec_trailers
from mtor_action.github.texts.pins import decode, lf_bytes
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.on_issues.remake_runs import MOST_OF_ONE, LookingRun, look_at_pulls
from mtor_action.report.report import Outcome
from mtor_bot.durable.reconcile import follow_bases
from mtor_bot.jobs import job_rows, open_pulls
from mtor_bot.jobs.job_record import UNFINISHED, JobResult
from mtor_bot.jobs.remake_jobs import PAUSED_SECONDS
from serverless.desk import ACTIONS, RIGHTS, open_desk
from serverless.test_both_ways import WithApp, WithoutApp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.github.client import Client
    from mtor_action.github.texts.pins import Pin
    from standins.github import GitHubSandbox, Issue, Repository
    from standins.github.pulls import Pull

LINES = "".join(f"line {number}\n" for number in range(1, 10))


@dataclass
class Orchard:
    """One of the two ways, and mtor's pull requests in it."""

    way: WithoutApp | WithApp

    @property
    def repository(self) -> Repository:
        return self.way.repository

    @property
    def github(self) -> GitHubSandbox:
        return self.way.desk.github if isinstance(self.way, WithoutApp) else self.way.ears.here.github

    def pull(self, name: str, files: dict[str, str], after: tuple[Issue, ...] = (), base: str = "main") -> Pull:
        """An issue with a spec, and the pull request that its job led to."""
        names = ", ".join(f'"#{issue.number}"' for issue in after)
        body = f"```text create={name}.txt\n1\n```\n```yaml mtor\ntest: []\nafter: [{names}]\n```\n"
        issue = self.repository.issue(name, body, by="alice")
        issue.label("mtor:done", by=ACTIONS)
        sha256 = parse_spec([Part(f"#{issue.number}", lf_bytes(issue.body))], issue.title).sha256
        branch, git = f"mtor/{issue.number}-{name}", self.repository.git
        git.run("update-ref", f"refs/heads/{branch}", base)
        self.repository.commit(
            files, f"{name}\n\n{spec_trailers(issue.number, sha256)}Job: j", branch=branch, by=ACTIONS
        )
        pull = self.repository.pull_request(branch, name, "", base=base, by=ACTIONS)
        self.way.hear()
        return pull

    def join(self, start: str, *pulls: Pull) -> str:
        """The commit on which a spec starts that comes after several."""
        with self._client() as client:
            assert join_branches(client, start, [(pull.head_ref, pull.head_sha) for pull in pulls]) == ""
        return self.repository.head(start) or ""

    def _client(self) -> Client:
        token = self.repository.token(ACTIONS, RIGHTS).value
        return connect(token, self.repository.full_name, api_url=self.github.api_url)

    def issue_of(self, pull: Pull) -> Issue:
        return self.repository.issues[int(pull.head_ref.removeprefix("mtor/").partition("-")[0])]

    def push(self, files: dict[str, str]) -> None:
        self.repository.commit(files, "theirs", by="alice")

    def look(self) -> None:
        """As the App does every few minutes, and without it whoever ends a job."""
        if isinstance(self.way, WithApp):
            open_pulls.record(self.way.ears.here.bot, self.repository.id, 1, is_open=True)
            self._know_repository()
            follow_bases(self.way.ears.here.bot)
            return
        with self._client() as client:
            look_at_pulls(LookingRun(client, "mtor.yml", lambda _id, login: login == ACTIONS))

    def _know_repository(self) -> None:
        from mtor_bot.database.inserting import upsert
        from mtor_bot.database.schema import REPOSITORIES

        assert isinstance(self.way, WithApp)
        place = self.way.ears.place
        with self.way.ears.here.bot.engine.begin() as connection:
            upsert(
                connection,
                REPOSITORIES,
                id=place.repository_id,
                installation_id=place.installation_id,
                full_name=place.repository,
            )

    def remakes(self) -> list[Pin]:
        """What was started by itself, oldest first."""
        jobs = sorted(self.way.jobs(), key=lambda job: job[0])
        assert all(not requester for _, _, requester in jobs)
        return [decode(pins)[0] for _, pins, _ in jobs]

    def merge(self, pull: Pull, *, squash: bool = False) -> None:
        pull.merge("alice", squash=squash)
        self.way.hear()


@contextmanager
def _without(folder: Path) -> Iterator[Orchard]:
    with open_desk(folder) as desk:
        desk.repository.grant("alice", "write")
        yield Orchard(WithoutApp(desk))


@contextmanager
def _with(folder: Path) -> Iterator[Orchard]:
    with hearing(folder) as ears:
        yield Orchard(WithApp(ears))


@pytest.fixture(params=[_without, _with], ids=["without", "with"])
def orchard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Orchard]:
    with request.param(tmp_path) as made:
        made.push({"b.txt": LINES})
        yield made


def test_a_pull_request_that_stopped_merging_is_remade_once_and_in_silence(orchard: Orchard) -> None:
    one = orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
    other = orchard.pull("other", {"b.txt": LINES.replace("line 3", "other")})
    apart = orchard.pull("apart", {"c.txt": "c\n"})
    orchard.merge(other)
    (pin,) = orchard.remakes()
    main = orchard.repository.head()
    assert (pin.id, pin.commit, pin.onto) == (one.number, one.head_sha, main)
    # A burst: while it is under way, nothing else is started; nor for a base that was tried.
    orchard.push({"b.txt": LINES.replace("line 2", "theirs")})
    orchard.look()
    assert len(orchard.remakes()) == 1
    assert one.issue.comments == apart.issue.comments == []
    assert one.issue.label_names == []


def test_the_same_base_is_tried_once_and_a_night_has_few_tries(orchard: Orchard) -> None:
    orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
    for count in range(MOST_OF_ONE + 2):
        orchard.push({"b.txt": LINES.replace("line 2", f"theirs {count}")})
        for _ in range(2):
            orchard.look()
            orchard.way.end()
        assert len(orchard.remakes()) == min(count + 1, MOST_OF_ONE)


def test_what_never_began_for_a_pause_is_not_a_try_and_is_tried_again_an_hour_later(tmp_path: Path) -> None:
    with _with(tmp_path) as orchard:
        assert isinstance(orchard.way, WithApp)
        bot = orchard.way.ears.here.bot
        orchard.push({"b.txt": LINES})
        orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
        orchard.push({"b.txt": LINES.replace("line 2", "theirs")})
        for count in range(1, MOST_OF_ONE + 3):
            for _ in range(2):
                orchard.look()
                for job in job_rows.jobs(bot.engine, UNFINISHED):
                    job_rows.finish(bot.engine, job.id, JobResult(Outcome.CANCELLED, paused=True), bot.clock.now())
            assert len(orchard.remakes()) == count
            last = job_rows.jobs(bot.engine)[-1]
            job_rows.change(bot.engine, last.id, finished_at=bot.clock.now() - bot.clock.scaled(PAUSED_SECONDS))
        orchard.look()
        orchard.way.end()
        orchard.look()
        assert len(orchard.remakes()) == MOST_OF_ONE + 3  # the last one began: the same base is tried once


@pytest.mark.parametrize("refused", ["POST */issues/{}/comments", "GET */pulls/{}/commits"])
@pytest.mark.parametrize("why", ["review", "edited"])
def test_a_pull_request_about_which_github_refuses_something_keeps_no_other_waiting(
    orchard: Orchard, why: str, refused: str
) -> None:
    one = orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
    other = orchard.pull("other", {"b.txt": LINES.replace("line 2", "other")})
    if why == "review":
        one.review("please not", by="alice")
    else:
        orchard.issue_of(one).body = "```text create=x.txt\n1\n```\n"
    orchard.way.hear()
    orchard.github.faults.refuse(refused.format(one.number), 403, "Unable to do so, because it is locked.", times=-1)
    orchard.push({"b.txt": LINES.replace("line 2", "theirs")})
    orchard.look()
    assert [pin.id for pin in orchard.remakes()] == [other.number]


@pytest.mark.parametrize("why", ["review", "thread", "commit", "edited"])
def test_what_people_have_touched_is_offered_once_and_left_alone(orchard: Orchard, why: str) -> None:
    pull = orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
    if why == "review":
        pull.review("please not", by="alice")
    elif why == "thread":
        pull.remark("why?", "b.txt", 2, by="alice")
    elif why == "commit":
        orchard.repository.commit({"d.txt": "d\n"}, "d\n\nJob: j", branch=pull.head_ref, by="alice")
    else:
        orchard.issue_of(pull).body = "```text create=x.txt\n1\n```\n"
    orchard.way.hear()
    before = len(pull.issue.comments)
    orchard.push({"b.txt": LINES.replace("line 2", "theirs")})
    for _ in range(2):
        orchard.look()
    assert orchard.remakes() == []
    (told,) = [comment.body for comment in pull.issue.comments[before:]]
    assert ("`/mtor run` on" if why == "edited" else "`/mtor retry`") in told


def test_two_runs_that_ask_for_a_person_at_once_leave_one_comment(tmp_path: Path) -> None:
    with _without(tmp_path) as orchard:
        assert isinstance(orchard.way, WithoutApp)
        orchard.push({"b.txt": LINES})
        pull = orchard.pull("one", {"b.txt": LINES.replace("line 2", "one")})
        pull.review("please not", by="alice")
        orchard.way.hear()
        orchard.push({"b.txt": LINES.replace("line 2", "theirs")})
        looking = partial(LookingRun, workflow="mtor.yml", is_ours=lambda _id, login: login == ACTIONS)
        orchard.way.desk.twice_at_once(lambda client: look_at_pulls(looking(client)), "POST */comments")
        assert sum(comment.body.startswith("<!-- mtor:anew ") for comment in pull.issue.comments) == 1


@pytest.mark.parametrize("how", ["locked", "unreadable"])
def test_what_github_refuses_about_one_pull_request_keeps_back_no_other(orchard: Orchard, how: str) -> None:
    first, second = (
        orchard.pull(name, {"b.txt": LINES.replace(f"line {line}", name)}) for name, line in (("one", 2), ("two", 5))
    )
    first.review("please not", by="alice")
    orchard.way.hear()
    orchard.push({"b.txt": LINES.replace("line 2", "a").replace("line 5", "b")})
    faults = orchard.github.faults
    if how == "locked":
        faults.refuse(f"POST */issues/{first.number}/comments", 403, "Issue is locked", times=-1)
    else:
        faults.refuse(f"GET */pulls/{first.number}/reviews*", 403, "Resource not accessible", times=-1)
    orchard.look()
    assert [pin.id for pin in orchard.remakes()] == [second.number]


@pytest.mark.parametrize("squash", [True, False])
def test_a_predecessors_merge_takes_its_successor_along(orchard: Orchard, *, squash: bool) -> None:
    lower = orchard.pull("lower", {"b.txt": LINES.replace("line 2", "lower")})
    upper = orchard.pull(
        "upper", {"b.txt": LINES.replace("line 2", "upper")}, (orchard.issue_of(lower),), lower.head_ref
    )
    start = lower.head_sha
    orchard.merge(lower, squash=squash)
    assert upper.base_ref == "main"
    assert [(pin.id, pin.onto) for pin in orchard.remakes()] == (
        [(upper.number, orchard.repository.head())] if squash else []
    )
    assert upper.merge_base() == (start if not squash else orchard.repository.git.line("rev-parse", "main^"))


def test_a_predecessor_that_changes_takes_its_successor_along(orchard: Orchard) -> None:
    lower = orchard.pull("lower", {"b.txt": LINES.replace("line 2", "lower")})
    upper = orchard.pull("upper", {"c.txt": "c\n"}, (orchard.issue_of(lower),), lower.head_ref)
    tip = orchard.repository.commit({"b.txt": LINES}, "again\n\nJob: j", branch=lower.head_ref, by=ACTIONS)
    orchard.way.hear()
    orchard.look()
    assert [(pin.id, pin.onto) for pin in orchard.remakes()] == [(upper.number, tip)]


def test_a_diamond_follows_each_of_those_below_and_then_the_base(orchard: Orchard) -> None:
    left = orchard.pull("left", {"left.txt": "l\n"})
    right = orchard.pull("right", {"right.txt": "r\n"})
    number = len(orchard.repository.issues) + 1
    git, start = orchard.repository.git, f"mtor/start-{number}"
    joined = orchard.join(start, left, right)
    after = (orchard.issue_of(left), orchard.issue_of(right))
    top = orchard.pull("top", {"top.txt": "t\n"}, after, start)
    orchard.merge(left, squash=True)
    renewed = orchard.repository.head(start)
    assert renewed != joined
    assert git.blob(f"{renewed}:right.txt") == b"r\n"
    assert git.is_ancestor(orchard.repository.head() or "", renewed or "")
    told = [comment.body for comment in top.issue.comments]
    assert [(pin.id, pin.commit, pin.onto) for pin in orchard.remakes()] == [(top.number, top.head_sha, renewed)], told
    orchard.way.end()
    orchard.merge(right, squash=True)
    assert top.base_ref == "main"
    assert orchard.remakes()[-1].onto == orchard.repository.head()


def diamond(orchard: Orchard) -> tuple[Pull, Pull, Pull]:
    """Two pull requests, and one on the joined start of both."""
    left = orchard.pull("left", {"b.txt": LINES.replace("line 2", "left")})
    right = orchard.pull("right", {"b.txt": LINES.replace("line 8", "right")})
    start = f"mtor/start-{len(orchard.repository.issues) + 1}"
    orchard.join(start, left, right)
    after = (orchard.issue_of(left), orchard.issue_of(right))
    return left, right, orchard.pull("top", {"top.txt": "t\n"}, after, start)


def starts(orchard: Orchard) -> dict[str, str]:
    return orchard.repository.git.refs("refs/heads/mtor/start-")


def test_a_joined_start_stays_where_the_results_no_longer_merge(orchard: Orchard) -> None:
    left, _, _ = diamond(orchard)
    before = starts(orchard)
    orchard.repository.commit({"b.txt": LINES.replace("line 8", "x")}, "x\n\nJob: j", branch=left.head_ref, by=ACTIONS)
    orchard.way.hear()
    orchard.look()
    assert starts(orchard) == before
    assert orchard.remakes() == []


def test_what_a_killed_join_left_is_used_and_deleted(orchard: Orchard) -> None:
    left, right, top = diamond(orchard)
    tip = orchard.repository.commit({"l.txt": "l\n"}, "more\n\nJob: j", branch=left.head_ref, by=ACTIONS)
    orchard.repository.git.run("update-ref", f"refs/heads/{top.base_ref}-joining", right.head_sha)
    orchard.look()
    assert list(starts(orchard)) == [f"refs/heads/{top.base_ref}"]
    renewed = orchard.repository.head(top.base_ref) or ""
    assert all(orchard.repository.git.is_ancestor(commit, renewed) for commit in (tip, right.head_sha))


def test_a_joined_start_stays_where_two_join_at_the_same_time(orchard: Orchard) -> None:
    left, _, top = diamond(orchard)
    before, git = starts(orchard), orchard.repository.git
    orchard.repository.commit({"l.txt": "l\n"}, "more\n\nJob: j", branch=left.head_ref, by=ACTIONS)
    beside = f"refs/heads/{top.base_ref}-joining"
    orchard.github.faults.before("POST */merges", lambda: git.run("update-ref", beside, "main"))
    orchard.look()
    assert starts(orchard) == before
    orchard.look()
    assert [*starts(orchard)] == [*before]
    assert starts(orchard) != before


def test_a_start_that_nobody_needs_any_more_leaves_no_branch_beside_it(orchard: Orchard) -> None:
    left, right, top = diamond(orchard)
    orchard.repository.git.run("update-ref", f"refs/heads/{top.base_ref}-joining", right.head_sha)
    start = top.base_ref
    orchard.merge(left)
    orchard.merge(right)
    assert top.base_ref == "main"
    assert list(starts(orchard)) == [f"refs/heads/{start}"]
