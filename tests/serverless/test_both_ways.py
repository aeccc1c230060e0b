"""The table of docs/commands.md, played with the App and without it: what a person sees is the same.

Where the last column says that only the App does something, the play shows that difference instead.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from bot.hearing import SPEC, Hearing, hearing
from mtor_action.coaching.note import BRANCH, PATH
from mtor_action.github.issues.comments import marker
from mtor_action.github.pulls.trailers import spec_trailers
from mtor_action.github.texts.authors import Author
from mtor_action.github.texts.pins import digest, encode, lf_bytes, pin_comment
from mtor_action.github.texts.plan_comments import asking_comment
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.on_issues.plan_answer import plan_body
from mtor_action.on_issues.state_labels import UNDER_WAY
from mtor_bot.jobs import job_rows
from serverless.desk import ACTIONS, Desk, open_desk
from standins.night.loop import dispatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.github import Issue, Repository

DOCS = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
ACCOUNTS = {"mtor[bot]", "github-actions[bot]"}
OTHER = SPEC.replace("hello", "other")
NO_MANIFEST = "```python creat=a.py\n1\n```\n"


class Way(Protocol):
    """One of the two ways."""

    @property
    def repository(self) -> Repository: ...

    def hear(self) -> None:
        """Do what is to be done about all that happened."""

    def jobs(self) -> list[tuple[int, str, str]]:
        """The jobs: issue, texts, and who asked."""

    def end(self) -> None:
        """Let the jobs be over."""

    @property
    def account(self) -> str:
        """The login that mtor writes issues with."""


@dataclass
class WithoutApp:
    desk: Desk

    @property
    def repository(self) -> Repository:
        return self.desk.repository

    def hear(self) -> None:
        self.desk.hear()

    def jobs(self) -> list[tuple[int, str, str]]:
        jobs = [run for run in self.desk.jobs if not asking_comment(run.inputs["job"])]
        return [(int(run.inputs["issue"]), run.inputs["spec"], run.inputs["requester"]) for run in jobs]

    def end(self) -> None:
        for run in self.desk.jobs:
            run.finish()

    @property
    def account(self) -> str:
        return "github-actions[bot]"


@dataclass
class WithApp:
    ears: Hearing

    @property
    def repository(self) -> Repository:
        return self.ears.here.repository

    def hear(self) -> None:
        self.ears.act()

    def jobs(self) -> list[tuple[int, str, str]]:
        return [(job.number, encode(job.pins), job.requester) for job in job_rows.jobs(self.ears.here.bot.engine)]

    def end(self) -> None:
        for job in job_rows.jobs(self.ears.here.bot.engine):
            self.ears.end(job)

    @property
    def account(self) -> str:
        return "mtor[bot]"


@dataclass
class Seen:
    """What a person sees, without what is bound to differ: ids, commits, and how far a job under way is."""

    answers: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)  # in the sticky comment
    labels: list[str] = field(default_factory=list)
    reactions: list[list[str]] = field(default_factory=list)  # of each comment of a person, then of the issue
    jobs: list[tuple[int, str, str]] = field(default_factory=list)
    notes: str = ""
    plans_asked: list[tuple[str, str, str]] = field(default_factory=list)  # issue, slot and who asked, of each run


def seen(way: Way, issue: Issue) -> Seen:
    mine = [comment.body for comment in issue.comments if comment.user.login in ACCOUNTS]
    stickies = [body for body in mine if body.startswith("<!-- mtor:status ")]
    assert len(stickies) <= 1
    labels = ["under way" if name in UNDER_WAY else name for name in issue.label_names]
    theirs = [comment.reactions.contents for comment in issue.comments if comment.user.login not in ACCOUNTS]
    # Ids of comments and commits, and the digest of a pull request's two commits.
    differs = r'(?<="pull",)"id":\d+,"sha256":"\w+"|"id":\d+|"(commit|onto)":"\w+"'
    jobs = [(number, re.sub(differs, "", texts), who) for number, texts, who in way.jobs()]
    notes = re.findall(r"text: .*", way.repository.read(PATH, BRANCH) or "")
    asked = [run.inputs for run in dispatched(way.repository) if asking_comment(run.inputs.get("job", ""))]
    return Seen(
        [_plain(body) for body in mine if body.startswith("<!-- mtor:answer ")],
        # Without a server, that a plan was shown is remembered in that comment, which then has none.
        list(filter(None, (_plain(body.partition("\n\n")[2]) for body in stickies))),
        labels,
        [*theirs, issue.reactions.contents],
        jobs,
        "\n".join(notes),
        [(inputs["issue"], inputs["slot"], inputs["requester"]) for inputs in asked],
    )


def _plain(text: str) -> str:
    """Without markers, commits and ids."""
    return re.sub(
        r"`[0-9a-f]{12}`|comment \d+|@\u200b?[0-9a-f]{8}(?=:)", "ID", re.sub(r"<!--.*?-->\n?", "", text)
    ).strip()


def night_issue(way: Way, *lines: str, by: str = "") -> Issue:
    """The issue of the night with these lines."""
    issue = way.repository.issue(
        "mtor: last night", "\n".join(["<!-- mtor night -->", "", *lines]), by=by or way.account
    )
    issue.label("mtor:night", by="alice")
    way.hear()
    return issue


def issue_of(way: Way, by: str = "alice", body: str = SPEC) -> Issue:
    return way.repository.issue("Say hello", body, by=by)


def commented(*texts: str, body: str = SPEC, by: str = "alice") -> Callable[[Way], Issue]:
    """An issue by alice, and these comments one after the other."""

    def play(way: Way) -> Issue:
        issue = issue_of(way, body=body)
        for text in texts:
            issue.comment(text, by=by)
            way.hear()
        return issue

    return play


def file_at_branch(way: Way) -> Issue:
    way.repository.commit({"path/to/spec.md": OTHER}, "a spec", by="alice")
    return commented("/mtor run path/to/spec.md@main")(way)


def shown_and_named(way: Way) -> Issue:
    """Somebody else's text, its plan, and that plan's digest."""
    issue = issue_of(way, by="mallory")
    issue.label("mtor", by="alice")
    way.hear()
    (digest,) = set(re.findall(r"`/mtor run ([0-9a-f]{8})`", "\n".join(comment.body for comment in issue.comments)))
    issue.comment(f"/mtor run {digest}", by="alice")
    way.hear()
    return issue


def planned(*texts: str, by: str = "alice", reader: str = "alice") -> Callable[[Way], Issue]:
    """Commands where an architect is named, below a plan of GITHUB_TOKEN's; `HASH` in them is that plan's.

    `by` wrote the issue, `reader` is whose text the plan says that it read.
    """

    def play(way: Way) -> Issue:
        way.repository.commit({".github/mtor.yml": "roles: {architect: [some/model]}\n"}, "an architect", by="alice")
        way.hear()
        issue = issue_of(way, by=by, body="Say hello, please.")
        user = way.repository.world.user(reader)
        user.id = 77_000_001  # the same in both, for it is under the hash
        body = f"{marker('plan', 'plan-1')}\n{plan_body([Author(user.id, user.login, 'User')], 'A plan.', SPEC)}"
        comment = issue.comment(body, by=ACTIONS)
        for text in texts:
            issue.comment(text.replace("HASH", digest([pin_comment(comment.id, comment.body)])[:8]), by="alice")
            way.hear()
        return issue

    return play


def waiting_and_wrong(way: Way) -> Issue:
    """A spec that waits for another one, with a mistake that is told at once."""
    first = issue_of(way)
    issue = issue_of(way, body=f'{NO_MANIFEST}\n```yaml mtor\nafter: ["#{first.number}"]\n```\n')
    issue.label("mtor", by="alice")
    way.hear()
    assert any("[near-miss]" in comment.body for comment in issue.comments)
    assert way.jobs() == []
    return issue


def run_and_retried(way: Way) -> Issue:
    issue = commented("/mtor run")(way)
    way.end()
    issue.comment("/mtor retry", by="alice")
    way.hear()
    return issue


def remade(*texts: str, moves: bool = True, spec: str = SPEC) -> Callable[[Way], Issue]:
    """mtor's pull request, whose base has moved since, and these comments on it."""

    def play(way: Way) -> Issue:
        issue, actions = issue_of(way), "github-actions[bot]"
        made_from = parse_spec([Part(f"#{issue.number}", lf_bytes(issue.body))], issue.title)
        message = f"Say hello\n\n{spec_trailers(issue.number, made_from.sha256)}Job: j-1"
        way.repository.commit({"src/hello.py": "1\n"}, message, branch="mtor/1-say-hello", by=actions)
        pull = way.repository.pull_request("mtor/1-say-hello", "Say hello", "", by=actions).issue
        issue.body = spec
        if moves:
            way.repository.commit({"other.txt": "1\n"}, "other", by="alice")
        way.hear()
        for text in texts:
            pull.comment(text, by="alice")
            way.hear()
        assert any('"pull"' in texts for _, texts, _ in way.jobs()) == (moves and spec == SPEC)
        return pull

    return play


