"""The inputs of an event run, as the runner and the workflow give them in the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtor_action.errors import MtorError, UsageError
from mtor_action.github.actions.dispatched_runs import workflow_file
from mtor_action.github.answers import Answer
from mtor_action.github.client import split_name
from mtor_action.on_issues.state_labels import TRIGGER

DEFAULT_SLOTS, MOST_SLOTS = 3, 50
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_ADDRESS = re.compile(r"https?://[^\s@?#]+")
_HINT = "the workflow sets them, which `mtor init` writes"


@dataclass(frozen=True, slots=True)
class EventInputs:
    """The inputs of one event run. `slots` is how many jobs may run at once; `quiet` why nothing is to be done.

    `paused`: no job may start. `has_own_app`: results are published as an App of the repository's own.
    """

    repository: str  # OWNER/REPO
    api_url: str
    name: str  # such as issue_comment
    path: Path  # the event's payload, JSON
    run_id: int  # of this workflow run
    workflow: str  # the file's name
    quiet: str = ""
    slots: int = DEFAULT_SLOTS
    listed_bots: frozenset[int] = frozenset()
    trigger_label: str = TRIGGER
    paused: bool = False
    has_own_app: bool = False
    night: Path | None = None  # folder for the page of the night

    def payload(self) -> Answer:
        """Return GitHub's payload of the event. Raises MtorError if it cannot be read."""
        try:
            return Answer(json.loads(self.path.read_bytes()))
        except (OSError, ValueError, RecursionError) as error:
            raise MtorError(f"the event's file cannot be read: {error}", "run the workflow again") from error


def read_event_inputs(environ: Mapping[str, str]) -> EventInputs:
    """Return the inputs. Raises UsageError that names the variable."""
    return EventInputs(
        repository="/".join(split_name(_needed(environ, "GITHUB_REPOSITORY"))),
        api_url=_formed(environ, "GITHUB_API_URL", _ADDRESS, "an address").rstrip("/"),
        name=_needed(environ, "GITHUB_EVENT_NAME"),
        path=Path(_needed(environ, "GITHUB_EVENT_PATH")),
        run_id=int(_formed(environ, "GITHUB_RUN_ID", _NUMBER, "a number")),
        workflow=workflow_file(environ),
        quiet=_why_quiet(environ),
        slots=_slots(environ.get("MTOR_SLOTS", "").strip()),
        listed_bots=_bots(environ.get("MTOR_LISTED_BOTS", "")),
        paused=bool(environ.get("MTOR_PAUSED", "").strip()),
        has_own_app=bool(environ.get("MTOR_APP_ID", "").strip()),
        night=Path(environ["MTOR_NIGHT"]) if environ.get("MTOR_NIGHT") else None,
    )


def _why_quiet(environ: Mapping[str, str]) -> str:
    attempt = _formed(environ, "GITHUB_RUN_ATTEMPT", _NUMBER, "a number") if "GITHUB_RUN_ATTEMPT" in environ else "1"
    if environ.get("MTOR_BOT_URL", "").strip():
        return "the variable MTOR_BOT_URL is set: the App answers"
    # GitHub replays the event as it was, perhaps weeks ago.
    return "a run that is started again starts nothing: ask anew on the issue" if attempt != "1" else ""


def _slots(text: str) -> int:
    if not text:
        return DEFAULT_SLOTS
    if not _NUMBER.fullmatch(text) or int(text) > MOST_SLOTS:
        raise UsageError(
            f"MTOR_SLOTS is {text[:20]!r}, expected 1 to {MOST_SLOTS}", "correct the repository's variable"
        )
    return int(text)


def _bots(text: str) -> frozenset[int]:
    words = text.replace(",", " ").split()
    if not all(map(_NUMBER.fullmatch, words)):
        raise UsageError("MTOR_LISTED_BOTS has something that is not an account's id", "list numbers, with commas")
    return frozenset(map(int, words))


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise UsageError(f"{name} is not set: this is not the environment of an event run", _HINT)
    return value


def _formed(environ: Mapping[str, str], name: str, form: re.Pattern[str], expected: str) -> str:
    value = _needed(environ, name)
    if not form.fullmatch(value):
        raise UsageError(f"{name} is {value[:80]!r}, expected {expected}", _HINT)
    return value
