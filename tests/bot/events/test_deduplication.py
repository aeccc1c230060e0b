"""One effect a comment: the same signed body under another delivery id, of old, and after a crash."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.bots import until
from bot.hearing import SPEC, Hearing, hearing, said
from mtor_action.github.failures import GitHubError
from mtor_bot.behaviours.table import behave, read_webhook
from mtor_bot.clock import ScaledClock
from mtor_bot.database.schema import COMMANDS
from mtor_bot.durable.receive import receive
from mtor_bot.events import deduplication
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path

    from standins.github.comments import Comment
    from standins.github.issues import Issue


def _heard(ears: Hearing, comment: Comment) -> Any:
    """The body that came for a comment, which is acted on."""
    ears.here.github.settle()
    (payload,) = [each for _, _, each in ears.came if each.get("comment", {}).get("id") == comment.id]
    ears.act()
    return payload


def _again(ears: Hearing, payload: Any) -> None:
    """The same body arrives and is acted on, as far as the bot takes it."""
    event = read_webhook("issue_comment", payload, "mtor")
    assert event is not None
    behave(ears.here.bot, event)


def _labelled(ears: Hearing) -> Issue:
    issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
    issue.label("mtor", by="alice")
    ears.act()
    return issue


def test_an_old_cancel_under_a_new_id_does_not_cancel_a_new_job(tmp_path: Path) -> None:
    with hearing(tmp_path, max_jobs=1) as ears:
        issue = _labelled(ears)
        payload = _heard(ears, issue.comment("/mtor cancel", by="alice"))
        (first,) = job_rows.jobs(ears.here.bot.engine)
        assert first.cancelled_by == "alice"
        ears.end(first)
        issue.label("mtor", by="alice")
        ears.act()
        _again(ears, payload)
        second = job_rows.jobs(ears.here.bot.engine)[-1]
        assert (second.id != first.id, second.cancelled_by) == (True, "")


@pytest.mark.parametrize(
    "verb", ["status", "check", "help", "cancel", "ci", "coach note", "retry", "run", "spec", "nonsense"]
)
def test_no_verb_does_anything_a_second_time(tmp_path: Path, verb: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        payload = _heard(ears, issue.comment(f"/mtor {verb}", by="alice"))
        jobs, before = job_rows.jobs(ears.here.bot.engine), len(ears.here.github.requests)
        _again(ears, payload)
        assert len(ears.here.github.requests) == before
        assert job_rows.jobs(ears.here.bot.engine) == jobs


def test_what_an_outsider_wrote_gains_nothing_when_he_may_write_later(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        payload = _heard(ears, issue.comment("/mtor run", by="bob"))
        ears.here.repository.grant("bob", "write")
        _again(ears, payload)
        assert job_rows.jobs(ears.here.bot.engine) == []


def test_a_comment_is_stored_for_one_delivery_which_may_be_repeated(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.comment("/mtor status", by="alice")
        ears.here.github.settle()
        (payload,) = [each for _, _, each in ears.came if "comment" in each]
        for guid in ("first", "second", "first", "third"):
            assert receive(ears.here.bot, "issue_comment", guid, payload)
        assert [name for name in _stored(ears) if name.startswith("delivery-")] == ["delivery-first"]
        ears.here.start().ready()
        until(lambda: len(said(issue)) == 1)
        until(lambda: deduplication.is_done(ears.here.bot, _event(payload)))


def test_a_delivery_that_github_failed_is_done_when_it_comes_again(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.comment("/mtor status", by="alice")
        ears.here.github.settle()
        (payload,) = [each for _, _, each in ears.came if "comment" in each]
        ears.here.github.faults.refuse("POST */comments", 403, "Resource not accessible by integration")
        with pytest.raises(GitHubError):
            _again(ears, payload)
        assert said(issue) == []
        ears.here.github.faults.clear()
        _again(ears, payload)
        assert len(said(issue)) == 1


@pytest.mark.parametrize("verb", ["status", "cancel", "run", "retry", "ci", "coach note"])
def test_a_comment_older_than_a_day_does_nothing(tmp_path: Path, verb: str) -> None:
    with hearing(tmp_path) as ears:
        issue = _labelled(ears)
        comment = issue.comment(f"/mtor {verb}", by="alice")
        ears.here.github.settle()
        (payload,) = [each for _, _, each in ears.came if each.get("comment", {}).get("id") == comment.id]
        old = copy.deepcopy(payload)
        old["comment"]["created_at"] = "2026-01-02T03:04:05Z"
        _again(ears, old)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert (job.cancelled_by, comment.reactions.contents) == ("", ["confused"])


@pytest.mark.parametrize("kind", ["closed", "unlabeled"])
def test_an_old_close_or_label_taken_off_does_not_cancel_a_new_job(tmp_path: Path, kind: str) -> None:
    with hearing(tmp_path) as ears:
        issue = _labelled(ears)
        issue.close("alice") if kind == "closed" else issue.unlabel("mtor:queued", by="alice")
        ears.here.github.settle()
        (payload,) = [
            each for _, _, each in ears.came if each.get("action") == kind and each["sender"]["login"] == "alice"
        ]
        old = copy.deepcopy(payload)
        old["issue"] |= dict.fromkeys(("closed_at", "updated_at"), "2026-01-02T03:04:05Z")
        for body, cancelled_by in ((old, ""), (payload, "alice")):
            event = read_webhook("issues", body, "mtor")
            assert event is not None
            behave(ears.here.bot, event)
            assert job_rows.jobs(ears.here.bot.engine)[0].cancelled_by == cancelled_by


def test_a_cancel_that_comes_late_stops_only_what_was_asked_for_before_it(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.comment("/mtor cancel", by="alice")
        ears.here.github.settle()
        (payload,) = [each for _, _, each in ears.came if "comment" in each]
        ears.came.clear()
        issue.comment("/mtor run", by="alice")
        ears.act()
        _again(ears, payload)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert job.cancelled_by == ""
        assert "older than the comment" in said(issue)[-1]


def test_what_is_too_old_to_have_an_effect_is_forgotten(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        _heard(ears, issue.comment("/mtor status", by="alice"))
        assert deduplication.forget(ears.here.bot) == 0
        with ears.here.bot.engine.begin() as connection:
            connection.execute(sa.update(COMMANDS).values(heard_at=1.0))
        assert deduplication.forget(ears.here.bot) == 1


def _event(payload: Any) -> Any:
    return read_webhook("issue_comment", payload, "mtor")


def _stored(ears: Hearing) -> list[str]:
    with ears.here.bot.engine.connect() as connection:
        return [row[0] for row in connection.execute(sa.text("select workflow_uuid from workflow_status")).all()]


@dataclass(frozen=True, slots=True)
class _Later(ScaledClock):
    """A bot that was down, or that GitHub limited, for a quarter of an hour."""

    def now(self) -> float:
        return time.time() + 900.0


@pytest.mark.parametrize("asked", ["label", "comment"])
@pytest.mark.parametrize("ended", ["cancel", "close"])
def test_what_was_said_while_the_request_itself_waited_still_ends_it(tmp_path: Path, asked: str, ended: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice") if asked == "label" else issue.comment("/mtor run", by="alice")
        issue.comment("/mtor cancel", by="alice") if ended == "cancel" else issue.close("alice")
        ears.here.bot = replace(ears.here.bot, clock=_Later())
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert job.cancelled_by == "alice"
