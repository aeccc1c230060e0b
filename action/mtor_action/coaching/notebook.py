"""Operations on notes: add, propose, accept, retire, promote. Each is one commit on the branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.note import PATH, Forbid, Note, NoteState, Severity
from mtor_action.coaching.note_fields import refused_pattern, refused_text
from mtor_action.coaching.note_ids import free_id, normalised
from mtor_action.coaching.notes_file import read
from mtor_action.coaching.notes_file_edits import HEADER, appended, changed, refused_new_text, tidy, without_invisible
from mtor_action.coaching.store import change
from mtor_action.errors import CoachingRejected, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.repository.git import Git

_MOST_PROPOSED = 50  # at once: a model that babbles must not fill the file


class Candidate(NamedTuple):
    """A note that a reflection or a review comment suggests. `source` is a link or a job, `author` who said it."""

    text: str
    paths: tuple[str, ...] = ()
    severity: Severity = Severity.SHOULD
    source: str = ""
    author: str = ""


class NotesChange(NamedTuple):
    """The result of adding notes: `added` are new, `known` said the same before, `refused` could not be written."""

    commit: str
    added: tuple[Note, ...] = ()
    known: tuple[Note, ...] = ()
    refused: tuple[str, ...] = ()


def add(git: Git, notes: Sequence[Note]) -> NotesChange:
    """Append what a person said; a note without id gets one. A text that is already known is left as it is.

    Raises UsageError for a text that cannot be a note, CoachingRejected, MtorError.
    """
    tidied = sound(notes)
    return _changed(git, lambda data: with_added(data, tidied), message("add", tidied))


def sound(notes: Sequence[Note]) -> list[Note]:
    """Return the notes with tidy texts. Raises UsageError for a text that cannot be a note."""
    tidied = [note._replace(text=tidy(note.text)) for note in notes]
    for note in tidied:
        problem = refused_new_text(note.text)
        if problem:
            raise UsageError(problem, "write a few sentences of plain text; more belongs in a document")
    return tidied


def with_added(data: bytes | None, notes: Sequence[Note]) -> tuple[bytes, NotesChange]:
    """Return the file (None: there is none) with sound notes at its end, and what became of them."""
    before = data if data is not None else HEADER
    result = _sorted_out(_notes(before), notes)
    return appended(before, result.added), result


def propose(git: Git, candidates: Sequence[Candidate], today: str = "") -> NotesChange:
    """Append candidates as proposed notes; the same text again raises its note's count.

    `today` is an ISO 8601 date. Texts that cannot be notes are named in `refused`, never an error: a model wrote them.
    Raises CoachingRejected, MtorError.
    """
    notes, refused = as_notes(candidates, today)
    if not notes:
        return NotesChange("", refused=refused)
    return _changed(git, lambda data: with_proposed(data, notes), message("propose", notes))._replace(refused=refused)


def _changed(git: Git, make: Callable[[bytes | None], tuple[bytes, NotesChange]], words: str) -> NotesChange:
    result = NotesChange("")

    def edit(data: bytes | None) -> bytes:
        nonlocal result
        after, result = make(data)
        return after

    commit = change(git, PATH, edit, words)
    return result._replace(commit=commit)


def as_notes(candidates: Sequence[Candidate], today: str = "") -> tuple[list[Note], tuple[str, ...]]:
    """Return proposed notes of those whose text can be one, and why the others cannot."""
    cleaned = [candidate._replace(text=without_invisible(candidate.text)) for candidate in candidates]
    accepted = [candidate for candidate in cleaned if not refused_text(candidate.text)][:_MOST_PROPOSED]
    refused = tuple(problem for candidate in cleaned if (problem := refused_text(candidate.text)))
    if len(cleaned) - len(refused) > len(accepted):
        refused += (f"more than {_MOST_PROPOSED} candidates at once",)
    return [_proposed(candidate, today) for candidate in accepted], refused


def with_proposed(data: bytes | None, notes: Sequence[Note]) -> tuple[bytes, NotesChange]:
    """The file (None: there is none) with proposed notes: new ones at its end, the counts of known ones raised."""
    before = data if data is not None else HEADER
    result = _sorted_out(_notes(before), notes)
    for note in result.known:
        before = changed(before, note._replace(times=note.times + 1))
    return appended(before, result.added), result


def set_state(git: Git, note_id: str, state: NoteState) -> Note:
    """Accept or retire a note, and return it as it is now. Raises UsageError for an unknown id, and see `add`."""
    verb = "accept" if state is NoteState.ACTIVE else "retire"
    return _change_one(git, note_id, f"{verb} {note_id}", lambda note: note._replace(state=state))


def promote(git: Git, note_id: str, forbid: Forbid) -> Note:
    """Make a note a gate, active at once; without paths it holds for the note's own. Raises as `set_state` does."""
    problem = refused_pattern(forbid.pattern)
    if problem:
        raise UsageError(problem, "write a Python regular expression that matches a forbidden line")

    def as_gate(note: Note) -> Note:
        if note.forbid is not None:
            raise UsageError(f"{note_id} forbids {note.forbid.pattern!r} already", f"change it in {PATH} by a commit")
        return note._replace(forbid=forbid._replace(paths=forbid.paths or note.paths), state=NoteState.ACTIVE)

    return _change_one(git, note_id, f"promote {note_id}", as_gate)


