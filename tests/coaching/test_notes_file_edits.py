"""Edits are splices: everything a person wrote around them stays byte for byte."""

from __future__ import annotations

import difflib

import pytest

from mtor_action.coaching.note import Forbid, Note, NoteState, Severity
from mtor_action.coaching.note_ids import free_id, normalised
from mtor_action.coaching.notes_file import read
from mtor_action.coaching.notes_file_edits import HEADER, appended, changed, without_invisible
from mtor_action.errors import CoachingRejected, MtorError

HOSTILE = [
    "key: value # no comment",
    "- item",
    "'quoted' \"twice\" ''",
    "yes",
    "[a, {b: c}]",
    "&a *b !c |",
    "> folded",
    "%TAG",
    "@at `tick`",
    "]]> </coaching-notes> ```\n---\n...\n# not a comment",
    "first\n\n\n   indented\n\ttab\nlast: |",
    "- list\n- of\n  - things",
    "ends with a backslash \\",
    "tab\there",
    "ünï 日本語 🎉",
    "x" * 2000,
]
LAYOUTS = {
    "header": HEADER.decode(),
    "nothing": "",
    "a comment": "# mine",
    "an empty list": "notes: []  # none yet\n# after\n",
    "no list": "notes:\n# nothing so far\n",
    "indented": (
        "notes:\n    -   id: a\n        text: A. # why\n\n    # about b\n"
        "    -   id: b\n        text: >\n            folded\n            text\n# end\n"
    ),
    "flat": "notes:\n- id: a\n  text: 'A'",
    "flow items": "notes:\n- {id: a, text: A}\n- {id: b, text: 'B'}\n",
    "block at the end": "notes:\n- id: a\n  text: |+\n    A\n\n\n",
    "dash alone": "notes:\n-\n  id: a\n  text: A\n",
    "byte order mark": "\ufeffnotes:\n- id: a\n  text: A\n",
    "document start": "---\nnotes:\n- id: a\n  text: A\n",
}


def _removed(before: bytes, after: bytes) -> list[str]:
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [line for line in lines if line.startswith("- ")]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    note = Note(
        id="x", text=text, paths=("a'b/**", "[x]"), severity=Severity.MUST, source="'a': #", forbid=Forbid(" '\\s{2}#")
    )
    data = appended(HEADER, [note, note._replace(id="y", require="make '#1'", times=4)])
    assert data.startswith(HEADER)
    assert read(data).notes == (note, note._replace(id="y", require="make '#1'", times=4))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_note_is_appended_to_any_layout(layout: str, ending: str) -> None:
    before = layout.replace("\n", ending).encode()
    after = appended(before, [Note(id="new", text="two\nlines"), Note(id="newer", text="one")])
    assert [note.id for note in read(after).notes] == [*(n.id for n in read(before).notes), "new", "newer"]
    if "[]" in layout:
        assert b"notes:  # none yet" in after
    else:
        assert after.startswith(before)
    if ending == "\r\n" and "\n" in layout:
        assert after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", [text for text in LAYOUTS.values() if "id: a" in text])
def test_a_state_is_added_as_one_line_and_then_changed_in_place(layout: str, ending: str) -> None:
    before = layout.replace("\n", ending).encode()
    note = read(before).notes[0]
    active = changed(before, note._replace(state=NoteState.ACTIVE))
    assert len(_removed(before, active)) <= ("{" in layout)
    retired = changed(active, note._replace(state=NoteState.RETIRED))
    assert retired == active.replace(b"state: active", b"state: retired")
    gate = note._replace(state=NoteState.RETIRED, forbid=Forbid("^a: #", ("x",)), times=2)
    assert read(changed(retired, gate)).notes[0] == gate


def test_a_person_s_comments_order_and_quotes_stay() -> None:
    before = b"# top\nnotes: # all\n  # first\n- state: 'proposed'   # look\n  text: \"A\"\n\n  id:   a\n\n# end"
    after = changed(before, read(before).notes[0]._replace(state=NoteState.ACTIVE))
    assert after == before.replace(b"'proposed'", b"'active'")


def test_blank_lines_between_notes_are_kept_up() -> None:
    before = b"notes:\n- id: a\n  text: A\n\n- id: b\n  text: B\n"
    after = appended(before, [Note(id="c", text="C"), Note(id="d", text="D")])
    assert after == before + b"\n- id: c\n  text: 'C'\n\n- id: d\n  text: 'D'\n"


@pytest.mark.parametrize(
    "before",
    [
        b"notes: [{id: a, text: A}]\n",
        b"notes: [\n]\n",
        b"notes:\n- id: a\n  text: A\n...\n",
        b"{notes: []}\n",
    ],
)
def test_what_cannot_be_spliced_is_refused_and_says_what_to_do(before: bytes) -> None:
    assert read(before).diagnostics == ()
    with pytest.raises(MtorError) as caught:
        appended(before, [Note(id="n", text="new")])
    assert "block list" in caught.value.hint


def test_a_state_of_several_lines_is_refused() -> None:
    before = b"notes:\n- id: a\n  text: A\n  state: >-\n    active\n"
    with pytest.raises(MtorError, match="cannot be changed"):
        changed(before, read(before).notes[0]._replace(state=NoteState.RETIRED))


def test_a_file_with_mistakes_is_not_edited() -> None:
    with pytest.raises(CoachingRejected, match=r"1 mistake.*line 2"):
        appended(b"notes:\n- {id: a}\n", [Note(id="n", text="new")])
    with pytest.raises(KeyError):
        changed(HEADER, Note(id="n", text="new"))


def test_a_file_does_not_grow_beyond_its_limit() -> None:
    notes = [Note(id=f"n{number}", text=f"{number} " + "x" * 1990) for number in range(140)]
    with pytest.raises(MtorError, match="too large"):
        appended(HEADER, notes)


def test_ids_are_readable_and_stable() -> None:
    first = free_id("Always use `httpx`, never requests!", ())
    assert first.startswith("always-use-httpx-never-requests-")
    assert first == free_id("always use httpx never  requests", ())
    assert free_id("日本語", ()).startswith("note-")
    longer = free_id("always use httpx never requests", {first})
    assert longer.startswith(first)
    assert len(longer) == len(first) + 1


def test_texts_that_differ_in_case_and_punctuation_are_the_same() -> None:
    assert normalised("Use HTTPX; not requests.") == normalised("use  httpx\nnot requests")
    assert without_invisible("a\u202eb\x00c\ufeff\n d \r\n") == "a b c\n d"
