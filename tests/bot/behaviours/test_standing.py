"""Whose text a job is: named in the plan, kept with the job; and which commits count as this repository's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_action.access.decision import AccessVerdict, Account, AccountKind, Ask, AskKind, decide
from mtor_action.job_start.spec_texts import of_issue
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import TextAuthor
from mtor_bot.rights import outsiders_of

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.issues import Issue

OUTSIDER = "this is text by @stranger, who cannot write here"


def digest_in(text: str) -> str:
    named = re.search(r"/mtor run ([0-9a-f]{8})", text)
    assert named, text
    return named[1]


def confirmed(ears: Hearing, issue: Issue) -> None:
    """Label it, and name the digest of the plan."""
    issue.label("mtor", by="alice")
    ears.act()
    issue.comment(f"/mtor run {digest_in(said(issue)[0])}", by="alice")
    ears.act()


def test_an_outsiders_text_is_named_in_the_plan_and_the_job_keeps_who_could_not_write(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        confirmed(ears, issue)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        stranger = ears.here.github.world.user("stranger")
        assert job.authors == (TextAuthor(stranger.id, "stranger", writes=False),)
        assert OUTSIDER in ears.shown(issue)
        issue.comment("/mtor check", by="alice")
        ears.act()
        assert OUTSIDER in said(issue)[-1]


def test_a_writers_text_names_nobody(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert [(author.login, author.writes) for author in job.authors] == [("alice", True)]
        assert "who cannot write" not in ears.shown(issue)


def test_an_outsiders_continuation_is_left_out_and_a_writers_does_not_make_it_a_writers_text(
    tmp_path: Path,
) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        issue.comment("/mtor spec\n\n```python create=src/evil.py\n1\n```\n", by="mallory")
        issue.comment("/mtor spec\n\n```python create=src/more.py\n1\n```\n", by="alice")
        ears.act()
        confirmed(ears, issue)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert [(author.login, author.writes) for author in job.authors] == [("stranger", False), ("alice", True)]
        assert "evil.py" not in ears.shown(issue)


def test_the_text_of_a_deleted_account_is_shown_and_not_run(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        ears.here.github.settle()
        ears.here.github.world.user("stranger").deleted = True
        with ears.here.bot.clients.repository(ears.place) as client:
            authors = of_issue(client, issue.number).authors
        alice = Account(AccountKind.USER, 3, "alice", "write")
        found = decide(Ask(AskKind.RUN_TEXT, alice, authors), own_id=1, listed_bots=())
        assert (found.verdict, outsiders_of(ears.here.bot, authors)) == (AccessVerdict.PLAN, authors)


def test_an_author_who_lost_access_is_an_outsider(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.grant("bob", "write")
        issue = ears.here.repository.issue("Say hello", SPEC, by="bob")
        ears.here.repository.grant("bob", "read")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert "text by @bob, who cannot write here" in said(issue)[0]


def test_a_file_that_only_a_branch_of_mtors_own_holds_may_be_anybodys_text(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        repository.commit({"spec.md": SPEC}, "by an outsider's job", branch="mtor/7-spec", by="alice")
        issue = repository.issue("Talk", "only talk", by="alice")
        issue.comment("/mtor run spec.md@mtor/7-spec", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        issue.comment(f"/mtor run {digest_in(said(issue)[-1])}", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []


def _evil_of_a_fork(ears: Hearing) -> str:
    repository = ears.here.repository
    fork = ears.here.github.repository("eve/widget", fork_of=repository)
    evil = {".github/mtor.yml": "test: sh tools/evil.sh\n", "tools/evil.sh": "evil\n"}
    commit = fork.commit(evil, "evil", branch="evil", by="eve")
    repository.pull_request("eve:evil", "Evil", "", by="eve")
    return commit


@pytest.mark.parametrize("place", ["spec", "settings"])
def test_a_base_that_only_a_fork_has_is_refused_and_nothing_of_it_is_read(tmp_path: Path, place: str) -> None:
    with hearing(tmp_path) as ears:
        commit = _evil_of_a_fork(ears)
        body = SPEC.replace("test: python src/hello.py", f"base: {commit}")
        if place == "settings":
            ears.here.repository.commit({".github/mtor.yml": f"base: {commit}\ntest: 'true'\n"})
            body = SPEC.replace("test: python src/hello.py", "title: Hello")
        issue = ears.here.repository.issue("Say hello", body, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert "in no branch or tag of this repository" in said(issue)[0]
        assert "evil.sh" not in said(issue)[0]
        assert not ears.here.github.said("GET", f"*/trees/{commit}")


def test_a_base_whose_place_github_does_not_tell_starts_nothing(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        meant = ears.here.repository.commit({"old": "x\n"}, branch="release")
        body = SPEC.replace("test:", f"base: {meant}\ntest:")
        issue = ears.here.repository.issue("Say hello", body, by="alice")
        issue.label("mtor", by="alice")
        ears.here.github.settle()
        ears.here.github.faults.refuse("GET */compare/*", 403, "Resource not accessible by integration")
        with pytest.raises(Exception, match="not accessible"):
            ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []


@pytest.mark.parametrize(("branch", "shown"), [("main", "On `main`"), ("release", "On `release`")])
def test_the_plan_names_the_branch_that_holds_the_commit(tmp_path: Path, branch: str, shown: str) -> None:
    with hearing(tmp_path) as ears:
        meant = ears.here.repository.commit({"old": "x\n"}, branch=branch)
        ears.here.repository.commit({"new": "x\n"}, branch=branch)
        body = SPEC.replace("test:", f"base: {meant}\ntest:")
        issue = ears.here.repository.issue("Say hello", body, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        assert f"{shown} (`{meant[:12]}`)" in said(issue)[0]
        assert len(job_rows.jobs(ears.here.bot.engine)) == 1
