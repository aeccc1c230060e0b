"""The notes of one coaching.yml as JSON in `.git/mtor`, by its blob: YAML is read once an edit, not once a run.

Only a file without mistakes is kept: mistakes are to be told every time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from mtor_action.coaching.note import Forbid, Note, NoteState, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SCHEMA = 1


def kept_notes(folder: Path, oid: str) -> tuple[Note, ...] | None:
    """Return the notes kept for the blob `oid`; None where there are none, or where they make no sense."""
    try:
        record = json.loads((folder / "coaching-notes.json").read_bytes())
        if record["schema"] != _SCHEMA or record["oid"] != oid:
            return None
        return tuple(_note(fields) for fields in record["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_notes(folder: Path, oid: str, notes: Sequence[Note]) -> None:
    """Keep the notes of the blob `oid`, in place of those of another. A full disk costs speed only."""
    body = {"schema": _SCHEMA, "oid": oid, "notes": [list(note) for note in notes]}
    temporary = folder / "coaching-notes.json.new"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(body), encoding="ascii")
        temporary.replace(folder / "coaching-notes.json")


def _note(fields: list[object]) -> Note:
    note = Note(*fields)  # type: ignore[arg-type]  # what keep_notes wrote; the conversions below raise for anything else
    forbid = Forbid(str(note.forbid[0]), tuple(note.forbid[1])) if note.forbid else None
    return note._replace(
        paths=tuple(note.paths), severity=Severity(note.severity), state=NoteState(note.state), forbid=forbid
    )
