"""outcomes.jsonl: what became of each pull request of mtor, one JSON object a line, and until when GitHub was read.

It is kept in `.git/mtor/` of a clone, and on the branch mtor-coaching if somebody records it there. Times are ISO 8601,
UTC, as GitHub writes them, so they compare as texts. A line that cannot be read (torn by a crash, written by somebody
else) is skipped: what it said is read again only if the pull request changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mtor_action.untyped import JsonObject, parsed_json

PATH = "outcomes.jsonl"
REVERT_DAYS = 14  # a revert later than this says more about what came after

_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z")
_LONGEST_TITLE = 256


class PullState(StrEnum):
    """The state of a pull request, as the ledger has it."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"  # without being merged


@dataclass(frozen=True, slots=True)
class PullOutcome:
    """One pull request of mtor, as GitHub had it when it was read last."""

    number: int
    issue: int  # whose spec it carries
    title: str
    opened: str  # when
    state: PullState = PullState.OPEN
    ended: str = ""  # when it was merged or closed
    base: str = ""  # the branch it goes to
    merge_commit: str = ""
    by_people: bool | None = None  # whether people added commits of their own; None until it is merged
    reverted: str = ""  # when what it merged was taken back

    @property
    def was_reverted(self) -> bool:
        """Whether its change was taken back within 14 days of the merge."""
        return bool(self.reverted) and self.reverted <= later(self.ended, REVERT_DAYS)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The pull requests by number, and the time until which GitHub was read ("" for never)."""

    pulls: dict[int, PullOutcome]
    read_until: str = ""

    def with_pulls(self, pulls: Iterable[PullOutcome], read_until: str) -> Ledger:
        """Return the ledger with these in place of what it had of them; a revert that is known stays known."""
        known = dict(self.pulls)
        for pull in pulls:
            before = known.get(pull.number)
            known[pull.number] = replace(pull, reverted=pull.reverted or (before.reverted if before else ""))
        return Ledger(known, max(read_until, self.read_until))


def read_ledger(data: bytes | None) -> Ledger:
    """Return what the file's bytes say; an empty ledger for None."""
    pulls: dict[int, PullOutcome] = {}
    read_until = ""
    for record in map(parsed_json, (data or b"").splitlines()):
        if not isinstance(record, dict):
            continue
        if set(record) == {"read_until"} and _is_time(record["read_until"]):
            read_until = max(read_until, record["read_until"])
        elif pull := _pull(record):
            pulls[pull.number] = pull
    return Ledger(pulls, read_until)


def written(ledger: Ledger) -> bytes:
    """Return the file's bytes: the time first, then the pull requests by number."""
    records = [{"read_until": ledger.read_until}, *(asdict(pull) for _, pull in sorted(ledger.pulls.items()))]
    return b"".join(json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n" for record in records)


def merged(ledgers: Iterable[Ledger]) -> Ledger:
    """Return the ledger of several copies: of each pull request, what the copy that was read last says."""
    whole = Ledger({})
    for ledger in sorted(ledgers, key=lambda ledger: ledger.read_until):
        whole = whole.with_pulls(ledger.pulls.values(), ledger.read_until)
    return whole


def later(time: str, days: int) -> str:
    """Return the time so many days after `time`, in the same form; "" for a text that is not a time."""
    if not _is_time(time):
        return ""
    return (datetime.fromisoformat(time) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_time(value: Any) -> bool:
    if not (isinstance(value, str) and _TIME.fullmatch(value)):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _pull(record: JsonObject) -> PullOutcome | None:
    names = {item.name for item in fields(PullOutcome)}
    try:
        pull = PullOutcome(**{name: record[name] for name in names & set(record)})
        pull = replace(pull, state=PullState(pull.state))
    except (TypeError, ValueError):
        return None
    texts = (pull.title, pull.opened, pull.ended, pull.base, pull.merge_commit, pull.reverted)
    sound = all(isinstance(text, str) for text in texts) and type(pull.number) is type(pull.issue) is int
    times = all(_is_time(time) for time in (pull.opened, pull.ended, pull.reverted) if time or time is pull.opened)
    ends = (pull.state is PullState.OPEN) == (not pull.ended)
    if not (sound and times and ends and pull.number > 0 and pull.by_people in (None, True, False)):
        return None
    return replace(pull, title=pull.title[:_LONGEST_TITLE])
