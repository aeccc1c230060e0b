"""The error of each failing test: what a log says of it, without line numbers and other things that move."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.test_output.masking import mask
from mtor_action.test_output.runners import read_failures, readable_lines
from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.test_output.failure import FailureReading

_SHOWN_CHARACTERS = 200
_CODE = r"py|pyi|pyx|go|rs|[cm]?[jt]sx?|vue|svelte|rb|java|kt|php|ex|exs|cs|swift"
_POSITION = re.compile(rf"(\.(?:{_CODE})(?:\.snap)?):\d{{1,7}}(?::\d{{1,7}})?\b")
_LINE_WORD = re.compile(r"(\", line) \d{1,7}\b")
_GUTTER = re.compile(r"^\s*>?\s*\d{1,7}\s*[|\u2502](.*)$")
_SECONDS = re.compile(r"\(\d{1,9}(?:\.\d{1,9})? ?m?s\)$")
_NOISE = re.compile(
    r"^\s*(?:duration_ms: |--- PASS: |stack: \|-$|location: |[\^~\-\u23af\u203e ]+$|\|?$)"
    r"|^note: run with `RUST_BACKTRACE"
)


@dataclass(frozen=True, slots=True)
class FailureError:
    """What a log says of one failure: fingerprints of the text as it is and as `mask` leaves it, and its first words.

    Two runs of one failure agree in `exact`, or in `masked` if times, addresses or temporary paths are in the text.
    """

    exact: str
    masked: str
    shown: str


def failure_errors(output: str) -> tuple[FailureReading, dict[str, FailureError]]:
    """Return what failed, and the error of each id whose error can be read."""
    reading, lines = read_failures(output), readable_lines(output)
    errors = {name: _error(lines, places) for name, places in reading.places.items() if places}
    return reading, {name: error for name, error in errors.items() if error is not None}


def _error(lines: Sequence[str], places: Sequence[tuple[int, int]]) -> FailureError | None:
    raw = (_decoded(lines[index]) for first, end in places for index in range(first, min(end, len(lines))))
    said = [text for line in raw if (text := _steady(line)) and not _NOISE.match(line)]
    if not said:
        return None
    text = "\n".join(said)
    shown = next((line for line in said if line.startswith("E ")), said[0]).removeprefix("E ").strip()
    return FailureError(_digest(text), _digest(mask(text)), shown[:_SHOWN_CHARACTERS])


def _decoded(line: str) -> str:
    """Return the text of an event of `go test -json`, any other line as it is."""
    if not (line.startswith("{") and '"Action":' in line):
        return line
    event = parsed_json(line)
    return str(event.get("Output", "")).rstrip() if isinstance(event, dict) else line


def _steady(line: str) -> str:
    """Return the line without positions in files and without the time that a test took."""
    gutter = _GUTTER.match(line)
    text = _SECONDS.sub("", gutter[1] if gutter else line)
    return _LINE_WORD.sub(r"\1", _POSITION.sub(r"\1", text)).strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
