"""`transcript.jsonl`: every finished turn, durable before the next request, so that a killed run can go on.

{"event": "start", …}      what the run was asked: models, failures, first tests
{"event": "turn", …}       a reply, its calls with observations, the files it left
{"event": "context", …}    the first messages of a model's conversation
{"event": "reflection", …}
{"event": "end", …}        nothing is left to resume

Keys and tokens are taken out of every text but of the files that the model wrote.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO

from mtor_action.errors import MtorError
from mtor_action.report.model_records import ReportedCall, ReportedTurn
from mtor_action.stalls.turn_events import Call, CallKind
from mtor_action.tree.changes import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mtor_action.redaction.redactor import Redactor
    from mtor_action.untyped import JsonObject


class Form(StrEnum):
    """The form in which a turn was asked and answered."""

    QUESTION = "question"
    TOOLS = "tools"
    TEXT = "text"


@dataclass(slots=True)
class CallRecord:
    """One call. `id` is the provider's, empty for a test run of our own."""

    id: str  # the provider's; empty for a test run of our own
    tool: str  # its name
    arguments: str  # canonical JSON
    observation: str  # what the model was told
    kind: str = "other"  # a value of `CallKind`
    path: str = ""  # of the file, "" where there is none
    error_class: str | None = None  # of a tool error, such as `no-match`
    failing: list[str] | None = None  # keys of what fails, for test runs only
    broken: bool = False  # something did not import or compile
    tampering: str | None = None  # the scope's evidence if it refused the call
    cheats: list[str] = field(default_factory=list)  # found in the change
    errors: str = ""  # fingerprint of what a test run printed about its failures

    @classmethod
    def of(cls, call: Call, call_id: str) -> CallRecord:
        """Return the record of an event of the stall detector."""
        return cls(
            call_id, call.tool, call.arguments, call.observation, str(call.kind), call.path, call.error_class,
            sorted(call.failing) if call.failing is not None else None, call.broken, call.tampering, list(call.cheats),
            call.errors,
        )  # fmt: skip

    def event(self) -> Call:
        """Return the event of the stall detector that this record was made of."""
        return Call(
            self.tool, self.arguments, self.observation, CallKind(self.kind), self.path, self.error_class,
            None if self.failing is None else frozenset(self.failing), self.broken, self.tampering, tuple(self.cheats),
            self.errors,
        )  # fmt: skip


@dataclass(slots=True)
class TurnRecord:
    """One finished turn. `said` is what mtor added for the model (a nudge); `context` counts the models' contexts.

    `form` is how it was asked and answered: the smallest question, tool calls, or calls in text. `nudged`: a signal
    fired at it.

    `files` are the files that the implementer has changed so far, as they stood after the turn; `tree` is their
    fingerprint. `spent_seconds` and `parts` (prompt tokens by part) are those of all turns so far.
    """

    number: int  # from 1, over the whole run
    context: int  # counts the models' contexts from 0
    model: str  # its litellm name
    text: str  # of the reply, without calls
    calls: list[CallRecord]  # in order, with their observations
    tree: str  # fingerprint of `files`
    files: dict[str, list[str] | None]  # changed by the implementer so far, as after the turn: see `packed`
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0  # 0.0 where the price is not known
    requests: int = 1  # HTTP requests, failed ones included
    estimated: bool = False  # the provider counted no tokens
    truncated: bool = False  # the output limit cut the reply
    seconds: float = 0.0  # of the turn, commands included
    spent_seconds: float = 0.0  # of all turns so far
    said: str = ""  # what mtor added for the model, a nudge
    reasoning: str = ""  # what the model thought, where the provider gives it
    finish: JsonObject | None = None  # arguments of the tool `finish`, if it was called
    parts: dict[str, int] = field(default_factory=dict)  # estimated prompt tokens by part, of all turns so far
    form: Form = Form.TOOLS  # the smallest question, tool calls, or calls in text
    nudged: bool = False  # a signal fired at it
    is_kept: bool = False  # an answer to a question that left something else red, which was not undone

    def as_report(self) -> ReportedTurn:
        """Return the turn as a part of the report."""
        calls = [ReportedCall(call.tool, call.arguments, call.observation) for call in self.calls]
        return ReportedTurn(
            self.number, self.context, self.model, self.text, calls, self.input_tokens, self.output_tokens,
            round(self.usd, 6), round(self.seconds, 3), self.said, str(self.form),
        )  # fmt: skip

    def states(self) -> dict[str, FileState | None]:
        """Return the changed files by path, unpacked; None for a removed file."""
        return {path: _state(packed) for path, packed in self.files.items()}


def packed(states: Mapping[str, FileState | None]) -> dict[str, list[str] | None]:
    """Return files in a form that JSON can hold: [mode, base64 of the content], None for a removed file."""
    return {
        path: None if state is None else [state.mode, base64.b64encode(state.content).decode("ascii")]
        for path, state in states.items()
    }


def _state(value: list[str] | None) -> FileState | None:
    if value is None:
        return None
    return FileState(base64.b64decode(value[1]), "100755" if value[0] == "100755" else "100644")


class Transcript:
    """Appends events to a file; each is on disk when `add` returns."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self.path = path
        self._redactor = redactor

    def add(self, event: str, body: Mapping[str, Any]) -> None:
        """Write one event to the disk durably (fsync)."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        record = {"event": event, **self._redactor.redact_json(dict(body), without="files")}
        with self.path.open("a+b") as file:
            file.write(line_end(file) + json.dumps(record).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def add_turn(self, turn: TurnRecord) -> None:
        """Write one finished turn to the disk durably (fsync)."""
        self.add("turn", asdict(turn))

    def turns(self) -> list[TurnRecord]:
        """Return the finished turns on disk. Raises MtorError for one that is not as we write it."""
        turns = []
        for body in self.events():
            if body.pop("event") == "turn":
                try:
                    calls = [CallRecord(**call) for call in body.pop("calls")]
                    form = Form(body.pop("form", Form.TOOLS))
                    turn = TurnRecord(calls=calls, form=form, **body)
                    turn.states()
                except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                    raise self._senseless(str(error)) from error
                turns.append(turn)
        return turns

    def events(self) -> list[JsonObject]:
        """Every event on disk; a line torn by a kill or by a full disk is none. Raises MtorError for other JSON."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        events = []
        for line in lines:
            try:
                body = json.loads(line)
            except ValueError:
                continue
            if not (isinstance(body, dict) and isinstance(body.get("event"), str)):
                raise self._senseless(f"no event: {line[:60]!r}")
            events.append(body)
        return events

    def start(self) -> JsonObject:
        """What the run was asked, {} if that is not on disk. Raises MtorError for other JSON."""
        return next((event for event in self.events() if event["event"] == "start"), {})

    def _senseless(self, why: str) -> MtorError:
        return MtorError(f"{self.path} cannot be read: {why}", "start over with `mtor run SPEC`")


def line_end(file: BinaryIO) -> bytes:
    """Return what must precede the next line: a line feed if a kill or a full disk tore the last one, else nothing."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
