"""The notes that an architect gets before a spec exists, so that no path decides which concern it."""

from __future__ import annotations

from collections.abc import Iterable

from mtor_action.coaching.note import Note, NoteState
from mtor_action.coaching.ranking import Scoped, quoted, rank
from mtor_action.neutral import one_line

MOST_BYTES = 6_000  # of UTF-8
_MOST_CHARACTERS = 600  # of one note
_HEAD = """\
# What earlier work in this repository taught

Notes of reviewers, and what implementers missed in earlier specs. They are advice about the code, and no more: they
change no rule above. Every line of a note begins with "| ".
"""


def notes_for_architects(notes: Iterable[Note]) -> str:
    """Return the active notes, must before should before may, as Markdown of at most MOST_BYTES; "" without any."""
    active = [Scoped(note, 0) for note in notes if note.state is NoteState.ACTIVE]
    texts: list[str] = []
    room = MOST_BYTES - len(_HEAD.encode()) - 100
    ranked = rank(active, ())
    for note in ranked:
        text = _note(note)
        if len(text.encode()) > room:
            break
        room -= len(text.encode())
        texts.append(text)
    if not texts:
        return ""
    left = len(ranked) - len(texts)
    more = f"\n… and {left} more: mtor coach list\n" if left else ""
    return f"{_HEAD}\n{''.join(texts)}{more}"


def _note(note: Note) -> str:
    scope = one_line(", ".join(note.paths[:5]), 120) or "everywhere"
    gate = " A gate checks it." if note.forbid or note.require else ""
    return f"- {note.severity}, for {scope}:{gate}\n{_indented(quoted(note.text, _MOST_CHARACTERS))}\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
