"""The trigger label, from the webhook to the job and what is said about it."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_action.diagnostics import render
from mtor_action.github.texts.pins import lf_bytes
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_a_writers_label_makes_one_job_with_its_plan_and_is_consumed(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act(times=3)
        jobs = job_rows.jobs(ears.here.bot.engine)
        assert [(job.number, job.requester, job.target_branch, job.base_ref) for job in jobs] == [
            (issue.number, "alice", f"mtor/{issue.number}-say-hello", "main")
        ]
        assert issue.label_names == ["mtor:queued"]
        assert issue.reactions.contents == ["eyes"]
        (comment,) = said(issue)
        assert "`src/hello.py`" in comment
        assert "python src/hello.py" in comment


@pytest.mark.parametrize("by", ["github-actions[bot]", "alice"])
def test_a_label_that_was_answered_or_taken_off_before_it_is_heard_starts_nothing(tmp_path: Path, by: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        issue.unlabel("mtor", by=by)
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert said(issue) == []
        # Another label of the issue, and another issue's, say nothing about this one.
        issue.label("mtor", by="alice")
        issue.label("bug", by="alice")
        issue.unlabel("bug", by=by)
        other = ears.here.repository.issue("Other", SPEC, by="alice")
        other.label("mtor", by="alice")
        other.unlabel("mtor", by=by)
        ears.act()
        assert [job.number for job in job_rows.jobs(ears.here.bot.engine)] == [issue.number]


@pytest.mark.parametrize("role", ["triage", "read"])
def test_the_label_of_somebody_who_may_not_write_is_refused_with_a_reaction(tmp_path: Path, role: str) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.grant("tim", role)
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="tim")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert (issue.label_names, issue.reactions.contents, said(issue)) == ([], ["confused"], [])


def test_a_custom_role_counts_by_what_it_is_built_on(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.grant("carol", "write", name="release captain")
        issue = ears.here.repository.issue("Say hello", SPEC, by="carol")
        issue.label("mtor", by="carol")
        ears.act()
        assert [job.requester for job in job_rows.jobs(ears.here.bot.engine)] == ["carol"]


@pytest.mark.parametrize("asked", ["label", "comment"])
def test_a_bot_that_is_not_listed_gets_a_reaction_and_the_log_says_why(
    tmp_path: Path, asked: str, caplog: pytest.LogCaptureFixture
) -> None:
    with hearing(tmp_path) as ears, caplog.at_level(logging.INFO, "mtor_bot"):
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        comment = issue.comment("/mtor run", by="renovate[bot]") if asked == "comment" else None
        if comment is None:
            issue.label("mtor", by="renovate[bot]")
        ears.act(times=2)
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert said(issue) == []
        assert issue.label_names == (["mtor"] if comment is None else [])
        assert (comment or issue).reactions.contents == ["confused"]
        reasons = [vars(record)["why"] for record in caplog.records if "turned away" in record.message]
        assert set(reasons) == {"the bot renovate[bot] is not listed in this mtor's settings"}


def test_mtor_itself_is_not_turned_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with hearing(tmp_path) as ears, caplog.at_level(logging.INFO, "mtor_bot"):
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="mtor[bot]")
        issue.comment("/mtor run", by="mtor[bot]")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert issue.reactions.contents == []
        assert not [record for record in caplog.records if "turned away" in record.message]


def test_a_bot_that_is_listed_by_its_id_counts_as_a_writer(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="renovate[bot]")
        number = ears.here.github.world.user("renovate[bot]").id
        ears.here.bot = replace(ears.here.bot, settings=ears.here.settings.model_copy(update={"listed_bots": {number}}))
        issue.label("mtor", by="renovate[bot]")
        ears.act()
        assert [job.requester for job in job_rows.jobs(ears.here.bot.engine)] == ["renovate[bot]"]


def test_an_outsiders_text_is_shown_as_a_plan_and_runs_when_a_writer_names_its_digest(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        engine = ears.here.bot.engine
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(engine) == []
        (plan,) = said(issue)
        assert "`src/hello.py`" in plan
        named = re.search(r"/mtor run ([0-9a-f]{8})", plan)
        assert named
        issue.comment("/mtor run 00000000", by="alice")
        ears.act()
        assert job_rows.jobs(engine) == []
        issue.comment(f"/mtor run {named[1]}", by="stranger")
        ears.act()
        assert job_rows.jobs(engine) == []
        issue.comment(f"/mtor run {named[1]}", by="alice")
        ears.act(times=2)
        assert [job.digest[:8] for job in job_rows.jobs(engine)] == [named[1]]
        # The plan, the answer to the wrong digest, and the state.
        assert [text.split()[1].removeprefix("mtor:") for text in said(issue)] == ["answer", "answer", "status"]


def test_an_outsiders_text_that_was_edited_after_the_plan_does_not_run(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        named = re.search(r"/mtor run ([0-9a-f]{8})", said(issue)[0])
        assert named
        issue.edit("stranger", body=SPEC.replace("hello", "evil"))
        issue.comment(f"/mtor run {named[1]}", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []


def test_an_outsiders_text_with_the_same_eight_digits_as_the_plan_does_not_run(tmp_path: Path) -> None:
    # Two texts whose digests begin alike take a second to find.
    harmless, evil = SPEC.replace('("hello")', '("hello", 73403)'), SPEC.replace('("hello")', '("evil", 24370)')
    harmless, evil = (text.removeprefix("Please add this.\n\n") for text in (harmless, evil))
    with hearing(tmp_path) as ears:
        engine = ears.here.bot.engine
        issue = ears.here.repository.issue("Say hello", harmless, by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        assert "/mtor run e8db56f4" in said(issue)[0]
        issue.edit("stranger", body=evil)
        issue.comment("/mtor run e8db56f4", by="alice")
        ears.act(times=2)
        assert job_rows.jobs(engine) == []
        assert "this plan is not the one that was shown last" in said(issue)[-1]
        # Who has read that one, too, may run it.
        issue.comment("/mtor run e8db56f4", by="alice")
        ears.act()
        assert len(job_rows.jobs(engine)) == 1


@pytest.mark.parametrize("asked", ["/mtor check", "/mtor run", "label"])
def test_an_outsiders_plan_may_be_asked_for_in_any_way(tmp_path: Path, asked: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="stranger")
        issue.label("mtor", by="alice") if asked == "label" else issue.comment(asked, by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        named = re.search(r"/mtor run ([0-9a-f]{8})", said(issue)[0])
        assert named
        issue.comment(f"/mtor run {named[1]}", by="alice")
        ears.act()
        assert len(job_rows.jobs(ears.here.bot.engine)) == 1


def test_a_bad_spec_is_answered_with_the_diagnostics_of_the_terminal(tmp_path: Path) -> None:
    body = SPEC.replace("create=", "creat=")
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say @everybody hello", body, by="alice")
        issue.label("mtor", by="alice")
        ears.act(times=2)
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert issue.label_names == ["mtor:failed"]
        (comment,) = said(issue)
        for diagnostic in parse_spec([Part(f"#{issue.number}", lf_bytes(body))]).diagnostics:
            assert render(diagnostic).splitlines()[0].partition(":")[2] in comment


def test_an_edit_that_finds_no_place_is_reported_before_any_run(tmp_path: Path) -> None:
    body = "```python edit=a.py\n<<<<<<< SEARCH\nnothing like it\n=======\nx = 2\n>>>>>>> REPLACE\n```\n"
    with hearing(tmp_path) as ears:
        ears.here.repository.commit({"a.py": "x = 1\n", ".github/mtor.yml": "test: python a.py\n"}, "files")
        issue = ears.here.repository.issue("Edit", body, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert issue.label_names == ["mtor:failed"]


def test_the_label_again_after_the_end_asks_again(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        engine = ears.here.bot.engine
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        issue.label("mtor", by="alice")
        ears.act()
        (job,) = job_rows.jobs(engine)
        assert "already at work" in ears.shown(issue)
        ears.end(job)
        issue.label("mtor", by="alice")
        ears.act()
        assert len(job_rows.jobs(engine)) == 2


def test_a_pull_request_from_a_fork_is_refused(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        fork = ears.here.github.repository("eve/widget", fork_of=ears.here.repository)
        fork.commit({"b.py": "1\n"}, "b", branch="change", by="eve")
        pull = ears.here.repository.pull_request("eve:change", "Change", SPEC, by="eve")
        pull.issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert "fork" in said(pull.issue)[0]
