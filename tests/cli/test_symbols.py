"""Definitions named by a spec, through the commands: what `mtor show` prints is what `was=` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import git, mtor, put, spec

if TYPE_CHECKING:
    from pathlib import Path

REPLACE = "```python replace=a.py symbol=f{was}\ndef f():\n    return 2\n```\n"


def test_a_definition_is_replaced_by_the_hash_that_show_prints(repo: Path, tmp_path: Path) -> None:
    digest = mtor(repo, "show", "a.py", "f", "--json").report["was"]
    text = spec(tmp_path / "s.md", REPLACE.format(was=f" was={digest}"), test=["grep 'return 2' a.py"])
    checked = mtor(repo, "check", text, "--json").report["operations"]
    assert [(row["kind"], row["path"], row["placement"], row["note"]) for row in checked] == [
        ("replace", "a.py", "exact", "f")
    ]
    assert mtor(repo, "run", text).code == 0
    assert "return 1" in git(repo, "show", "HEAD:a.py")
    assert "return 2" in git(repo, "show", "mtor/return-two:a.py")


def test_nothing_is_overwritten_unseen(repo: Path, tmp_path: Path) -> None:
    for was in ("", " was=0123456789ab"):
        ended = mtor(repo, "run", spec(tmp_path / "s.md", REPLACE.format(was=was), test=["true"]))
        assert ended.code == 2
        assert "[unseen]" in ended.out


def test_the_commit_that_a_spec_was_written_for_is_proof_too(repo: Path, tmp_path: Path) -> None:
    commit = git(repo, "rev-parse", "HEAD")
    put(repo, {"lib.py": "x = 2\n"})
    git(repo, "add", "lib.py")
    git(repo, "commit", "-qm", "elsewhere")
    text = spec(tmp_path / "s.md", REPLACE.format(was=""), test=["true"], written_for=commit)
    assert mtor(repo, "check", text).code == 0
    put(repo, {"a.py": "def f():\n    return 3\n"})
    git(repo, "commit", "-qam", "the definition itself")
    assert mtor(repo, "check", text).code == 2


def test_a_file_that_would_not_parse_is_refused_before_any_test(repo: Path, tmp_path: Path) -> None:
    broken = "```python create=new.py\ndef f(:\n```\n"
    ended = mtor(repo, "run", spec(tmp_path / "s.md", broken, test=["touch ran"]))
    assert (ended.code, (repo / "ran").exists()) == (2, False)
    assert "[syntax]" in ended.out
