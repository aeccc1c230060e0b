"""The values that the stall detector sees: plain, made by the loop, never by the model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mtor_action.test_output.masking import fingerprint


class CallKind(StrEnum):
    """The kind of a call as evidence: a `read` looks, an `edit` writes in the scope, a `test` runs the tests."""

    READ = "read"
    EDIT = "edit"
    TEST = "test"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call and what came back.

    `arguments` is canonical JSON (sorted keys). `error_class` names a tool error (`no-match`, `not-found`, …);
    a red test is an observation, not an error. `failing` is set for test runs only: what fails
    (`mtor_action.test_output.runners.failing_keys`), empty if green. `broken` says that something did not import
    or compile in that run. `tampering` is the scope's evidence if it refused the call; `cheats` is what
    `mtor_action.scope.cheats.cheats` found in the change. `errors` fingerprints what a test run said of its failures.
    """

    tool: str  # its name
    arguments: str = "{}"
    observation: str = ""  # what the model was told
    kind: CallKind = CallKind.OTHER  # what it does to the evidence
    path: str = ""  # of the file, "" where there is none
    error_class: str | None = None
    failing: frozenset[str] | None = None
    broken: bool = False
    tampering: str | None = None
    cheats: tuple[str, ...] = ()
    errors: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One reply of the model with its calls in order, after they were carried out.

    `tree` fingerprints the scope's files after the turn, `head` is the commit then; an empty string means
    "not looked at" and counts as unchanged. `truncated`: the provider cut the reply at its length limit. `afresh`: it
    answers a question that was asked afresh, so it saw no earlier reply, and what it wrote has been undone.
    """

    number: int
    text: str = ""
    calls: tuple[Call, ...] = ()
    tree: str = ""
    head: str = ""
    truncated: bool = False
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class FinishClaim:
    """The worker says it is done. `built`: its work differs from what it was given, committed or not."""

    turn: int
    built: bool
    disputes: tuple[str, ...] = ()  # tests that it says are wrong


@dataclass(frozen=True, slots=True)
class Signal:
    """A stall signal: its kind (a name of the table), the turn that it fired at, the evidence in one sentence."""

    kind: str
    turn: int
    evidence: str


@lru_cache(maxsize=64)
def seen_as(observation: str) -> str:
    """Fingerprint an observation; several signals ask about the same one."""
    return fingerprint(observation)


def action_key(call: Call) -> str:
    """Return 16 hex digits: the same tool, arguments and masked observation give the same."""
    text = "\0".join((call.tool, call.arguments, seen_as(call.observation)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def call_text(call: Call) -> str:
    """Name a call for evidence: the tool and its bounded arguments."""
    limit = 120
    arguments = call.arguments if len(call.arguments) <= limit else call.arguments[:limit] + "…"
    return f"{call.tool}({arguments})"
