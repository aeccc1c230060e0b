"""Untracked files moved out of the tree for one run, and back: `.git/mtor/aside.json`.

They are renamed, never copied, into the job's folder. The record is durable before the first of them moves, so that
what a kill leaves aside comes back with the next command of mtor.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.repository.worktree import Folders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mtor_action.repository.git import Git
    from mtor_action.untyped import JsonObject


class Fate(Enum):
    """The fate of something that was moved aside, when the run is over."""

    BACK = "back"  # to its place, instead of what was made there meanwhile
    UNLESS_REMADE = "unless remade"  # to its place, if nothing was made there meanwhile
    KEPT = "kept"  # it stays in the job's folder
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Moved:
    """One path of the tree, its name in the folder `aside`, and what becomes of it."""

    path: str
    name: str
    fate: Fate


@dataclass(slots=True)
class Aside:
    """The things that are out of the tree now: `folder` holds them, `saved` what had to give way when they came back.

    Folders that were made meanwhile give way for good, since commands made them; all are saved `after_a_kill`, which
    may have been long ago: somebody may have worked in the tree as the kill left it.
    """

    git: Git
    folder: Path
    moved: list[Moved] = field(default_factory=list)
    after_a_kill: bool = False

    @classmethod
    def begin(cls, git: Git, job: str) -> Aside:
        """Return an Aside of this job that holds nothing yet."""
        folder = git.state_dir / "jobs" / job / "aside"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(git, folder)

    def move(self, paths: Iterable[tuple[str, Fate]]) -> None:
        """Move these out of the tree. Raises RepositoryError for one that cannot be moved."""
        first = len(self.moved)
        # Its own name is kept: `node --test` looks into .git too, but not into a `node_modules`.
        entries = [
            Moved(path, f"{first + number}/{path.rpartition('/')[2]}", fate)
            for number, (path, fate) in enumerate(paths)
        ]
        self.moved += entries
        self._save()
        with Folders(self.git.root) as folders:
            for entry in entries:
                try:
                    (self.folder / entry.name).parent.mkdir(exist_ok=True)
                    folders.move_out(entry.path, self.folder / entry.name)
                except OSError as error:
                    raise RepositoryError(
                        f"{entry.path} cannot be moved aside: {error.strerror}",
                        "a mount or a closed folder inside the working tree keeps the last run from being proven",
                    ) from error

    def come_back(self) -> None:
        """End it: everything meets its fate. May be repeated after a kill."""
        with Folders(self.git.root) as folders:
            for moved in reversed(self.moved):
                if os.path.lexists(self.folder / moved.name):
                    self._meet_fate(folders, moved)
        _path(self.git).unlink(missing_ok=True)
        _delete(self.folder)  # empty folders, and what had to give way when a kill came

    def _meet_fate(self, folders: Folders, moved: Moved) -> None:
        source = self.folder / moved.name
        if moved.fate is Fate.DROPPED:
            _delete(source)
            return
        try:
            state = folders.stat(moved.path)
            if moved.fate is Fate.UNLESS_REMADE and state is not None:
                _delete(source)
            elif moved.fate is not Fate.KEPT:
                self._give_way(folders, moved.path, state)
                folders.move_in(source, moved.path)
                return
        except (OSError, RepositoryError):
            pass  # a link or a file took the place of a folder above it: nothing is written through that
        if os.path.lexists(source):
            self._keep(source, moved.path)

    def _give_way(self, folders: Folders, path: str, state: os.stat_result | None) -> None:
        if state is None:
            return
        place = self.folder / "remade"
        folders.move_out(path, place)
        if stat.S_ISREG(state.st_mode) or (self.after_a_kill and not stat.S_ISLNK(state.st_mode)):
            self._keep(place, path)  # somebody may have written it by hand meanwhile
        else:
            _delete(place)

    def _keep(self, source: Path, path: str) -> None:
        target = self.folder.with_name("saved") / path
        number = 1
        while os.path.lexists(target):
            number += 1
            target = target.with_name(f"{path.rpartition('/')[2]}.{number}")
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)

    def _save(self) -> None:
        record = {
            "folder": self.folder.parent.name,
            "moved": [[moved.path, moved.name, moved.fate.value] for moved in self.moved],
        }
        temporary = _path(self.git).with_name("aside.json.new")
        with temporary.open("w", encoding="ascii") as file:
            file.write(json.dumps(record))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(_path(self.git))


def bring_back(git: Git) -> None:
    """Put back what a killed run had moved aside; nothing to do if there is none. The lock must be held."""
    try:
        record: JsonObject = json.loads(_path(git).read_bytes())
    except FileNotFoundError:
        return
    except ValueError as error:
        hint = f"move the files back by hand from the folders `aside` in {git.state_dir / 'jobs'}, then delete it"
        raise RepositoryError(f"{_path(git)} cannot be read: {error}", hint) from error
    aside = Aside.begin(git, record["folder"])
    aside.after_a_kill = True
    aside.moved = [Moved(path, name, Fate(fate)) for path, name, fate in record["moved"]]
    aside.come_back()


def _path(git: Git) -> Path:
    return git.state_dir / "aside.json"


def _delete(path: Path) -> None:
    """Remove a file or a folder of ours, also one whose folders are read-only (Go's modules are)."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISDIR(path.lstat().st_mode):
        path.unlink()
        return
    import shutil

    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        for folder, _, _ in os.walk(path):
            with suppress(OSError):
                os.chmod(folder, 0o700)  # noqa: PTH101  os.walk gives texts
        shutil.rmtree(path, ignore_errors=True)
