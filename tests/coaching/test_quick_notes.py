"""The quick reader says what the exact one says, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mtor_action.coaching.note import MOST_BYTES, Forbid, Note, NoteState, Severity
from mtor_action.coaching.note_fields import refused_text
from mtor_action.coaching.notes_file import read
from mtor_action.coaching.notes_file_edits import HEADER, appended, without_invisible
from mtor_action.coaching.quick_notes import quick_notes

PLAIN = b"notes:\n- id: a\n  text: 'one'\n  paths: [src/**, '*.py']\n- id: b\n  text: two\n"
# Pieces that one line of a note may be made of: layouts, mistakes, and what only looks like either.
LINES = (
    "id: {id}", "id: '{id}'", "text: {id} says: no", "text: it's {id}", "text: 'it''s {id}'", "text: 'open",
    "text: shut'", 'text: "two\\n{id}"', 'text: "open', 'text: shut"', "text: |", "text: |-", "text: >",
    "  more words", "   - more", "# words", " # words", "", "   ", "text: words # why", "text: words #1",
    "text: words#1", "text: a::b", "text: a::", "text: a:", "text:", "text:\twords", "text: a\tb", "text: 'a\tb'",
    "text: 'a\t'", "text: a\t", "\ttext: words", "text: words ", "text: &a words", "text: *a", "text: ! a",
    "text: !!str a", "text: Ünter ☃", "text: \xa0", "text: a\xa0", "text: '\u200d'", "text: a\x85b", "text: \u2028",
    "text: \ufeff", "text: \x07", "text: -", "text: - a", "text: ? a", "text: [a]", "text: {{a: b}}", "text: 'a' b",
    "text: ''", "text: ~", "text: 1.10", "paths: []", "paths: [a, b*]", "paths: ['a', \"b\"]", "paths: [a,b]",
    "paths: [*a]", "paths: [a:b]", "paths: [a?:b]", "paths: [a b]", "paths: [a", "b]", "paths: src/**", "paths: [/a]",
    "paths:", "- a", "  - b", "state: active", "state: activ", "state:  active", "severity: must", "count: 3",
    "count: 0", "created: 2026-01-01", "author:", "source: https://example.org/1#2", "forbid: {{pattern: 'x'}}",
    "forbid:", "  pattern: |", "    x", "require: make", "? id", ": x", "---", "...", "%YAML 1.2", "other: 1", "notes:",
    "- id: x", "-", "-  id: y", "{{id: {id}, text: b}}", "'id': {id}", "id : {id}", "text: a\rb",
)  # fmt: skip
HEADS = (
    "notes:\n",
    "# ours\n\nnotes: # all\n",
    "---\nnotes:\n",
    "\ufeffnotes:\n",
    "notes:# all\n",
    "notes: []\n",
    "other: 1\nnotes:\n",
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A coaching.yml: mostly notes as people write them, with lines of any kind between."""
    indent = draw(st.sampled_from(["", "  "]))
    text = draw(st.sampled_from(HEADS))
    for number in range(draw(st.integers(1, 4))):
        named = f"n{draw(st.integers(0, 3)) if draw(st.booleans()) else number}"
        lines = [f"id: {named}", *draw(st.lists(st.sampled_from(LINES), max_size=3))]
        if draw(st.booleans()):
            lines.insert(draw(st.integers(0, len(lines))), f"text: '{named}'")
        said = [line.format(id=named) for line in lines]
        text += f"{indent}- " + "\n".join([said[0], *(f"{indent}  {line}" if line else "" for line in said[1:])])
        text += draw(st.sampled_from(["\n", "\n\n", "\n", "\r\n", "\n# between\n"]))
        text += draw(st.sampled_from(["", "", "", "", "...\n", "---\n", "shut'\n", 'shut"\n', "more\n", "]\n", "-\n"]))
    return text if draw(st.booleans()) else text.rstrip("\n")


@given(files())
@example('notes:\n- id: a\n  text: "open\n- id: b\n  text: two\n- id: c\n  text: shut"\n-\n  id: d\n  text: four\n')
@example("notes:\n- id: a\n  text: one\n...\n- id: b\n  text: two\n")
@example("notes:\n- id: a\n  text:\tone\n")
@example("notes:\n- id: a\n  text: a::\n")
@example("notes:\n- id: a\n  text: words #1\n")
@example("notes:\n- id: a\n  text: words\n   - more\n")
@example("notes:\n  - \nid: a\n    text: words\n")
@example("notes:\n- id: a\n  text: words\n  paths: [a?:b]\n")
@example("notes:# all\n- id: a\n  text: words\n")
@example("notes:\n- id: a\n  text: b\n  forbid:\n    pattern: |\n      x\n- id: b\n  text: b\n")
@example("notes:\n- id: a\n  text: b\n  forbid:\n    pattern: |\n      x")
def test_the_quick_reader_finds_the_notes_of_the_exact_one_or_none(text: str) -> None:
    data = text.encode()
    notes = quick_notes(data)
    if notes is not None:
        exact = read(data)
        assert (exact.notes, exact.diagnostics) == (notes, ())


@given(
    st.lists(
        st.builds(
            Note,
            id=st.just(""),
            text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=80).map(without_invisible),
            paths=st.lists(st.sampled_from(["src/**", "*.py", "it's"]), max_size=3).map(tuple),
            severity=st.sampled_from(Severity),
            state=st.sampled_from(NoteState),
            source=st.sampled_from(["", "https://example.org/1", "#1"]),
            author=st.sampled_from(["", "Ada"]),
            created=st.sampled_from(["", "2026-11-23"]),
            times=st.integers(1, 1000),
            forbid=st.sampled_from([None, Forbid(r"^\s"), Forbid("'", ("a", "b"))]),
            require=st.sampled_from(["", "make lint"]),
        ).filter(lambda note: not refused_text(note.text)),
        max_size=5,
    )
)
def test_what_mtor_writes_is_read_quickly(notes: list[Note]) -> None:
    named = [note._replace(id=f"n{number}") for number, note in enumerate(notes)]
    data = appended(HEADER, named)
    assert quick_notes(data) == (tuple(named) or None)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        b"# ours\n---\n\n" + PLAIN.replace(b"\n- id: b", b"\n\n  # why\n\n- id: b"),
        PLAIN.replace(b"text: two", b"text: |\n    two\n      lines\n  author: Ada # a person"),
        PLAIN.replace(b"two", b'"tw\\u00f6"'),
        PLAIN.replace(b"two", b"'a\ttab'"),
        b"notes:\n  - {id: a, text: one}\n  - {id: b, text: 'two'}",
    ],
)
def test_usual_layouts_are_read_quickly(text: bytes) -> None:
    exact = read(text)
    assert (len(exact.notes), exact.diagnostics) == (2, ())
    assert quick_notes(text) == exact.notes


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"notes: []\n",
        PLAIN + b"other: 1\n",
        PLAIN + b"- id: a\n  text: again\n",
        PLAIN + b"- id: c\n  text: a\n  state: activ\n",
        PLAIN + b"- id: c\n",
        PLAIN + b"- id: c\n  text: caf\xe9\n",
        PLAIN + b"- id: c\n  text: a\x01b\n",
        PLAIN + b"#" * MOST_BYTES,
    ],
)
def test_what_has_a_mistake_or_no_note_is_left_to_the_exact_reader(text: bytes) -> None:
    assert quick_notes(text) is None
