"""A round of the implementer's that nobody asked for (`fix_ci`), through both jobs: it speaks if a person is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.job_start.fix_from_checks import choose_logs
from mtor_action.job_start.suggestions_to_apply import ReviewPlace, Rules
from publish.test_remakes import LINES, Garden
from publishing import pinned
from standins.github import GitHubSandbox
from standins.model import ModelServer, say
from work.workplace import FILES, Workplace, open_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.github.texts.pins import Pin
    from standins.github.pulls import Pull

LOG = b"##[group]Run lint\n##[endgroup]\nred\n##[error]Process completed with exit code 1."
BOT = "github-actions[bot]"
SETTINGS = "fix_ci: true\nimplementer: [openai/scripted]\nbudget: {turns: 1}\n"
EDIT = "```text edit=b.py\n<<<<<<< SEARCH\nline 20\n=======\nmine\n>>>>>>> REPLACE\n```\n"


@pytest.fixture
def garden(tmp_path: Path) -> Iterator[Garden]:
    files = {"b.py": LINES, ".github/mtor.yml": SETTINGS, ".github/workflows/ci.yml": "name: CI\non: pull_request\n"}
    with open_place() as place, GitHubSandbox(tmp_path) as github:
        workplace = Workplace(place, github, {**FILES, **files})
        workplace.repo.actions_may_create_pulls = True
        yield Garden(workplace, workplace.issue(EDIT, test=["echo 1..1; echo ok 1"]))


def failing(garden: Garden, pull: Pull) -> tuple[Pin, ...]:
    """The texts of the round: the log of a check that failed."""
    runs = garden.place.repo.runs.values()
    (run,) = [each for each in runs if each.path.endswith("ci.yml") and each.sha == pull.head_sha]
    run.approve()
    run.job("lint", "failure").log = LOG
    run.finish("failure")
    rules = Rules(lambda _id, login: login == BOT, (), lambda *_: pinned(garden.issue))
    with garden.client() as client:
        return choose_logs(client, ReviewPlace(pull.number, 0.0), rules, 0).pins


def test_a_round_that_comes_to_nothing_is_reported_once_and_mentions_nobody(garden: Garden) -> None:
    pull = garden.opened()
    before, pins = pull.head_sha, failing(garden, pull)
    with ModelServer([say("I do not know this project.")] * 5) as server:
        worked = garden.run(pull.number, pins, OPENAI_API_KEY="of-no-known-shape-1", OPENAI_API_BASE=server.api_base)
    assert worked.report["outcome"] in ("failing", "stalled"), worked.log
    for _ in range(2):
        garden.publish(pull.number, BOT)
    (told,) = garden.reports(pull)
    assert "did not repair them: a person is needed" in told
    assert "@" not in told
    assert "Asked for" not in told
    assert pull.head_sha == before


def test_a_check_that_was_run_again_stops_the_round_before_it_costs_anything_and_says_nothing(garden: Garden) -> None:
    pull = garden.opened()
    pins = failing(garden, pull)
    (run,) = [each for each in garden.place.repo.runs.values() if each.path.endswith("ci.yml")]
    run.again(None, garden.place.repo.world.actor("alice"))
    with ModelServer([]) as server:
        worked = garden.run(pull.number, pins, OPENAI_API_KEY="of-no-known-shape-1", OPENAI_API_BASE=server.api_base)
        assert server.requests == []
    assert worked.report["outcome"] == "rejected", worked.log
    assert "was run again since this was asked for" in worked.report["reason"]
    garden.publish(pull.number, BOT)
    assert garden.reports(pull) == []
