from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mtor_action.coaching import notebook, store
from mtor_action.coaching.cache import keep_notes, kept_notes
from mtor_action.coaching.note import Forbid, Note, NoteState, Severity
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from pathlib import Path

NOTE = Note(
    "use-x-1234",
    "Use x ☃",
    ("src/**",),
    Severity.MUST,
    NoteState.ACTIVE,
    "#1",
    "ada",
    "2026-01-31",
    2,
    Forbid("y", ("a",)),
)


def test_what_is_kept_comes_back_for_the_same_blob_only(tmp_path: Path) -> None:
    keep_notes(tmp_path / "new", "abc", [NOTE, NOTE._replace(forbid=None, paths=())])
    assert kept_notes(tmp_path / "new", "abc") == (NOTE, NOTE._replace(forbid=None, paths=()))
    assert kept_notes(tmp_path / "new", "abd") is None
    assert kept_notes(tmp_path, "abc") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "oid": "abc", "notes": [[1]]}', "\0"])
def test_a_cache_that_makes_no_sense_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "coaching-notes.json").write_text(text)
    assert kept_notes(tmp_path, "abc") is None


def test_loading_twice_reads_the_same_and_an_edit_is_seen_at_once(repo: Path) -> None:
    git = Git.open(repo)
    notebook.add(git, [NOTE])
    first = store.load(git)
    assert first is not None
    assert (git.state_dir / "coaching-notes.json").exists()
    assert store.load(git) == first
    notebook.set_state(git, first.notes[0].id, NoteState.RETIRED)
    again = store.load(git)
    assert again is not None
    assert [note.state for note in again.notes] == [NoteState.RETIRED]


def test_a_file_with_mistakes_is_read_anew_each_time(repo: Path) -> None:
    git = Git.open(repo)
    store.change(git, "coaching.yml", lambda _: b"notes:\n  - {id: a, text: one, state: active}\n  - 3\n", "by hand")
    for _ in range(2):
        found = store.load(git)
        assert found is not None
        assert len(found.diagnostics) == 1
        assert [note.text for note in found.notes] == ["one"]
    kept = git.state_dir / "coaching-notes.json"
    assert not kept.exists() or json.loads(kept.read_bytes())["notes"] == []
