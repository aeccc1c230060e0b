"""A label or a command starts the same run when GraphQL's words about the issue are not REST's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.github.issues.night_mark import LABEL, MARKER
from mtor_action.github.texts.pins import decode, pin_issue
from other_words import OTHER_STATES, OTHER_WORDS, let_graphql_differ
from scripted_runs import spec
from serverless.desk import open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serverless.desk import Desk

SPEC = spec("one = 'right'\n") + "\n\n"
CLOSED = {"closed": lambda shown: {**shown, "state": "CLOSED", "closedAt": "2126-01-01T00:00:00Z"}}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(
    ("name", "asks"),
    [(name, "label") for name in sorted(OTHER_WORDS | OTHER_STATES | CLOSED)]
    + [(name, asks) for name in ("another title", "closed") for asks in ("/mtor run", "/mtor retry")],
)
def test_a_writers_issue_is_run_as_rest_has_it(
    desk: Desk, name: str, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_graphql_differ(monkeypatch, (OTHER_WORDS | OTHER_STATES | CLOSED)[name])
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    if asks == "label":
        issue.label("mtor", by="ada")
    else:
        issue.comment(asks, by="ada")
    desk.hear()
    (job,) = desk.jobs
    assert list(decode(str(job.inputs["spec"]))) == [pin_issue(issue.number, issue.title, issue.body)]


def test_a_plan_is_not_refused_because_graphql_shows_the_issue_of_the_night(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {"nodes": [{"id": "LA_1", "name": LABEL}], "totalCount": 1}
    let_graphql_differ(monkeypatch, lambda shown: {**shown, "body": MARKER, "labels": labels})
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment("/mtor plan", by="ada")
    desk.hear()
    assert "no model is named that writes specs" in desk.answers(issue)
