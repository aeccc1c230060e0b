"""Reactions and labels that GitHub refuses, for good or for long: the message is said all the same."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bot.bots import scene, statuses
from bot.hearing import SPEC, hearing, said
from mtor_action.github.failures import GitHubError
from mtor_action.report.report import Outcome
from mtor_bot.jobs import job_rows
from mtor_bot.speech import end_announcement

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.faults import Faults
    from standins.github.issues import Issue

REFUSALS = {
    "forbidden": (403, "Resource not accessible by integration"),
    "locked": (403, "Unable to create reaction: the conversation is locked"),
    "not found": (404, "Not Found"),
    "gone": (410, "This comment was deleted"),
    "invalid": (422, "Validation Failed"),
    "failing": (502, "Unicorn!"),
}
SIDES = ("POST */graphql mutation", "* */reactions", "* */issues/*/labels*", "* /repos/acme/widget/labels*")


def refuse(faults: Faults, manner: str) -> None:
    status, words = REFUSALS[manner]
    for pattern in SIDES:
        faults.refuse(pattern, status, words, times=-1)


class Case(NamedTuple):
    """What somebody does, and words of the answer."""

    body: str
    by: str
    comment: str
    answer: str


CASES = {
    "label": Case(SPEC, "alice", "", "`src/hello.py`"),
    "bad spec": Case(SPEC.replace("create=", "creat="), "alice", "", "nothing was started"),
    "outsider": Case(SPEC, "stranger", "", "To run exactly this"),
    "run": Case(SPEC, "alice", "/mtor run", "`src/hello.py`"),
    "unknown digest": Case(SPEC, "alice", "/mtor run 00000000", "it may have been edited"),
    "status": Case(SPEC, "alice", "/mtor status", "has had no job here"),
    "check": Case(SPEC, "alice", "/mtor check", "would do this"),
    "cancel": Case(SPEC, "alice", "/mtor cancel", "Nothing waits or runs here"),
    "error": Case(SPEC, "alice", "/mtor coach", "without a note"),
    "coach": Case(SPEC, "alice", "/mtor coach Say hello politely.", "Noted as"),
}


def happen(ears: Hearing, case: Case) -> Issue:
    issue = ears.here.repository.issue("Say hello", case.body, by=case.by)
    if case.comment:
        issue.comment(case.comment, by="alice")
    else:
        issue.label("mtor", by="alice")
    with suppress(GitHubError):  # what may succeed later is tried again; the message is out
        ears.act()
    return issue


@pytest.mark.parametrize("manner", REFUSALS)
@pytest.mark.parametrize("name", CASES)
def test_what_is_beside_the_message_never_costs_it(tmp_path: Path, name: str, manner: str) -> None:
    with hearing(tmp_path) as ears:
        refuse(ears.here.github.faults, manner)
        issue = happen(ears, CASES[name])
        ears.here.github.faults.clear()
        assert any(CASES[name].answer in text for text in said(issue)), said(issue)


@pytest.mark.parametrize("manner", [name for name in REFUSALS if name != "failing"])
def test_a_label_is_consumed_though_the_reaction_is_refused(tmp_path: Path, manner: str) -> None:
    with hearing(tmp_path) as ears:
        status, words = REFUSALS[manner]
        ears.here.github.faults.refuse("* */reactions", status, words, times=-1)
        for name in ("label", "bad spec", "outsider"):
            issue = happen(ears, CASES[name])
            assert "mtor" not in issue.label_names


@pytest.mark.parametrize("manner", REFUSALS)
def test_an_ending_is_announced_once_whatever_is_beside_it(tmp_path: Path, manner: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        over = ears.end(job, Outcome.ERROR)
        refuse(ears.here.github.faults, manner)
        status, words = REFUSALS[manner]
        ears.here.github.faults.refuse("PATCH */issues/comments/*", status, words, times=-1)
        for _ in range(2):
            with ears.here.bot.clients.repository(ears.place) as client:
                try:
                    end_announcement.tell(ears.here.bot, client, over)
                except GitHubError:
                    assert manner == "failing"
        ears.here.github.faults.clear()
        assert len([text for text in said(issue) if "That was it." in text and "<!-- mtor:ending " in text]) == 1


def test_a_job_whose_optional_changes_are_refused_ends_and_says_so(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(lambda run: run.finish("failure"))
        refuse(here.github.faults, "forbidden")
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.told(here.ask(issue))
        here.github.faults.clear()
        assert not any("could not say so" in line for line in here.notes(job))
        assert len(statuses(issue)) == 1
        assert "<!-- mtor:ending " in issue.comments[-1].body