def confirmed_and_retried(way: Way) -> Issue:
    issue = shown_and_named(way)
    way.end()
    issue.comment("/mtor retry", by="alice")
    way.hear()
    return issue


def pull_of(way: Way, by: str = "alice", branch: str = "change") -> Issue:
    way.repository.commit({"b.py": "1\n"}, "b", branch=branch, by=by)
    return way.repository.pull_request(branch, "Change", SPEC, by=by).issue


def on_pull(*texts: str) -> Callable[[Way], Issue]:
    def play(way: Way) -> Issue:
        issue = pull_of(way)
        for text in texts:
            issue.comment(text, by="alice")
            way.hear()
        return issue

    return play


def held_checks(way: Way) -> Issue:
    """A pull request of GITHUB_TOKEN's, whose CI waits."""
    ci = "name: CI\non: pull_request\njobs: {}\n"
    way.repository.commit({".github/workflows/ci.yml": ci}, "ci", by="alice")
    way.hear()
    issue = pull_of(way, by="github-actions[bot]", branch="mtor/1-b")
    issue.comment("/mtor ci", by="alice")
    way.hear()
    return issue


def suggested(
    text: str, by: str = "alice", where: str = "thread", command: str = "/mtor apply", times: int = 1, models: str = ""
) -> Callable[[Way], Issue]:
    """A pull request of mtor's own, a remark on its one line, and a command about it, once or more."""

    def play(way: Way) -> Issue:
        way.repository.commit({".github/mtor.yml": f"test: sh tests/check.sh\n{models}"}, "settings", by="alice")
        message = "b\n\nSpec: #1\nJob: i1-0123456789ab-1"
        way.repository.commit({"b.py": "b = 1\n"}, message, branch="mtor/1-b", by="github-actions[bot]")
        pull = way.repository.pull_request("mtor/1-b", "Change", "", by="github-actions[bot]")
        way.hear()
        pull.review("", by=by, remarks=[(text, "b.py", 1)])
        (root,) = pull.comments
        way.hear()
        for _ in range(times):
            if where == "thread":
                pull.remark(command, "b.py", 1, by="alice", reply_to=root.id)
            else:
                pull.issue.comment(command, by="alice")
            way.hear()
            way.end()
        return pull.issue

    return play


