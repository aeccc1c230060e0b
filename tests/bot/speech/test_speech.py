"""What the bot says on an issue: one comment, one label, one ending, whatever comes twice or at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.comments import MOST_CHARACTERS, marker
from mtor_action.on_issues.state_labels import ALL
from mtor_action.report.report import Outcome
from mtor_bot.behaviours.table import behave
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobResult, JobState
from mtor_bot.jobs.obstacles import NO_WORKFLOW
from mtor_bot.speech import end_announcement, status_comment
from mtor_bot.speech.status_comment import StatusDue, label_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.hearing import Hearing
    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.jobs.job_record import Job
    from standins.github.issues import Issue


def asked(ears: Hearing, body: str = SPEC, title: str = "Say hello", by: str = "alice") -> tuple[Issue, Job]:
    """An issue that was labelled, and its job."""
    ears.here.repository.grant(by, "write")
    issue = ears.here.repository.issue(title, body, by=by)
    issue.label("mtor", by="alice")
    ears.act()
    return issue, job_rows.jobs(ears.here.bot.engine)[-1]


def speak(ears: Hearing, job: Job, say: Callable[[Bot, Client, Job], object], times: int = 2) -> None:
    """Say it, and again."""
    for _ in range(times):
        with ears.here.bot.clients.repository(ears.place) as client:
            say(ears.here.bot, client, job)


def test_edits_that_come_too_early_are_put_off_and_show_what_is_true_then(tmp_path: Path) -> None:
    with hearing(tmp_path, time_scale=1.0) as ears:
        issue, job = asked(ears)
        (first,) = said(issue)
        for state in (JobState.DISPATCHED, JobState.RUNNING):
            job_rows.change(ears.here.bot.engine, job.id, state=state.value)
            speak(ears, job_rows.job_by_id(ears.here.bot.engine, job.id), status_comment.show)
        assert said(issue) == [first]
        assert issue.label_names == ["mtor:running"]
        waiting = ears.here.bot.queue.client.list_workflows(status="DELAYED")
        assert len(waiting) == 1
        behave(ears.here.bot, StatusDue(ears.place, issue.number))
        (shown,) = said(issue)
        assert "is running" in shown
        assert "src/hello.py" in shown


def test_an_edit_that_github_refuses_is_made_later(tmp_path: Path) -> None:
    with hearing(tmp_path, time_scale=1.0) as ears:
        issue, job = asked(ears)
        job_rows.change(ears.here.bot.engine, job.id, state=JobState.RUNNING.value)
        due = StatusDue(ears.place, issue.number)
        for pattern in ("POST */graphql mutation", "PATCH */issues/comments/*"):
            ears.here.github.faults.refuse(pattern, 403, "not now", times=1)
        with pytest.raises(GitHubError):
            behave(ears.here.bot, due)
        assert len(ears.here.bot.queue.client.list_workflows(status="DELAYED")) == 1
        behave(ears.here.bot, due)
        assert "is running" in said(issue)[0]


def test_many_who_speak_at_once_make_one_comment(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        due = StatusDue(ears.place, issue.number)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: behave(ears.here.bot, due), range(16)))
        assert len(said(issue)) == 1


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_one_label_with_its_colour_and_a_reaction(tmp_path: Path, outcome: Outcome) -> None:
    with hearing(tmp_path) as ears:
        issue, job = asked(ears)
        issue.label("mtor:running", by="alice")
        over = ears.end(job, outcome)
        speak(ears, over, end_announcement.tell)
        wanted = label_of(over)
        assert issue.label_names == [wanted.name]
        assert ears.here.repository.labels[wanted.name].color == ALL[wanted.name].color
        done = outcome in (Outcome.CLEAN, Outcome.FIXED, Outcome.EMPTY)
        assert issue.reactions.contents == ["eyes", "rocket" if done else "confused"]


def test_an_ending_without_a_pull_request_is_one_new_comment(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue, job = asked(ears)
        speak(ears, ears.end(job, Outcome.ERROR), end_announcement.tell)
        first, second = said(issue)
        assert first.startswith(marker("status", str(issue.number)))
        assert second.startswith(marker("ending", job.id))
        assert "That was it." in second


def test_an_ending_mentions_who_asked_once_and_nobody_else(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue, job = asked(ears, by="bob")
        result = JobResult(Outcome.ERROR, "GitHub refused: ask @carol, or @acme/admins.", "Run `mtor init` for @dave.")
        job_rows.finish(ears.here.bot.engine, job.id, result, ears.here.bot.clock.now())
        speak(ears, job_rows.job_by_id(ears.here.bot.engine, job.id), end_announcement.tell)
        texts = said(issue)
        assert [re.findall(r"@[\w/-]+", text) for text in texts] == [[], ["@alice"]]
        assert texts[1].splitlines()[1].startswith("@alice: **error**")


def test_the_sentences_of_mtor_show_no_stray_backtick(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue, job = asked(ears)
        job_rows.finish(ears.here.bot.engine, job.id, NO_WORKFLOW, ears.here.bot.clock.now())
        speak(ears, job_rows.job_by_id(ears.here.bot.engine, job.id), end_announcement.tell)
        for text in ("/mtor ci", "/mtor coach", "/mtor run what is this", "/mtor retry please"):
            issue.comment(text, by="alice")
        ears.act()
        assert "Run `mtor init`, merge what it writes" in said(issue)[1]
        assert not [text for text in said(issue) if "\\`" in text]


@pytest.mark.parametrize("by", ["mtor[bot]", "github-actions[bot]"])
def test_where_the_report_was_posted_no_ending_follows(tmp_path: Path, by: str) -> None:
    with hearing(tmp_path) as ears:
        issue, job = asked(ears)
        issue.comment(f"{marker('report', job.id)}\nThe report.", by=by)
        issue.comment(f"{marker('report', 'other')}\nNot it.", by=by)
        before = len(issue.comments)
        speak(ears, ears.end(job, Outcome.FAILING), end_announcement.tell)
        assert len(issue.comments) == before


def test_somebody_elses_comment_with_our_marker_is_not_ours(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        forged = issue.comment(f"{marker('status', str(issue.number))}\nAll done.", by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        assert "All done." in forged.body
        assert len(said(issue)) == 1


def test_no_text_of_others_does_anything_in_our_comments(tmp_path: Path) -> None:
    body = SPEC.replace("src/hello.py", "src/@everybody.py").replace("print", "# ``` @everybody\nprint")
    with hearing(tmp_path) as ears:
        issue, job = asked(ears, body, "@everybody Fixes #1 [skip ci]")
        job_rows.change(
            ears.here.bot.engine, job.id, waits_for="**@everybody** Fixes #1 [skip ci] <!-- mtor:status -->"
        )
        behave(ears.here.bot, StatusDue(ears.place, issue.number))
        waiting = said(issue)
        over = replace(ears.end(job, Outcome.ERROR), reason="@everybody <img src=x> Fixes #1")
        speak(ears, over, end_announcement.tell)
        for text in waiting + said(issue):
            words = re.sub(r"`[^`\n]*`", "", text.partition("\n")[2].partition("```")[0])
            assert not [bad for bad in ("@everybody", "Fixes #1", "<!--", "[skip ci]", "<img") if bad in words], words


def test_a_spec_of_a_thousand_files_fits_into_a_comment(tmp_path: Path) -> None:
    blocks = "\n".join(f"```text create={'d' * 150}/{n}\nx\n```" for n in range(250))
    with hearing(tmp_path) as ears:
        issue, _job = asked(ears, f"{blocks}\n\n```yaml mtor\ntest: {'true ' * 3000}\n```\n")
        (comment,) = said(issue)
        assert len(comment) <= MOST_CHARACTERS + 200
        assert "more operations" in comment
