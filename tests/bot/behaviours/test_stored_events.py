"""Events as every release stores them: what one stored, each later one reads as the same kind."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mtor_action.access.accounts import Sender
from mtor_bot.behaviours.issue_closed import IssueClosed, Unlabeled
from mtor_bot.behaviours.labeled import Labeled
from mtor_bot.behaviours.table import BEHAVIOURS, KINDS, from_plain
from mtor_bot.events.event import as_plain
from mtor_bot.github_app.installed_repository import InstalledRepository

STORED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("stored_events.json").read_text(encoding="utf-8"))
PLACE, ALICE = InstalledRepository(8, 1, "acme/widget"), Sender(10, "alice", "User")


@pytest.mark.parametrize("plain", STORED, ids=[plain["kind"] for plain in STORED])
def test_what_an_earlier_release_stored_is_read_as_its_own_kind_and_stored_the_same_again(
    plain: dict[str, Any],
) -> None:
    event = from_plain(plain)
    assert event is not None
    assert type(event).__name__ == plain["kind"]
    assert json.loads(json.dumps(as_plain(event))) == plain


def test_every_kind_has_a_stored_form() -> None:
    assert [plain["kind"] for plain in STORED] == list(KINDS)


def test_events_of_different_kinds_are_never_equal() -> None:
    events = [Labeled(PLACE, ALICE, 3), Unlabeled(PLACE, ALICE, 3), IssueClosed(PLACE, ALICE, 3)]
    assert len(set(events)) == len(events)
    assert from_plain(as_plain(events[2])) == IssueClosed(PLACE, ALICE, 3)


def test_a_webhook_is_read_as_one_kind() -> None:
    claimed = Counter(webhook for kind in BEHAVIOURS for webhook in kind.WEBHOOKS)
    assert not [webhook for webhook, times in claimed.items() if times > 1]