def red_checks(
    *texts: str, conclusion: str = "failure", models: str = "implementer: [openai/scripted]\n"
) -> Callable[[Way], Issue]:
    """A pull request of mtor's own whose checks have ended so ("": not yet), and these comments on it."""

    def play(way: Way) -> Issue:
        settings = {".github/mtor.yml": f"test: sh tests/check.sh\n{models}", ".github/workflows/ci.yml": CI}
        way.repository.commit(settings, "settings", by="alice")
        message = "b\n\nSpec: #1\nJob: i1-0123456789ab-1"
        way.repository.commit({"b.py": "b = 1\n"}, message, branch="mtor/1-b", by="github-actions[bot]")
        pull = way.repository.pull_request("mtor/1-b", "Change", "", by="github-actions[bot]")
        way.hear()
        (run,) = [run for run in way.repository.runs.values() if run.path.endswith("ci.yml")]
        run.job("tests", conclusion or None).log = b"##[group]Run x\n##[endgroup]\nE   assert 1 == 2\n@alice\n"
        run.finish(conclusion) if conclusion else run.begin()
        for text in texts:
            pull.issue.comment(text, by="alice")
            way.hear()
            way.end()
        return pull.issue

    return play


CI = "name: CI\non: pull_request\njobs: {}\n"
fixed = partial(suggested, command="/mtor fix", models="implementer: [openai/scripted]\n")
BETTER = "```suggestion\nb = 2\n```"


