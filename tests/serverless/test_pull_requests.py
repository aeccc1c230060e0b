"""Pull requests without a server: labels, commands, reviews, and what happens when they are closed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from mtor_action.coaching.note import BRANCH, PATH
from scripted_runs import spec
from serverless.desk import ACTIONS, Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github.pulls import Pull
    from standins.github.reviews import Review, ReviewComment

SPEC = spec("one = 'right'\n")
WAYS = ["review", "approval", "remark"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def write(pull: Pull, way: str, text: str, by: str = "ada") -> Review | ReviewComment:
    if way == "remark":
        return pull.remark(text, "b.py", 1, by=by)
    return pull.review(text, "APPROVED" if way == "approval" else "COMMENTED", by=by)


def conflict(desk: Desk) -> None:
    """Let the base have another file where the pull requests have theirs."""
    desk.repository.commit({"b.py": "2\n"}, "other", by="ada")


def test_a_label_on_a_pull_request_starts_a_job_for_its_branch(desk: Desk) -> None:
    pull = desk.pull(body=SPEC)
    pull.issue.label("mtor", by="ada")
    desk.hear()
    (run,) = desk.jobs
    assert run.inputs["issue"] == str(pull.number)
    assert run.inputs["branch"] == sha256(b"change").hexdigest()[:16]
    assert pull.issue.label_names == ["mtor:running"]


def test_a_label_counts_while_the_pull_request_has_conflicts(desk: Desk) -> None:
    pull = desk.pull(body=SPEC)
    conflict(desk)
    pull.issue.label("mtor", by="ada")
    desk.hear()
    assert len(desk.jobs) == 1


@pytest.mark.parametrize("ask", ["label", "comment"])
def test_a_forks_pull_request_is_refused_aloud(desk: Desk, ask: str) -> None:
    fork = desk.github.repository("eve/widget", fork_of=desk.repository)
    fork.commit({"b.py": "1\n"}, "b", branch="change", by="eve")
    issue = desk.repository.pull_request("eve:change", "Change", SPEC, by="eve").issue
    issue.label("mtor", by="ada") if ask == "label" else issue.comment("/mtor run", by="ada")
    desk.hear()
    assert desk.jobs == []
    assert "comes from a fork" in desk.answers(issue)


@pytest.mark.parametrize("end", ["merge", "close"])
@pytest.mark.parametrize("conflicts", [False, True])
def test_the_branch_of_mtors_pull_request_goes_after_merge_and_close(desk: Desk, end: str, *, conflicts: bool) -> None:
    pull = desk.pull("mtor/1-b", by=ACTIONS)
    if conflicts and end == "close":
        conflict(desk)
    pull.merge("ada") if end == "merge" else pull.issue.close("ada")
    assert "deleted its branch" in desk.hear()[-1]
    assert desk.repository.head("mtor/1-b") is None


def test_branches_of_others_stay_and_cost_no_runner(desk: Desk) -> None:
    pull = desk.pull()
    pull.merge("ada")
    desk.hear()
    assert desk.repository.head("change") is not None
    assert desk.jobs_run == []


def test_what_a_person_committed_to_mtors_branch_stays(desk: Desk) -> None:
    pull = desk.pull("mtor/1-b", by=ACTIONS)
    desk.repository.commit({"b.py": "3\n"}, "mine", branch="mtor/1-b", by="ada")
    pull.issue.close("ada")
    desk.hear()
    assert desk.repository.head("mtor/1-b") is not None


def test_closing_a_pull_request_cancels_what_runs_for_it(desk: Desk) -> None:
    pull = desk.pull(body=SPEC)
    pull.issue.label("mtor", by="ada")
    desk.hear()
    pull.issue.close("ada")
    desk.hear()
    assert [run.conclusion for run in desk.jobs] == ["cancelled"]
    assert pull.issue.label_names == ["mtor:failed"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/mtor status", "has had no job here"),
        ("/mtor check", "would do this"),
        ("/mtor help", "/mtor retry"),
        ("/mtor rnu", "has no command"),
        ("/mtor cancel", "Nothing waits"),
        ("/mtor ci", "No run of"),
        ("/mtor coach", "without a note"),
        (f"/mtor run\n{SPEC}", "a comment of the conversation"),
        (f"/mtor spec\n{SPEC}", "a comment of the conversation"),
    ],
)
def test_a_command_in_a_review_is_answered_by_the_default_branchs_file(
    desk: Desk, *, way: str, text: str, words: str
) -> None:
    pull = desk.pull(body=SPEC)
    written = write(pull, way, text)
    desk.hear()
    assert desk.jobs_run == ["relay", "event"]
    (passed_on,) = [run for run in desk.repository.runs.values() if run.event == "workflow_dispatch"]
    assert (passed_on.branch, passed_on.inputs["issue"]) == ("main", str(pull.number))
    assert words in desk.answers(pull.issue)
    assert desk.jobs == []
    if way == "remark":
        assert written.reactions.contents  # type: ignore[union-attr]  # a remark has them


@pytest.mark.parametrize("way", WAYS)
def test_run_in_a_review_starts_one_job(desk: Desk, way: str) -> None:
    write(desk.pull(body=SPEC), way, "/mtor run")
    desk.hear()
    assert len(desk.jobs) == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_event_of_a_review_may_start_a_run_and_do_nothing_else(desk: Desk, way: str) -> None:
    before = len(desk.github.requests)
    write(desk.pull(body=SPEC), way, "/mtor run")
    desk.hear()
    made = [request for request in list(desk.github.requests)[before:] if request.changes]
    assert made[0].path.endswith("/dispatches")
    assert made[0].body["inputs"].keys() == {"issue", "event"}


@pytest.mark.parametrize("who", ["mallory", "trish", "renovate[bot]"])
@pytest.mark.parametrize("way", WAYS)
def test_an_outsiders_review_gets_a_reaction_at_most(desk: Desk, way: str, who: str) -> None:
    pull = desk.pull(body=SPEC)
    write(pull, way, "/mtor run", by=who)
    desk.hear()
    assert (desk.jobs, desk.answers(pull.issue)) == ([], "")
    assert desk.reactions() == (["confused"] if way == "remark" else [])


@pytest.mark.parametrize("way", WAYS)
def test_a_review_of_a_forks_pull_request_takes_no_runner(desk: Desk, way: str) -> None:
    fork = desk.github.repository("eve/widget", fork_of=desk.repository)
    fork.commit({"b.py": "1\n"}, "b", branch="change", by="eve")
    write(desk.repository.pull_request("eve:change", "Change", SPEC, by="eve"), way, "/mtor run")
    desk.hear()
    assert desk.jobs_run == []


def test_a_review_of_somebodys_pull_request_without_a_command_takes_no_runner(desk: Desk) -> None:
    pull = desk.pull(body=SPEC)
    pull.review("looks good, /mtor run", by="ada")
    pull.remark("why?", "b.py", 1, by="ada")
    desk.hear()
    assert desk.jobs_run == []


def test_what_a_writer_says_of_mtors_pull_request_is_proposed_as_notes_and_commands_are_not(desk: Desk) -> None:
    pull = desk.pull("mtor/1-b", by=ACTIONS)
    review = pull.review("Use the factory here.", "CHANGES_REQUESTED", by="ada")
    for text in ("Name it after the unit.", "/mtor help"):
        pull.remark(text, "b.py", 1, by="ada")
        pull.comments[-1].review = review
    desk.hear()
    notes = desk.repository.read(PATH, BRANCH) or ""
    assert ("Use the factory here." in notes, "Name it after the unit." in notes) == (True, True)
    assert "/mtor help" not in notes
    assert notes.count("author: 'ada'") == 2


def test_a_strangers_review_of_mtors_pull_request_proposes_nothing(desk: Desk) -> None:
    desk.pull("mtor/1-b", by=ACTIONS).review("Add a miner.", by="mallory")
    desk.hear()
    assert desk.repository.head(BRANCH) is None
