"""Every command of docs/commands.md without a server, and that both ways know the same ones.

The event run is called as the verb calls it, with GITHUB_TOKEN's rights; nobody plays what it dispatches.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.access.command import Verb
from mtor_action.github.client import connect
from mtor_action.github.issues.comments import marker
from mtor_action.github.texts.authors import Author
from mtor_action.github.texts.pins import digest, pin_comment
from mtor_action.github.texts.plan_comments import several_specs
from mtor_action.on_issues import writers_command
from mtor_action.on_issues.plan_answer import plan_body
from scripted_runs import spec
from serverless.desk import ACTIONS, RIGHTS, Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github import Issue
    from standins.github.comments import Comment

SPEC = spec("one = 'right'\n")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(
    ("command", "runs", "says", "reaction"),
    [
        ("/mtor run", 1, "", "eyes"),
        ("/MTOR RUN", 1, "", "eyes"),
        (f"/mtor run\n{SPEC}", 1, "", "eyes"),
        ("/mtor run 1a2b3c4d", 0, "No text here has the digest 1a2b3c4d", "eyes"),
        ("/mtor run notes.md@main", 0, "there is no such file", "confused"),
        ("/mtor retry", 1, "", "eyes"),
        ("/mtor cancel", 0, "Nothing waits or runs here", "eyes"),
        ("/mtor status", 0, "mtor has had no job here", "eyes"),
        ("/mtor check", 0, "would do this", "eyes"),
        ("/mtor plan", 0, "no model is named that writes specs", "confused"),
        ("/mtor apply", 0, "is for pull requests that mtor opened", "confused"),
        ("/mtor fix", 0, "is for pull requests that mtor opened", "confused"),
        ("/mtor coach", 0, "without a note", "confused"),
        ("/mtor coach use the factory", 0, "Noted as", "rocket"),
        ("/mtor ci", 0, "is for pull requests that mtor opened", "confused"),
        (f"/mtor spec\n{SPEC}", 0, "", "eyes"),
        ("/mtor help", 0, "What mtor understands:", "eyes"),
        ("/mtor frobnicate", 0, "has no command", "confused"),
    ],
)
def test_a_writers_command_does_what_the_documentation_says(
    desk: Desk, *, command: str, runs: int, says: str, reaction: str
) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment(command, by="ada")
    desk.hear()
    assert len(desk.jobs) == runs
    assert says in desk.answers(issue)
    assert desk.reactions() == ([reaction] if reaction else [])


def test_every_verb_is_known_and_the_documentation_names_each() -> None:
    rows = set(re.findall(r"^\| `/mtor (\w+)", DOCS.read_text(), re.MULTILINE))
    assert set(writers_command._VERBS) == set(Verb)
    assert rows == {verb.value for verb in Verb}


def test_asked_for_again_while_it_runs_nothing_starts_and_afterwards_it_has_a_new_name(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    for _ in range(2):
        issue.comment("/mtor run", by="ada")
        desk.hear()
    (first,) = desk.jobs
    assert "Already at work on this" in desk.answers(issue)
    first.finish()
    issue.comment("/mtor retry", by="ada")
    desk.hear()
    assert [run.inputs["job"][-2:] for run in desk.jobs] == ["-1", "-2"]
    assert len({run.inputs["job"][:-2] for run in desk.jobs}) == 1


def test_somebody_elses_text_runs_by_its_digest_alone_and_only_after_its_plan_was_shown(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="mallory")
    issue.label("mtor", by="ada")
    desk.hear()
    (digest,) = re.findall(r"`/mtor run ([0-9a-f]{8})`", desk.answers(issue))
    assert "text by @mallory, who cannot write here" in desk.answers(issue)
    assert (desk.jobs, issue.label_names) == ([], [])
    issue.comment("/mtor retry", by="ada")
    desk.hear()
    issue.comment(f"/mtor run {digest}", by="mallory")
    desk.hear()
    assert desk.jobs == []
    issue.comment(f"/mtor run {digest}", by="ada")
    desk.hear()
    (run,) = desk.jobs
    assert (run.inputs["requester"], json.loads(run.inputs["spec"])[0]["kind"]) == ("ada", "issue")


def planned(desk: Desk, issue: Issue, spec: str = SPEC) -> tuple[Comment, str]:
    """A plan of GITHUB_TOKEN's below the issue, and the beginning of its hash."""
    ada = desk.repository.world.user("ada")
    body = plan_body([Author(ada.id, ada.login, "User")], "A plan.", spec)
    comment = issue.comment(f"{marker('plan', 'plan-1')}\n{body}", by=ACTIONS)
    return comment, digest([pin_comment(comment.id, comment.body)])[:8]