def labelled(*, on_pull: bool = False, by: str = "alice") -> Callable[[Way], Issue]:
    def play(way: Way) -> Issue:
        issue = pull_of(way) if on_pull else issue_of(way)
        issue.label("mtor", by=by)
        way.hear()
        return issue

    return play


def ticked(by: str = "alice") -> Callable[[Way], Issue]:
    """A job that has ended, and its box in the issue of the night."""

    def play(way: Way) -> Issue:
        issue = commented("/mtor run")(way)
        way.end()
        night = night_issue(way, f"- [ ] Retry #{issue.number}")
        night.edit(by, body=str(night.body).replace("- [ ]", "- [x]"))
        way.hear()
        asked = f"- Retry #{issue.number}: asked for by {by}"
        assert (asked in str(night.body)) is (by == "alice")
        return issue

    return play


# The first column of the table → plays in which both ways look the same.
SAME: dict[str, list[Callable[[Way], Issue]]] = {
    "/mtor run": [commented("/mtor run"), commented("/mtor run", body=NO_MANIFEST), commented("/mtor run please"),
                  on_pull("/mtor run"), commented("/mtor run", "/mtor run", by="mallory")],
    "/mtor run, manifest blocks below": [commented(f"/mtor run\n{OTHER}"), on_pull(f"/mtor run\n{OTHER}")],
    "/mtor run path/to/spec.md@main": [file_at_branch,
                                       commented("/mtor run no.md@main"), commented("/mtor run a.md@b")],
    "/mtor run 1a2b3c4d": [shown_and_named, commented("/mtor run 1a2b3c4d")],
    "/mtor retry": [run_and_retried, commented("/mtor retry"), remade("/mtor retry"),
                    remade("/mtor retry", moves=False), remade("/mtor retry", spec=OTHER)],
    "/mtor cancel": [commented("/mtor cancel"), on_pull("/mtor cancel")],
    "/mtor status": [commented("/mtor status"), on_pull("/mtor status")],
    "/mtor check": [commented("/mtor check"), commented(f"/mtor check\n{OTHER}"),
                    commented("/mtor check", body=NO_MANIFEST), on_pull("/mtor check")],
    "/mtor plan": [commented("/mtor plan"), on_pull("/mtor plan"), planned("/mtor plan\nin Greek"),
                   planned("/mtor run HASH"), planned("/mtor run HASH", by="mallory"),
                   planned("/mtor run HASH", reader="mallory"), planned("/mtor run 0123abcd")],
    "/mtor apply": [suggested(BETTER), suggested(BETTER, where="conversation"), suggested(BETTER, by="mallory"),
                    suggested("Why?"), suggested("```suggestion\nb = 1\n```"), on_pull("/mtor apply"),
                    commented("/mtor apply")],
    "/mtor fix": [fixed("Use a constant."), fixed("Use a constant.", where="conversation"),
                  fixed("Use a constant.", times=3), fixed("Evil.", by="mallory"), fixed("Use a constant.", models=""),
                  fixed("Why?", where="conversation", command="/mtor fix\nSay why."), on_pull("/mtor fix"),
                  commented("/mtor fix")],
    "/mtor fix ci": [red_checks("/mtor fix ci"), red_checks("/mtor fix ci\nSay why."),
                     red_checks("/mtor fix ci", "/mtor fix ci", "/mtor fix ci"), red_checks("/mtor fix ci", models=""),
                     red_checks("/mtor fix ci", conclusion="success"), red_checks("/mtor fix ci", conclusion=""),
                     on_pull("/mtor fix ci"), commented("/mtor fix ci")],
    "/mtor coach NOTE": [commented("/mtor coach use the factory\nfor orders"), commented("/mtor coach")],
    "/mtor ci": [commented("/mtor ci"), on_pull("/mtor ci")],
    "/mtor spec": [commented(f"/mtor spec\n{OTHER}")],
    "/mtor help": [commented("/mtor help"), commented("/mtor"), commented("/mtor frobnicate")],
    "a box in mtor: last night": [ticked(), ticked(by="trish"), ticked(by="mallory")],
    "the label mtor": [labelled(), waiting_and_wrong, labelled(on_pull=True), labelled(by="trish"),
                       labelled(by="mallory")],
}  # fmt: skip
# And those of which the last column says that only the App does more: the play, and words that tell who saw which.
ONLY_APP: dict[str, tuple[Callable[[Way], Issue], Callable[[Seen], bool]]] = {
    "/mtor retry": (confirmed_and_retried, lambda seen: len(seen.jobs) == 2),
    "/mtor status": (commented("/mtor run", "/mtor status"), lambda seen: "about to start" in seen.answers[0]),
    "/mtor ci": (held_checks, lambda seen: "Started 1 held run" in seen.answers[0]),
}


