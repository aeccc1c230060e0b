"""The kinds of project that a repository holds: all at its top, or else those in the folders below it."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from mtor_action.setup import go, make, node, python, rust
from mtor_action.setup.guess import ProjectNeeds, in_folder
from mtor_action.setup.project_folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (python, node, go, rust)

_MOST_FOLDERS = 20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_NOT_OURS = frozenset({"node_modules", "vendor", "third_party", "examples", "docs", "build", "dist", "target", "venv"})


def look(top: Path) -> ProjectNeeds:
    """Return what the project in this repository needs. Empty where nothing is known."""
    project = _look_in(Folder(top))
    if project.test:
        return project
    for path in _folders(top):
        below = _look_in(Folder(path, f"{path.name}/"))
        project |= in_folder(below, path.name)
    return project


def _look_in(folder: Folder) -> ProjectNeeds:
    project = reduce(or_, (kind.look(folder) for kind in KINDS), ProjectNeeds())
    # A Makefile's `test` usually runs what was found, but does not say how its failures read.
    return project if project.test else project | make.look(folder)


def _folders(top: Path) -> list[Path]:
    folders = (path for path in top.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(path for path in folders if _PLAIN_NAME.fullmatch(path.name) and path.name not in _NOT_OURS)[
        :_MOST_FOLDERS
    ]
