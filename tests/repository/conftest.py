"""Real repositories in a temporary folder, apart from the configuration of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n name = Ada\n email = ada@example.org\n"
        "[init]\n defaultBranch = main\n"
        '[protocol "file"]\n allow = always\n'
    )
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def sh() -> Callable[..., str]:
    """`sh(folder, "git", "log")` → what it prints; it must succeed."""

    def run(folder: Path, *command: str) -> str:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    return run


@pytest.fixture
def repo(tmp_path: Path, sh: Callable[..., str]) -> Path:
    """A repository with `a.txt`, `src/b.py`, an executable `run.sh` and a link, committed on main."""
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "a.txt").write_text("a\n")
    (root / "src" / "b.py").write_text("b = 1\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("a.txt")
    (root / ".gitignore").write_text("*.ignored\n")
    sh(root, "git", "init", "-q")
    sh(root, "git", "add", "-A")
    sh(root, "git", "commit", "-qm", "first")
    return root


@pytest.fixture
def git(repo: Path) -> Git:
    return Git.open(repo)


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, tuple[int, bytes]]]:
    """Every path below a folder except `.git`, with its mode and bytes (a link's target, nothing for a folder)."""

    def take(root: Path) -> dict[str, tuple[int, bytes]]:
        found = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if name.split("/")[0] == ".git":
                continue
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            else:
                content = path.read_bytes() if path.is_file() else b""
            found[name] = (path.lstat().st_mode, content)
        return found

    return take