def rows() -> dict[str, str]:
    """First line → last column of the table in the documentation."""
    cells = re.findall(
        r"^\| (`/mtor [^|]+|the label `mtor`|a box in \*\*mtor: last night\*\*) \|[^|]+\|([^|]*)\|$",
        DOCS.read_text(),
        re.MULTILINE,
    )
    return {re.sub(r"[`*]", "", first).strip(): last.strip() for first, last in cells}


def without_app(folder: Path, play: Callable[[Way], Issue]) -> Seen:
    folder.mkdir()
    with open_desk(folder) as desk:
        desk.repository.grant("alice", "write")
        way = WithoutApp(desk)
        return seen(way, play(way))


def with_app(folder: Path, play: Callable[[Way], Issue]) -> Seen:
    folder.mkdir()
    with hearing(folder) as ears:
        ears.here.repository.grant("trish", "triage")
        way = WithApp(ears)
        return seen(way, play(way))


def test_every_row_of_the_table_is_played_and_its_last_column_says_what_differs() -> None:
    assert set(rows()) == set(SAME)
    assert {first for first, last in rows().items() if last} == set(ONLY_APP)


@pytest.mark.parametrize(
    "play", [pytest.param(play, id=f"{first} {n}") for first, plays in SAME.items() for n, play in enumerate(plays)]
)
def test_both_ways_look_the_same(tmp_path: Path, play: Callable[[Way], Issue]) -> None:
    alone, served = without_app(tmp_path / "alone", play), with_app(tmp_path / "served", play)
    assert alone == served
    assert json.dumps(alone.jobs) == json.dumps(served.jobs)


@pytest.mark.parametrize("first", ONLY_APP)
def test_the_last_column_is_what_only_the_app_does(tmp_path: Path, first: str) -> None:
    play, is_served = ONLY_APP[first]
    assert is_served(with_app(tmp_path / "served", play))
    assert not is_served(without_app(tmp_path / "alone", play))
