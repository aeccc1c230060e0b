"""GitHub's published example payloads through the way without a server: no crash, only the right ones act."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mtor_action.github.answers import Answer
from mtor_action.github.texts.pins import pin_issue
from mtor_action.serverless.event_reading import LabelSet, read_happening
from mtor_action.setup.workflow import PLACEHOLDER, render
from published_payloads import examples
from scripted_runs import spec
from serverless.desk import ACTIONS, Desk, open_desk
from standins.github.people import simple_user
from standins.github.runs import Run
from standins.github.workflows import workflows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = spec("one = 'right'\n")
TRIGGERS = {
    (name, action)
    for name, settings in yaml.safe_load(render(PLACEHOLDER, ()))[True].items()
    for action in (settings or {}).get("types", ())
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def published() -> list[tuple[str, dict[str, Any]]]:
    """The examples of the events that the file listens to, by the names that they have there."""
    pairs = [(name, example) for name, example in examples() if example.get("action")]
    pairs += [("pull_request_target", example) for name, example in pairs if name == "pull_request"]
    return [(name, example) for name, example in pairs if (name, example["action"]) in TRIGGERS]


def hear(desk: Desk, name: str, payload: dict[str, Any]) -> list[str]:
    """Let GitHub start the workflow for this payload; the jobs that took a runner."""
    repository = desk.repository
    sha = repository.head()
    assert sha is not None
    (workflow,) = workflows(repository)
    run = Run.started(repository, workflow, name, "main", sha, desk.github.world.actor("ada"))
    run.payload, before = payload, len(desk.jobs_run)
    repository.runs[run.id] = run
    desk.hear()
    return desk.jobs_run[before:]


def ours(desk: Desk, example: dict[str, Any]) -> dict[str, Any]:
    """The example as ada's, about a new issue or pull request of this repository, with mtor's words."""
    payload, world = deepcopy(example), desk.github.world
    ada = simple_user(world, world.user("ada"))
    payload["sender"], payload["label"] = ada, {"name": "mtor" if example["action"] == "labeled" else "mtor:running"}
    if "pull_request" in payload:
        branch, is_mtors = f"{len(desk.repository.issues)}-b", example["action"] == "closed"
        pull = desk.pull(f"mtor/{branch}" if is_mtors else branch, by=ACTIONS if is_mtors else "ada", body=SPEC)
        payload["pull_request"] = {**payload["pull_request"], **pull.json(), "labels": [{"name": "mtor:running"}]}
        if "review" in payload:
            payload["review"] = pull.review("/mtor status", by="ada").json()
        elif "comment" in payload:
            payload["comment"] = pull.remark("/mtor status", "b.py", 1, by="ada").json()
    elif example["action"] == "edited":
        night = desk.repository.issue("mtor: last night", "<!-- mtor night -->\n\n- [x] Cancel #1", by=ACTIONS)
        payload["issue"] = {**payload["issue"], **night.json(), "labels": [{"name": "mtor:night"}]}
        payload["changes"] = {"body": {"from": "- [ ] Cancel #1"}}
    else:
        issue = desk.repository.issue("Make it right", SPEC, by="ada")
        payload["issue"] = {**payload["issue"], **issue.json(), "labels": [{"name": "mtor:running"}]}
        if "comment" in payload:
            payload["comment"] = {**payload["comment"], **issue.comment("/mtor run", by="ada").json()}
    desk.heard.update(desk.repository.runs)  # of what was just made
    return payload


def test_every_trigger_of_the_file_has_published_examples() -> None:
    # None is published of an issue that is closed; what it is read from, an issue that is gone has too.
    assert {(name, example["action"]) for name, example in published()} == TRIGGERS - {("issues", "closed")}
    assert len(TRIGGERS) == 12


def test_none_of_the_published_examples_takes_a_runner_as_it_is(desk: Desk) -> None:
    assert [name for name, example in published() if hear(desk, name, example)] == []


def test_none_of_all_published_examples_crashes_or_is_a_command() -> None:
    happenings = [read_happening(name, Answer(example), "mtor") for name, example in examples()]
    kinds = Counter(type(happening).__name__ for happening in happenings if happening)
    # What was closed or is gone may have had a job; the file's condition knows its labels.
    assert set(kinds) <= {"WorkUnwanted", "PullClosed"}


def test_with_our_words_in_them_each_is_answered_by_the_job_that_it_is_for(desk: Desk) -> None:
    expected = {name: ["relay", "event"] if "review" in name else ["event"] for name, _ in TRIGGERS}
    for name, example in published():
        before = len(desk.jobs)
        assert hear(desk, name, ours(desk, example)) == expected[name], (name, example["action"])
        starts = name == "issue_comment" or example["action"] == "labeled"
        assert len(desk.jobs) - before == starts, (name, example["action"])
        for run in desk.jobs:
            run.finish()


@pytest.mark.parametrize(
    "value",
    [
        *(None, [], {}, "text", 7, {"action": "labeled"}, {"action": ["created"]}),
        *({"action": action} for action in ("closed", "submitted", "created", "unlabeled")),
        {"inputs": {"event": "review-1"}},
        {"inputs": {"event": "review-0", "issue": "1"}},
        {"inputs": {"event": "review-1", "issue": "1; rm"}},
        {"inputs": {"event": "comment-1", "issue": "1"}},
    ],
)
def test_a_payload_of_any_form_is_nothing_and_raises_nothing(value: object) -> None:
    for name in (*{name for name, _action in TRIGGERS}, "workflow_dispatch", "schedule", ""):
        assert read_happening(name, Answer(value), "mtor") is None


def test_the_text_is_pinned_as_the_event_brought_it() -> None:
    issue = {"number": 3, "title": "T", "body": "a\r\nb"}
    payload = {"action": "labeled", "label": {"name": "mtor"}, "issue": issue, "sender": None}
    happening = read_happening("issues", Answer(payload), "mtor")
    assert isinstance(happening, LabelSet)
    assert happening.carried == pin_issue(3, "T", "a\nb")
    assert happening.sender.id == 0