def test_a_plan_is_asked_for_once_and_stops_when_somebody_says_so(desk: Desk) -> None:
    desk.repository.commit({".github/mtor.yml": "roles: {architect: [some/model]}\n"}, "an architect", by="ada")
    issue = desk.repository.issue("Make it right", "It is wrong.", by="ada")
    first = issue.comment("/mtor plan", by="ada")
    issue.comment("/mtor plan", by="ada")
    issue.comment("/mtor plan", by="mallory")
    issue.comment("/mtor status", by="ada")
    desk.hear()
    (run,) = desk.jobs
    assert (run.inputs["job"], run.inputs.get("spec", "")) == (f"plan-{first.id}", "")
    assert "is being written already" in desk.answers(issue)
    assert "**mtor writes a plan**" in desk.answers(issue)
    issue.comment("/mtor cancel", by="ada")
    desk.hear()
    assert (run.conclusion, issue.label_names, desk.statuses(issue)) == ("cancelled", [], [])


def test_a_plan_that_somebody_edited_and_one_of_somebody_elses_do_not_run(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", "It is wrong.", by="ada")
    comment, beginning = planned(desk, issue)
    forged = issue.comment(comment.body.replace("right", "forged"), by="mallory")
    right = comment.body
    desk.github.clock.advance(60)  # GitHub's times have whole seconds
    for body, says in ((right.replace("right", "left"), "no text here has the digest"), (right, "the plan was edited")):
        comment.edit(body, by="ada")
        issue.comment(f"/mtor run {beginning}", by="ada")
        desk.hear()
        assert says in desk.answers(issue)
    issue.comment(f"/mtor run {digest([pin_comment(forged.id, forged.body)])[:8]}", by="ada")
    desk.hear()
    assert desk.answers(issue).count("no text here has the digest") == 2
    assert desk.jobs == []


def test_a_plan_of_several_specs_names_the_command_that_files_them(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", "It is wrong.", by="ada")
    _, beginning = planned(desk, issue, several_specs([("a.md", SPEC), ("b.md", SPEC)]))
    issue.comment(f"/mtor run {beginning}", by="ada")
    desk.hear()
    assert f"mtor submit '#{issue.number}@{beginning}'" in desk.answers(issue).replace("#\u200b", "#")
    assert desk.jobs == []


@pytest.mark.parametrize(
    "line",
    [
        "<!-- mtor:read User:4711:mallory -->",
        "  <!-- MTOR:READ nobody knows",
        "<!-- mtor:read -->",
    ],
)
def test_a_text_that_a_model_wrote_from_an_outsiders_has_an_outsiders_standing_whoever_files_it(
    desk: Desk, line: str
) -> None:
    issue = desk.repository.issue("Make it right", f"{SPEC}\n{line}\n", by="ada")
    issue.label("mtor", by="ada")
    desk.hear()
    assert desk.jobs == []
    assert "who cannot write here" in desk.answers(issue)


def test_a_plan_says_which_bodies_are_left_to_the_implementer(desk: Desk) -> None:
    blocks = "```python create=a.py\ndef f():\n    ...\n```\n\n```python create=tests/test_a.py\nimport a\n```\n"
    issue = desk.repository.issue("F", f"{blocks}\n```yaml mtor\ntest: [make]\nfill: ['a.py::f']\n```\n", by="ada")
    issue.comment("/mtor check", by="ada")
    desk.hear()
    assert "Bodies left to the implementer: `a.py::f`. No implementer is named" in desk.answers(issue)


def test_a_text_that_was_edited_after_the_label_does_not_run(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    issue.edit(body=SPEC.replace("right", "wrong"), by="ada")
    desk.hear()
    assert desk.jobs == []
    assert "the text was edited after this was asked for" in desk.answers(issue)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"MTOR_BOT_URL": "https://mtor.example"}, "the App answers"),
        ({"GITHUB_RUN_ATTEMPT": "2"}, "started again"),
    ],
)
def test_a_quiet_event_run_asks_github_for_nothing(desk: Desk, changes: dict[str, str], why: str) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment("/mtor run", by="ada")
    before = len(desk.github.requests)
    assert why in "".join(desk.hear(**changes))
    assert len(desk.github.requests) == before


@pytest.mark.parametrize("stop", ["comment", "close", "label"])
def test_what_waits_is_cancelled_by_a_comment_by_closing_and_by_taking_the_label_off(desk: Desk, stop: str) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    desk.hear()
    (label,) = issue.label_names
    if stop == "comment":
        issue.comment("/mtor cancel", by="ada")
    elif stop == "close":
        issue.close(by="ada")
    else:
        issue.unlabel(label, by="ada")
    desk.hear()
    assert [run.conclusion for run in desk.jobs] == ["cancelled"]
    assert issue.label_names == ["mtor:failed"]


def test_the_hundred_and_first_that_would_wait_is_refused_aloud(desk: Desk) -> None:
    app = desk.repository.token("github-actions[bot]", RIGHTS).value
    with connect(app, "acme/widget", api_url=desk.github.api_url) as client:
        for number in range(1000, 1101):
            inputs = {"issue": str(number), "job": f"i{number}-0123456789ab-1", "slot": "1"}
            client.call("POST", "actions/workflows/mtor.yml/dispatches", {"ref": "main", "inputs": inputs})
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    desk.hear(MTOR_SLOTS="1")
    assert len(desk.jobs) == 101
    assert "100 jobs wait already" in desk.answers(issue)
    assert issue.label_names == ["mtor:failed"]
