"""coaching.yml is read note by note: mistakes are told at their place, and good notes stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtor_action.coaching.note import MOST_BYTES, PATH, Forbid, Note, NoteState, Severity
from mtor_action.coaching.notes_file import read
from mtor_action.diagnostics import render

GOOD = "- {id: good, text: stays}\n"
FULL = """\
# a header
notes:
  - id: full-1a2b   # why
    text: |
      two
        lines
    paths: [src/**, lib/*.py]
    severity: must
    state: active
    source: https://example.org/1
    author: Ada
    created: 2026-11-23
    count: 3
    forbid: {pattern: '^import requests', paths: src/**}
    require: make lint
"""


def test_every_field_is_read_and_strings_stay_strings() -> None:
    file = read(FULL.encode())
    assert file.diagnostics == ()
    assert file.notes == (
        Note(
            id="full-1a2b",
            text="two\n  lines",
            paths=("src/**", "lib/*.py"),
            severity=Severity.MUST,
            state=NoteState.ACTIVE,
            source="https://example.org/1",
            author="Ada",
            created="2026-11-23",
            times=3,
            forbid=Forbid("^import requests", ("src/**",)),
            require="make lint",
        ),
    )
    assert read(b"notes:\n- {id: no, text: 1.10}\n").notes == (Note(id="no", text="1.10"),)


@pytest.mark.parametrize(
    "text", ["", "# only this\n", "notes:\n", "notes: []\n", "\ufeffnotes: []\n", "notes: # none\n"]
)
def test_a_file_without_notes_has_no_mistake(text: str) -> None:
    file = read(text.encode())
    assert (file.notes, file.diagnostics) == ((), ())


@pytest.mark.parametrize(
    ("wrong", "rule", "line"),
    [
        ("- {id: x, txt: a}\n", "coaching-key", 3),
        ("- {id: x}\n", "coaching-key", 3),
        ("- {text: without an id}\n", "coaching-id", 3),
        ("- {id: a b, text: a}\n", "coaching-id", 3),
        ("- {id: good, text: again}\n", "coaching-id", 3),
        ("- {id: x, text: a, severity: musst}\n", "coaching-value", 3),
        ("- {id: x, text: a, state: on}\n", "coaching-value", 3),
        ("- {id: x, text: a, count: 0}\n", "coaching-value", 3),
        ("- {id: x, text: a, paths: [/src]}\n", "coaching-value", 3),
        ("- {id: x, text: ''}\n", "coaching-value", 3),
        ("- {id: x, text: '!!'}\n", "coaching-value", 3),
        (f"- {{id: x, text: {'a' * 2001}}}\n", "coaching-value", 3),
        ("- {id: x, text: a, forbid: {pattern: '('}}\n", "coaching-pattern", 3),
        ("- {id: x, text: a, forbid: {pattern: ''}}\n", "coaching-pattern", 3),
        ("- {id: x, text: a, forbid: {paths: [a]}}\n", "coaching-key", 3),
        ("- just a text\n", "coaching-value", 3),
        ("- {id: x, text: &anchor a}\n", "coaching-yaml", 3),
        ("- {id: x, text: *alias}\n", "coaching-yaml", 3),
        ("- {id: x, id: y, text: a}\n", "coaching-yaml", 3),
        ("- {id: x, text: !!python/name:os.system a}\n", "coaching-yaml", 3),
        ("- id: x\n  text: use: colons\n", "coaching-yaml", 4),
        ("- id: x\n\ttext: tab\n", "coaching-yaml", 4),
        ("- id: x\n  text: 'never closed\n", "coaching-yaml", 3),
        ("- id: x\n  text: a\x01b\n", "coaching-yaml", 4),
        ("- id: x\n  text: a\u202eb\n", "coaching-yaml", 4),
        ("- id: x\n  text: a\x00b\n", "coaching-text", 4),
        ("- id: x\n  text: a\rb\n", "coaching-text", 4),
    ],
)
def test_a_note_with_a_mistake_is_left_out_and_no_other(wrong: str, rule: str, line: int) -> None:
    text = f"notes:\n{GOOD}{wrong}- {{id: last, text: stays too}}\n"
    file = read(text.encode())
    assert [note.id for note in file.notes] == ["good", "last"]
    assert {found.rule for found in file.diagnostics} == {rule}, file.diagnostics
    assert file.diagnostics[0].line in {line, line + 1}
    assert file.diagnostics[0].path == PATH
    assert "^" in render(file.diagnostics[0])


def test_bytes_that_are_not_utf_8_cost_their_note_only() -> None:
    file = read(b"notes:\n- {id: x, text: caf\xe9}\n" + GOOD.encode())
    assert [note.id for note in file.notes] == ["good"]
    assert [(found.rule, found.line, found.column) for found in file.diagnostics] == [("coaching-text", 2, 20)]


def test_a_mistyped_word_names_the_right_one() -> None:
    found = read(b"notes:\n- {id: x, text: a, state: activ}\n").diagnostics[0]
    assert (found.line, found.column, found.width) == (2, 27, 5)
    assert found.help == "write state: active"
    assert "expected proposed, active, retired" in found.message


def test_a_pattern_that_matches_for_ever_is_read_at_once() -> None:
    file = read(b"notes:\n- {id: x, text: a, forbid: {pattern: '((a?){65535}){65535}'}}\n")
    assert len(file.notes) == 1


def test_a_note_without_id_gets_one_suggested() -> None:
    assert "id: use-httpx-" in read(b"notes:\n- {text: Use httpx.}\n").diagnostics[0].help


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "notes: text\n", "nots: []\n", "other: 1\n", "a: [\n", "\t"])
def test_a_file_of_another_form_is_told(text: str) -> None:
    file = read(text.encode())
    assert file.notes == ()
    assert len(file.diagnostics) == 1 or text == "\t"


def test_a_huge_file_is_not_even_parsed() -> None:
    file = read(b"#" * (MOST_BYTES + 1))
    assert [found.rule for found in file.diagnostics] == ["coaching-size"]
    assert read(b"notes: " + b"[" * 500).notes == ()


def test_the_page_shows_a_file_without_mistakes_and_every_rule() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs/coaching.md").read_text(encoding="utf-8")
    file = read(page.partition("```yaml\n")[2].partition("```")[0].encode())
    assert file.diagnostics == ()
    assert len(file.notes) == 2
    folder = root / "action/mtor_action/coaching"
    code = "".join((folder / name).read_text(encoding="utf-8") for name in ("notes_file.py", "note_fields.py"))
    rules = set(re.findall(r'"(coaching-[a-z]+)"', code))
    assert rules == set(re.findall(r"`(coaching-[a-z]+)`", page))
