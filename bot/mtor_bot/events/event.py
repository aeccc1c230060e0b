"""Events: the part of something on GitHub that a behaviour needs, and the form in which it is stored.

Each behaviour defines the kinds of event that it acts on, beside the function that reads them from a webhook. The name
of a kind and the names of its fields are stored, and a later release reads what an earlier one stored. So never change
them, give a new field a default, and never give a field another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from mtor_action.access.accounts import Sender
from mtor_action.github.answers import Answer
from mtor_bot.github_app.installed_repository import InstalledRepository


@dataclass(frozen=True, slots=True)
class Event:
    """An event on GitHub; each kind that a behaviour acts on is a subclass."""

    #: The webhooks that are read as this kind: X-GitHub-Event and the payload's `action`. None: an event of our own.
    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset()

    @classmethod
    def read(cls, payload: Answer, trigger_label: str) -> Event | None:
        """Return the event in a payload of one of WEBHOOKS, None if it is not for mtor. Never raises.

        A webhook that turns out to be about something else may give an event of another kind.
        """
        raise NotImplementedError

    def installation(self) -> int:
        """Return the id of the installation that the event is about."""
        raise NotImplementedError

    def source(self) -> str:
        """Return what the event may have one effect for, such as a comment; "" if it may be acted on repeatedly."""
        return ""


@dataclass(frozen=True, slots=True)
class RepositoryEvent(Event):
    """An event in a repository of an installation."""

    place: InstalledRepository

    def installation(self) -> int:
        """Return the id of the installation that the event is about."""
        return self.place.installation_id


_PARTS: Mapping[str, type[InstalledRepository | Sender]] = {
    "place": InstalledRepository,
    "sender": Sender,
    "author": Sender,
}


def as_plain(event: Event) -> dict[str, object]:
    """Return the event as dictionaries, lists, texts and numbers, with the name of its kind."""
    return {"kind": type(event).__name__, **asdict(event)}


def from_plain(plain: Mapping[str, Any], kinds: Mapping[str, type[Event]]) -> Event | None:
    """Return the event that `as_plain` stored, None for a kind unknown to this release. Unknown fields are ignored."""
    kind = kinds.get(plain["kind"])
    if kind is None:
        return None
    stored = {field.name: plain[field.name] for field in fields(kind) if field.name in plain}
    return kind(**{name: _value(name, value) for name, value in stored.items()})


def _value(name: str, value: Any) -> Any:
    if name in _PARTS:
        return _PARTS[name](**value)
    return tuple(value) if isinstance(value, list) else value
