"""Labels whose webhook never came: in the four hundredth repository, after a thousand events, in other letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dbos import DBOS

from bot.bots import scene, until
from mtor_action.github.issues.label_events import newest_label_event
from mtor_bot.database.schema import TURNS
from mtor_bot.durable.lost_events import relabel
from mtor_bot.durable.receive import receive
from mtor_bot.durable.repository_walk import MOST_REPOSITORIES
from mtor_bot.github_app.installed_repository import InstalledRepository

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import Scene
    from standins.github.issues import Issue


def lost(here: Scene, issue: Issue, label: str = "mtor") -> None:
    """Label an issue a while ago; nobody hears of it."""
    here.github.clock.advance(-120)
    issue.label(label, by="alice")
    here.github.clock.advance(120)


def received(here: Scene) -> list[str]:
    return [each.workflow_id for each in here.bot.queue.client.list_workflows(name="delivery")]


@pytest.mark.soak
def test_beyond_three_hundred_repositories_labels_are_found_by_a_later_pass(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        for number in range(MOST_REPOSITORIES + 4):
            here.github.app.add(here.installation, here.github.repository(f"acme/r{number}", {}))
        last = here.github.repository("acme/last", {})
        here.github.app.add(here.installation, last)
        lost(here, last.issue("Title", "body", by="alice"))
        lost(here, here.repository.issue("Title", "body", by="alice"))
        assert [relabel(here.bot) for _ in range(2)] == [1, 1]
        assert len(received(here)) == 2
        assert len(here.github.said("POST", "*/access_tokens")) == 1
        # And from the beginning again.
        here.repository.issues[1].unlabel("mtor")
        lost(here, here.repository.issues[1])
        assert relabel(here.bot) == 1
        assert len(received(here)) == 3
        with here.bot.engine.connect() as connection:
            assert any(name.startswith("labels-") for name in connection.execute(TURNS.select()).scalars())


def test_a_repository_that_fails_keeps_no_other_waiting(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        other = here.github.repository("acme/other", {})
        here.github.app.add(here.installation, other)
        here.github.faults.refuse("GET /repos/acme/widget/issues", 410, "Issues has been disabled", times=-1)
        lost(here, other.issue("Title", "body", by="alice"))
        assert relabel(here.bot) == 1


def test_an_issue_about_which_github_refuses_something_keeps_no_other_waiting(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        issues = [here.repository.issue("Title", "body", by="alice") for _ in range(3)]
        for issue in issues:
            lost(here, issue)
        here.github.faults.refuse(f"GET */issues/{issues[1].number}/*", 410, "This issue was deleted", times=-1)
        assert relabel(here.bot) == 2


@pytest.mark.parametrize("events", [0, 99, 100, 101, 1250])
def test_the_newest_of_many_events_is_found(tmp_path: Path, events: int) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        issue = here.repository.issue("Title", "body", by="alice")
        here.github.clock.advance(-120)
        for number in range(events):
            (issue.label if number % 2 == 0 else issue.unlabel)("mtor" if number < 2 else "bug")
        issue.label("mtor", by="alice")
        here.github.clock.advance(120)
        newest = issue.timeline.events[-1].id
        here.github.requests.clear()
        with here.bot.clients.repository(
            InstalledRepository(here.installation.id, here.repository.id, "acme/widget")
        ) as client:
            found = newest_label_event(client, issue.number, "mtor")
        assert found is not None
        assert found.number("id") == newest
        assert len(here.github.said("GET", "*/events")) <= 2
        assert relabel(here.bot) == 1
        assert received(here) == [f"delivery-timeline-{newest}"]


@pytest.mark.parametrize(("setting", "label"), [("mtor", "MTOR"), ("Mtor", "mtor"), ("ÜBUNG", "übung")])
def test_labels_are_the_same_in_capitals_and_small_letters(tmp_path: Path, setting: str, label: str) -> None:
    with scene(tmp_path, trigger_label=setting) as here:
        DBOS.migrate(here.settings.database_url)
        lost(here, here.repository.issue("Title", "body", by="alice"), label)
        assert relabel(here.bot) == 1


def test_a_label_whose_webhook_waits_to_be_acted_on_is_not_missed(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        issue = here.repository.issue("Title", "body", by="alice")
        lost(here, issue)
        payload = {
            "action": "labeled",
            "label": {"name": "mtor"},
            "issue": {"number": issue.number},
            "repository": {"id": here.repository.id, "full_name": here.repository.full_name},
            "installation": {"id": here.installation.id},
            "sender": {"id": 1, "login": "alice", "type": "User"},
        }
        assert receive(here.bot, "issues", "one", payload)
        assert relabel(here.bot) == 0


def test_what_github_does_not_offer_is_logged_once_and_without_a_traceback(tmp_path: Path) -> None:
    from bot.serving import a_place, environment, serving

    with a_place(tmp_path) as place:
        place.github.faults.add("GET /app/hook/deliveries", 404, times=-1)
        place.github.faults.add("GET /app/installations", 404, times=-1)
        with serving(environment(place.github, f"sqlite:///{tmp_path / 'mtor.sqlite'}")) as server:
            until(lambda: len(place.github.said("GET", "/app/installations")) >= 3)
            parts = [line for line in server.lines if "part" in line]
    assert sorted(line["part"] for line in parts) == ["deliveries", "labels"]
    assert not any("exception" in line for line in parts)