def _notes(data: bytes) -> tuple[Note, ...]:
    file = read(data)
    if file.diagnostics:
        raise CoachingRejected(file.diagnostics)
    return file.notes


def _sorted_out(notes: Sequence[Note], new: Sequence[Note]) -> NotesChange:
    by_text = {normalised(note.text): note for note in notes}
    ids = {note.id for note in notes}
    added: dict[str, Note] = {}
    repeated: dict[str, Note] = {}
    for note in new:
        key = normalised(note.text)
        if key in by_text:
            repeated[key] = by_text[key]
        elif key not in added:
            name = note.id if note.id and note.id not in ids else free_id(note.text, ids)
            ids.add(name)
            added[key] = note._replace(id=name)
    return NotesChange("", tuple(added.values()), tuple(repeated.values()))


def _proposed(candidate: Candidate, today: str) -> Note:
    from datetime import UTC, datetime

    return Note(
        id="",
        text=candidate.text,
        paths=tuple(glob for path in candidate.paths if (glob := _one_line(path).lstrip("/")))[:20],
        severity=candidate.severity,
        source=_one_line(candidate.source),
        author=_one_line(candidate.author),
        created=today or datetime.now(UTC).date().isoformat(),
    )


def _one_line(text: str) -> str:
    return " ".join(without_invisible(text).split())[:300]


def _change_one(git: Git, note_id: str, message: str, as_wanted: Callable[[Note], Note]) -> Note:
    result: Note | None = None

    def edit(data: bytes | None) -> bytes:
        nonlocal result
        notes = _notes(data or b"")
        old = next((note for note in notes if note.id == note_id), None)
        if old is None or data is None:
            raise _unknown(note_id, notes)
        result = as_wanted(old)
        return changed(data, result)

    # A branch that does not exist must not be made by a mistyped command: `edit` raises before that.
    change(git, PATH, edit, message)
    if result is None:
        raise AssertionError("change calls the edit")
    return result


def _unknown(note_id: str, notes: Sequence[Note]) -> UsageError:
    from mtor_action.manifest.nearest import nearest

    near = nearest(note_id, [note.id for note in notes])
    return UsageError(f"no note has the id {note_id!r}", f"was {near} meant?" if near else "see `mtor coach list`")


def message(verb: str, notes: Sequence[Note]) -> str:
    """Return the subject of the commit that writes a note."""
    names = [note.id or free_id(note.text, ()) for note in notes]
    return f"{verb} {names[0]}" if len(names) == 1 else f"{verb} {len(names)} notes"
