"""`mtor coach` as a person meets it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import command_line
from command_line import mtor, put

if TYPE_CHECKING:
    from pathlib import Path


def _notes(repo: Path) -> list[dict[str, object]]:
    notes = mtor(repo, "coach", "list", "--json").report["notes"]
    assert isinstance(notes, list)
    return notes


def _commit_file(repo: Path, text: str) -> None:
    blob = repo / "coaching.txt"
    blob.write_text(text, encoding="utf-8", newline="")
    stored = command_line.git(repo, "hash-object", "-w", "--no-filters", str(blob)).strip()
    blob.unlink()
    index = {**command_line.environment(), "GIT_INDEX_FILE": str(repo.parent / "index")}

    def run(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=repo, env=index, check=True, capture_output=True, text=True).stdout

    run("update-index", "--add", "--cacheinfo", f"100644,{stored},coaching.yml")
    commit = run("commit-tree", run("write-tree").strip(), "-m", "by hand").strip()
    run("update-ref", "refs/heads/mtor-coaching", commit)


def test_a_note_is_added_listed_accepted_retired_and_promoted(repo: Path) -> None:
    done = mtor(
        repo, "coach", "add", "Use httpx.", "--path", "src/**", "--path", "*.py", "--severity", "must", "--source", "#1"
    )
    assert (done.code, done.err.count("\n")) == (0, 1)
    name = done.out.split()[0]
    assert _notes(repo)[0] == {
        "id": name,
        "text": "Use httpx.",
        "paths": ["src/**", "*.py"],
        "severity": "must",
        "state": "active",
        "source": "#1",
        "author": "Ada",
        "created": _notes(repo)[0]["created"],
        "count": 1,
        "forbid": None,
        "require": "",
    }
    assert mtor(repo, "coach", "retire", name).out == f"{name} retired\n"
    assert mtor(repo, "coach", "list", "--state", "active").out == ""
    assert mtor(repo, "coach", "accept", name).out == f"{name} active\n"
    assert mtor(repo, "coach", "promote", name, "--forbid", "^import requests").code == 0
    listed = mtor(repo, "coach", "list")
    assert listed.out == f"{name}  (active, must, src/**, *.py, forbids ^import requests)\n    Use httpx.\n"
    assert mtor(repo, "coach", "stats", "--json").report["notes"][0]["with"]["runs"] == 0
    assert "too few to say anything" in mtor(repo, "coach", "stats").out


def test_the_same_note_again_is_reported_and_not_stored(repo: Path) -> None:
    name = mtor(repo, "coach", "add", "Use httpx.").out.split()[0]
    again = mtor(repo, "coach", "add", "use HTTPX")
    assert (again.code, again.out) == (0, "")
    assert f"{name} (active) already says the same" in again.err
    assert len(_notes(repo)) == 1


def test_a_repository_without_notes_says_how_to_write_one(repo: Path) -> None:
    done = mtor(repo, "coach", "list")
    assert (done.code, done.out) == (0, "")
    assert "mtor coach add" in done.err
    assert mtor(repo, "coach", "--json", "list").report == {"commit": None, "notes": [], "diagnostics": []}
    assert mtor(repo, "coach", "stats").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "ACTION"),
        (("add", " "), "empty"),
        (("add", "x" * 100_000), "100000 characters, expected at most 2000"),
        (("add", "a\x1b[31mb"), "printable"),
        (("add", "a\u202eb"), "U+202E"),
        (("add", "!!!"), "no word"),
        (("add", "x", "--path", "/src"), "relative"),
        (("add", "x", "--severity", "high"), "must"),
        (("add", "x", "--require", "make"), "--require"),
        (("accept", "nowhere"), "nowhere"),
        (("promote", "x"), "--forbid"),
        (("promote", "x", "--forbid", "("), "regular expression"),
        (("promote", "x", "--forbid", ""), "empty"),
        (("import", "nowhere.md"), "nowhere.md"),
    ],
)
def test_a_wrong_command_line_is_64_with_the_next_step(repo: Path, arguments: tuple[str, ...], said: str) -> None:
    done = mtor(repo, "coach", *arguments)
    assert (done.code, done.out) == (64, ""), done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert command_line.git(repo, "branch", "--list", "mtor-coaching") == ""


def test_mistakes_in_the_file_are_2_and_good_notes_are_listed(repo: Path) -> None:
    _commit_file(repo, "notes:\n- id: bad\n  text: use: colons\n- {id: good, text: stays}\n")
    listed = mtor(repo, "coach", "list")
    assert listed.code == 2
    assert listed.out.startswith("good  (proposed, should)\n    stays\n")
    assert "coaching.yml:3:" in listed.out
    assert "help: " in listed.out
    for words in (("accept", "good"), ("add", "x"), ("promote", "good", "--forbid", "x"), ("retire", "good")):
        done = mtor(repo, "coach", *words)
        assert done.code == 2
        assert "coaching.yml:3:" in done.out
        assert "nothing was changed" in done.err
    report = mtor(repo, "coach", "list", "--json").report
    assert [found["line"] for found in report["diagnostics"]] == [3]


def test_bullets_of_a_markdown_file_are_imported_once(repo: Path) -> None:
    bullets = "- Use httpx:\n  it is there.\n* [ ] Never print.\n\nprose\n\n1. Use  HTTPX; it is there\n"
    text = f"# Rules\n\n{bullets}```\n- code\n```\n"
    put(repo, {"rules.md": text})
    done = mtor(repo, "coach", "import", "rules.md")
    assert (done.code, len(done.out.splitlines())) == (0, 2)
    assert [note["text"] for note in _notes(repo)] == ["Use httpx: it is there.", "Never print."]
    assert mtor(repo, "coach", "import", "rules.md").out == ""
    assert len(_notes(repo)) == 2


def test_another_coaching_file_is_imported_without_its_commands(repo: Path) -> None:
    put(repo, {"other.yml": "notes:\n- {id: a, text: A., state: retired, require: rm -rf /, count: 3}\n"})
    done = mtor(repo, "coach", "import", "other.yml")
    assert done.code == 0
    assert "`require` was left out" in done.err
    assert [(note["id"], note["state"], note["require"]) for note in _notes(repo)] == [("a", "retired", "")]
    put(repo, {"wrong.yml": "notes:\n- {id: a}\n"})
    wrong = mtor(repo, "coach", "import", "wrong.yml")
    assert (wrong.code, "wrong.yml:2:3" in wrong.out) == (2, True)


def test_hostile_text_is_shown_harmless(repo: Path) -> None:
    assert mtor(repo, "coach", "add", "::set-output name=x::]]> </coaching> \u200e").code == 0
    assert "::set-output" not in mtor(repo, "coach", "list").out


def test_outside_of_a_repository_it_is_an_error(tmp_path: Path) -> None:
    assert mtor(tmp_path, "coach", "list").code == 3
