"""Webhooks → events: only what is ours, and nothing that a payload may hold breaks it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from mtor_action.access.accounts import Sender
from mtor_bot.behaviours.commented import Commented
from mtor_bot.behaviours.issue_closed import IssueClosed
from mtor_bot.behaviours.labeled import Labeled
from mtor_bot.behaviours.run_changed import RunChanged
from mtor_bot.behaviours.table import from_plain, read_webhook
from mtor_bot.events.event import Event, as_plain
from mtor_bot.jobs.run_webhooks import RunEvent
from published_payloads import examples

PLACE = {"installation": {"id": 8}, "repository": {"id": 1, "full_name": "acme/widget"}}
ALICE = {"id": 10, "login": "alice", "type": "User"}


def payload(**changes: Any) -> dict[str, Any]:
    """A label on an issue."""
    return {
        "action": "labeled",
        **PLACE,
        "sender": ALICE,
        "issue": {"number": 12},
        "label": {"name": "mtor"},
        **changes,
    }


def comment(body: Any, **changes: Any) -> dict[str, Any]:
    return payload(action="created", comment={"id": 5, "body": body, "user": ALICE}, **changes)


@pytest.mark.parametrize("name", ["mtor", "MTOR"])
def test_the_trigger_label_is_heard_in_upper_and_lower_case(name: str) -> None:
    found = read_webhook("issues", payload(label={"name": name}), "mtor")
    assert isinstance(found, Labeled)
    assert (found.number, found.sender.login, found.place.repository) == (12, "alice", "acme/widget")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("issues", payload(label={"name": "bug"})),
        ("issues", payload(action="opened")),
        ("issues", payload(installation=None)),
        ("issues", payload(issue=None)),
        ("issues", payload(label=None)),
        ("issue_comment", comment("thanks")),
        ("issue_comment", comment(None)),
        ("issue_comment", {**comment("/mtor run"), "action": "edited"}),
        ("issue_comment", {**comment("/mtor run"), "action": "deleted"}),
        ("workflow_run", {**PLACE, "action": "completed", "workflow_run": {"display_title": "CI", "id": 1}}),
        ("push", payload()),
        ("issues", []),
        ("issues", None),
        ("issues", "labeled"),
        ("issues", {"action": ["labeled"]}),
    ],
)
def test_what_is_not_ours_is_left(name: str, given: Any) -> None:
    assert read_webhook(name, given, "mtor") is None


def test_a_run_that_is_named_after_a_job_is_heard_with_all_that_the_queue_asks_for() -> None:
    run = {"id": 7, "display_title": "mtor #12 j1.2", "event": "workflow_dispatch", "status": "completed"}
    found = read_webhook("workflow_run", payload(action="completed", workflow_run=run), "mtor")
    assert isinstance(found, RunChanged)
    assert (found.run_id, found.display_title, found.status, found.conclusion) == (7, "mtor #12 j1.2", "completed", "")
    assert found.run() == RunEvent(
        repository_id=1,
        run_id=7,
        run_attempt=0,
        display_title="mtor #12 j1.2",
        event="workflow_dispatch",
        path="",
        status="completed",
        conclusion="",
        html_url="",
    )


def test_a_deleted_account_is_nobody() -> None:
    written = {"id": 5, "body": "/mtor run", "user": None}
    found = read_webhook("issue_comment", {**comment(""), "comment": written}, "mtor")
    assert isinstance(found, Commented)
    assert found.sender == Sender(0, "", "")


def broken(value: Any) -> list[Any]:
    """The payload with each of its values in turn replaced by something else."""
    if not isinstance(value, dict):
        return []
    wrong: tuple[Any, ...] = (None, [], {}, "x", -1, True, 1e308, [[]], "\ud800")
    shallow = [{**value, key: other} for key in value for other in wrong]
    return shallow + [{**value, key: inner} for key in value for inner in broken(value[key])]


@pytest.mark.parametrize("name", ["issues", "issue_comment", "pull_request_review_comment", "workflow_run"])
def test_no_payload_breaks_it_and_what_it_gives_can_be_stored(name: str) -> None:
    run = {"id": 1, "display_title": "mtor #1 j.1", "run_attempt": 1, "event": "workflow_dispatch"}
    pull = {"number": 3, "user": ALICE, "head": {"ref": "mtor/x", "repo": {"id": 1}}, "base": {"repo": {"id": 1}}}
    whole = {**comment("/mtor run"), "workflow_run": run, "pull_request": pull}
    for given in broken(whole):
        for action in ("created", "labeled", "completed", "closed"):
            event = read_webhook(name, {**given, "action": action}, "mtor")
            assert event is None or from_plain(json.loads(json.dumps(as_plain(event)))) == event


def test_an_event_that_a_later_release_stored_is_read_as_far_as_it_is_known() -> None:
    event = read_webhook("issues", payload(), "mtor")
    assert event is not None
    assert from_plain({**as_plain(event), "added_later": 1}) == event
    assert from_plain({"kind": "AddedLater"}) is None


def test_of_the_published_examples_only_the_right_ones_are_ours() -> None:
    found: Counter[str] = Counter()
    heard: list[Event] = []
    for name, example in examples():
        event = read_webhook(name, example, "mtor")
        if event is not None:
            found[name] += 1
            heard.append(event)
    assert not [event for event in heard if isinstance(event, Labeled | Commented)]
    assert {type(event) for event in heard} >= {IssueClosed}
    assert set(found) <= {
        "issues", "pull_request", "pull_request_review", "pull_request_review_comment", "installation",
        "installation_repositories", "repository", "workflow_run",
    }  # fmt: skip


def test_the_published_examples_with_our_words_in_them_are_heard() -> None:
    labelled = 0
    for name, example in examples():
        if name in ("issues", "pull_request") and example.get("action") == "labeled":
            changed = {**example, "installation": {"id": 8}, "label": {**example.get("label", {}), "name": "mtor"}}
            labelled += isinstance(read_webhook(name, changed, "mtor"), Labeled)
    assert labelled >= 2
