"""Files that git was told to skip (skip-worktree): their content on disk is only their owner's.

git does not see what a command writes over them. So they are copied before the first command, and put back by bytes and
mode whenever what commands changed is undone, after a kill too.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from mtor_action.repository.restoring.command_leftovers import save
from mtor_action.repository.worktree import read_back, write
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mtor_action.repository.git import Git

_NAME = "hidden.json"


def keep(git: Git, job: str, paths: Iterable[str]) -> None:
    """Copy the files that are on disk at `paths` to the job's folder; nothing is written where there are none."""
    states = {path: state for path, state in read_back(git.root, sorted(paths)).items() if state is not None}
    if not states:
        return
    file = _file(git, job)
    file.parent.mkdir(parents=True, exist_ok=True)
    body = {path: [state.mode, base64.b64encode(state.content).decode("ascii")] for path, state in states.items()}
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(body), encoding="utf-8")
    partial.replace(file)


def put_back(git: Git, job: str) -> list[str]:
    """Write what differs from the copies as it was; the paths of those files. What was there goes to `saved`."""
    try:
        body = json.loads(_file(git, job).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    copies = {
        path: FileState(base64.b64decode(content), "100755" if mode == "100755" else "100644")
        for path, (mode, content) in body.items()
    }
    now = read_back(git.root, list(copies))
    changes = [Change(path, now[path], state) for path, state in copies.items() if now[path] != state]
    save(git, [change.path for change in changes], _file(git, job).parent / "saved")
    write(git.root, changes)
    return [change.path for change in changes]


def forget(git: Git, job: str) -> None:
    """Remove the copies, once everything is back."""
    _file(git, job).unlink(missing_ok=True)


def _file(git: Git, job: str) -> Path:
    return git.state_dir / "jobs" / job / _NAME
