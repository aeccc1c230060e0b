"""Notes from elsewhere: the bullets of a Markdown file, or another coaching.yml."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.note import Note, NoteState
from mtor_action.coaching.notes_file import read
from mtor_action.errors import CoachingRejected, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 1024 * 1024
_BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(?P<text>\S.*)")
_FENCE = re.compile(r"\s*(?:```|~~~)")


class Imported(NamedTuple):
    """The notes, and the ids of those whose `require` was left out."""

    notes: tuple[Note, ...]
    without_require: tuple[str, ...] = ()


def notes_of(path: Path) -> Imported:
    """Return the notes in a file; bullets are active, notes of a coaching.yml stay what they are.

    Raises UsageError if there is none or it cannot be read, CoachingRejected for a coaching.yml with mistakes.
    """
    data = _read(path)
    imported = _from_yaml(path, data) if path.suffix in {".yml", ".yaml"} else Imported(_bullets(_text(path, data)))
    if not imported.notes:
        raise UsageError(f"{path} has no notes", "write each as a Markdown bullet, `- Use httpx.`, or as coaching.yml")
    return imported


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "name a Markdown file or a coaching.yml") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than 1 MiB", "choose what a worker should read every time")
    return data


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error}", "save it as UTF-8") from error


def _from_yaml(path: Path, data: bytes) -> Imported:
    file = read(data)
    if file.diagnostics:
        diagnostics = [replace(diagnostic, path=str(path)) for diagnostic in file.diagnostics]
        raise CoachingRejected(diagnostics, "correct it and import it again")
    commanding = tuple(note.id for note in file.notes if note.require)
    return Imported(tuple(note._replace(require="") for note in file.notes), commanding)


def _bullets(text: str) -> tuple[Note, ...]:
    """Every bullet is a note, with the indented lines that continue it; code fences are none."""
    bullets: list[list[str]] = []
    fenced = going_on = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced, going_on = not fenced, False
            continue
        bullet = None if fenced else _BULLET.fullmatch(line)
        if bullet:
            bullets.append([bullet["text"].strip()])
        elif going_on and not fenced and line[:1] in {" ", "\t"} and line.strip():
            bullets[-1].append(line.strip())
        going_on = bool(bullet) or (going_on and bool(line.strip()))
    return tuple(Note(id="", text=" ".join(lines), state=NoteState.ACTIVE) for lines in bullets)
