"""Commands where there is nothing to do for them: one plain answer each, the same in both ways, and nothing starts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from serverless.desk import ACTIONS
from serverless.test_both_ways import (
    BETTER,
    issue_of,
    night_issue,
    pull_of,
    remade,
    suggested,
    with_app,
    without_app,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serverless.test_both_ways import Way
    from standins.github import Issue

ARCHITECT = {".github/mtor.yml": "roles: {architect: [some/model]}\n"}
STARTING = ("/mtor run", "/mtor apply", "/mtor fix", "/mtor retry", "/mtor plan")


def night(way: Way) -> Issue:
    return night_issue(way, "- [ ] Retry #1")


def wish(way: Way) -> Issue:
    return issue_of(way, body="Say hello, please.")


def closed(place: Callable[[Way], Issue], way: Way) -> Issue:
    issue = place(way)
    issue.close(by="alice")
    way.end()
    way.hear()
    return issue


def remade_with_a_suggestion(way: Way) -> Issue:
    """mtor's pull request after a suggestion was applied and it was remade: up to date, and nothing is under way."""
    issue = remade("/mtor retry")(way)
    way.end()
    repository, pull = way.repository, issue.pull
    assert pull
    git, before = repository.git, repository.git.refs()
    tree = git.line("merge-tree", "--write-tree", pull.head_ref, "main")
    person = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    parents = ("-p", pull.head_ref, "-p", "main")
    merge = git.line(*person, "commit-tree", tree, *parents, "-m", "up to date\n\nJob: j-2")
    git.run("update-ref", f"refs/heads/{pull.head_ref}", merge)
    repository.refs_changed(before, repository.world.actor(ACTIONS))
    way.hear()
    return issue


Place = tuple["Callable[[Way], Issue]", str, tuple[str, ...]]
PLACES: dict[str, Place] = {
    "the night": (night, "mtor writes what ran last night", STARTING),
    "a person's": (pull_of, "for pull requests that mtor opened", ("/mtor apply", "/mtor fix")),
    "a closed one of a person's": (partial(closed, pull_of), "is closed", ("/mtor run", "/mtor retry")),
    "a closed one of mtor's": (
        partial(closed, remade("/mtor retry")), "is closed", ("/mtor run", "/mtor apply", "/mtor fix", "/mtor retry")
    ),
    "a closed one with a suggestion": (
        partial(closed, suggested(BETTER, where="conversation")), "is closed", ("/mtor retry",)
    ),
    "up to date": (remade(moves=False), "is up to date with its base", ("/mtor retry",)),
    "up to date again": (remade_with_a_suggestion, "is up to date with its base", ("/mtor retry",)),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_one_plain_answer_each_in_both_ways_and_nothing_starts(tmp_path: Path, name: str) -> None:
    place, words, commands = PLACES[name]

    def play(way: Way) -> Issue:
        way.repository.commit(ARCHITECT, "an architect", by="alice")
        issue = place(way)
        labels, jobs = issue.label_names, len(way.jobs())
        for text in commands:
            issue.comment(text, by="alice")
            way.hear()
        assert (issue.label_names, len(way.jobs())) == (labels, jobs)
        return issue

    alone, served = without_app(tmp_path / "alone", play), with_app(tmp_path / "served", play)
    assert alone == served
    assert len(alone.answers) == len(commands), alone.answers
    assert [words in text for text in alone.answers if "pull requests that mtor" not in text].count(False) == 0
    assert alone.plans_asked == []
