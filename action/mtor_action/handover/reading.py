"""The handover folder, read as hostile input: code of the repository may have written anything into it.

Two files are read, by name: bounded before they are read, never through a link. Other files are not looked at.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.texts.pins import Pin, decode
from mtor_action.handover.handover import SCHEMA, Handover
from mtor_action.report.report_json import report_from_json
from mtor_action.repository.head import COMMIT_ID
from mtor_action.tree.changes import FileMode, FileState
from mtor_action.tree.path_policy import MOST_BYTES, MOST_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mtor_action.report.report import Report

_MOST_REPORT_BYTES = 32 * 1024 * 1024
# Base64 makes four bytes of three; then the paths.
_MOST_HANDOVER_BYTES = MOST_BYTES * 4 // 3 + 8 * 1024 * 1024
_LONGEST_PATH = 4_000
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a planted FIFO must not block us
_MODES: dict[str, FileMode] = {"100644": "100644", "100755": "100755"}
_HINT = "this artifact was not made by mtor, or by another version of it; run the job again"


class Received(NamedTuple):
    """The files of the work job. The report is loose text, the handover of the right form, and neither is true yet."""

    report: Report
    handover: Handover


def read_handover(folder: Path) -> Received:
    """Return what the work job handed over. Raises MtorError that names the file and what is wrong with it."""
    report = report_from_json(_object(folder, "report.json", _MOST_REPORT_BYTES))
    data = _object(folder, "handover.json", _MOST_HANDOVER_BYTES)
    if data.get("schema") != SCHEMA:
        raise _fault(f"schema is {_excerpt(data.get('schema'))}, expected {SCHEMA}")
    base, tree = _id(data, "base"), _id({"tree": "", **data}, "tree")
    issue = data.get("issue")
    if type(issue) is not int or not 0 < issue < 1 << 53:
        raise _fault(f"issue is {_excerpt(issue)}, expected a number")
    files = _files(data.get("implementer"))
    handover = Handover(_text(data, "job"), issue, base, _pins(data.get("pins")), tuple(files.items()), tree)
    return Received(report, handover)


def _object(folder: Path, name: str, most: int) -> dict[str, object]:
    raw = _bounded(folder, name, most)
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise MtorError(f"{name} of the handover is not valid JSON: {_words(error)}", _HINT) from error
    if not isinstance(value, dict):
        raise MtorError(f"{name} of the handover is not a JSON object", _HINT)
    return value


def _bounded(folder: Path, name: str, most: int) -> bytes:
    try:
        with os.fdopen(os.open(folder / name, _FILE), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise MtorError(f"{name} of the handover is not a regular file", _HINT)
            raw = file.read(most + 1) if state.st_size <= most else b""
    except FileNotFoundError as error:
        raise MtorError(f"the work job handed over no {name}", "read the run's log, then run the job again") from error
    except OSError as error:  # a link too: ELOOP
        raise MtorError(f"{name} of the handover cannot be read: {error.strerror}", _HINT) from error
    if max(state.st_size, len(raw)) > most:
        raise MtorError(f"{name} of the handover has more than {most >> 20} MiB", _HINT)
    return raw


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key appears twice")
    return mapping


def _pins(value: object) -> tuple[Pin, ...]:
    if value == []:
        return ()
    try:
        return decode(json.dumps(value))
    except MtorError as error:
        raise _fault(f"pins: {error.message}") from error


def _files(value: object) -> dict[str, FileState | None]:
    if not isinstance(value, list):
        raise _fault(f"implementer is {_excerpt(value)}, expected a list")
    if len(value) > MOST_FILES:
        raise _fault(f"implementer has {len(value):,} files, expected at most {MOST_FILES:,}")
    files: dict[str, FileState | None] = {}
    for item in value:
        path, state = _file(item)
        if path in files:
            raise _fault(f"the path {_excerpt(path)} appears twice")
        files[path] = state
    return files


def _file(item: object) -> tuple[str, FileState | None]:
    if not isinstance(item, dict):
        raise _fault(f"an item of implementer is {_excerpt(item)}, expected an object")
    path, content = _text(item, "path"), item.get("content")
    if not path or len(path) > _LONGEST_PATH:
        raise _fault(f"a path has {len(path):,} characters, expected 1 to {_LONGEST_PATH:,}")
    if "content" in item and content is None:
        return path, None
    mode = _MODES.get(_text(item, "mode"))
    if mode is None:
        raise _fault(f"the mode of {_excerpt(path)} is {_excerpt(item.get('mode'))}, expected 100644 or 100755")
    try:
        return path, FileState(base64.b64decode(_text(item, "content"), validate=True), mode)
    except ValueError as error:
        raise _fault(f"the content of {_excerpt(path)} is not valid base64") from error


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise _fault(f"{key} is {_excerpt(value)}, expected a string")
    return value


def _id(item: Mapping[str, Any], key: str) -> str:
    value = _text(item, key)
    if value and not COMMIT_ID.fullmatch(value):
        kind = "a commit id" if key == "base" else "the id of a tree"
        raise _fault(f"{key} is {_excerpt(value)}, expected {kind}")
    return value


def _fault(message: str) -> MtorError:
    return MtorError(f"handover.json: {message}", _HINT)


def _excerpt(value: object) -> str:
    return json.dumps(value, default=str)[:60]


def _words(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
