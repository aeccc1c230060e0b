"""The journal, `.git/mtor/journal.json`: written before the first mutation, so that every kill can be undone.

It says where the run started and which paths it touches. It exists exactly while there is something to undo.
"""

from __future__ import annotations

import json
import os
import zlib
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field
from mtor_action.repository.configuration import configuration
from mtor_action.repository.head import COMMIT_ID, StartingPoint, is_branch_name
from mtor_action.repository.restoring.executable_bits import modes_of_disk
from mtor_action.repository.restoring.killed_run import journal_path
from mtor_action.repository.worktree import parents_of
from mtor_action.tree.changes import Change, FileMode, FileState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mtor_action.repository.git import Git
    from mtor_action.untyped import JsonObject

_SCHEMA = 1


class JournalStage(StrEnum):
    """The stage of the run, as far as it changes what is undone."""

    BEGUN = "begun"
    COMMITTED = "committed"  # from here on the branch stays


class JournaledWork(NamedTuple):
    """The changes that a run is about to make. `branch` is None for work in the tree only, `base` a commit id."""

    job: str
    start: StartingPoint
    base: str
    branch: str | None
    branch_is_new: bool = True

    def mark(self, root: Path) -> str:
        """Return the job's name for its processes in the working tree `root`: two trees may have jobs of one name."""
        return f"{self.job}@{root}"


class ContentDigest(NamedTuple):
    """Enough to tell our own bytes from an edit made since: length and CRC-32."""

    size: int
    crc: int

    @classmethod
    def of(cls, content: bytes) -> ContentDigest:
        """Return the print of `content`: its length and CRC-32."""
        return cls(len(content), zlib.crc32(content))


class Touched(NamedTuple):
    """A path of ours. `before` is kept only where git does not have it (no branch); `after` is None if removed."""

    path: str
    created: bool
    after: ContentDigest | None
    before: FileState | None = None


@dataclass(slots=True)
class Journal:
    """One run's journal, in memory and on disk alike. `new_folders` did not exist when the run began.

    `modes` are those of files on disk that no checkout gives back, since git was told not to look at them.
    """

    folder: Path
    root: Path
    work: JournaledWork
    stage: JournalStage = JournalStage.BEGUN
    touched: dict[str, Touched] = field(default_factory=dict)
    new_folders: set[str] = field(default_factory=set)
    modes: dict[str, FileMode] = field(default_factory=dict)
    _spans: dict[str, tuple[int, int]] = field(default_factory=dict)  # path → offset, length in `before`

    @classmethod
    def begin(cls, git: Git, work: JournaledWork, changes: Iterable[Change]) -> Self:
        """Write the journal, durably where it holds what git does not. The lock must be held.

        An existing journal must be recovered first.
        """
        if journal_path(git).exists():
            raise RepositoryError("an earlier run was not put back", f"recover it first; see {journal_path(git)}")
        journal = cls(git.state_dir, git.root, work)
        journal.folder.mkdir(parents=True, exist_ok=True)
        journal._before.unlink(missing_ok=True)
        changes = list(changes)
        journal.modes = modes_of_disk(git, {change.path for change in changes} | _replaced(git, work))
        journal._add(changes)
        journal._save()
        if work.branch is None:
            _sync_folder(journal.folder)
        return journal

    @classmethod
    def load(cls, git: Git) -> Self | None:
        """The journal on disk, or None. Raises RepositoryError with the way back by hand if it makes no sense."""
        path = journal_path(git)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return cls._from_json(git, json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as e:
            raise RepositoryError(
                f"the journal of an interrupted run cannot be read: {path} ({e})",
                "look at it and at `git status`; go back by hand with `git checkout -f BRANCH`, remove files of the "
                "run that are left over, then delete the journal",
            ) from e

    def note(
        self,
        *,
        stage: JournalStage | None = None,
        changes: Iterable[Change] = (),
        modes: Mapping[str, FileMode] = MappingProxyType({}),
    ) -> None:
        """Record a stage reached, and further paths before they are written, with their `modes` on disk."""
        self.stage = stage or self.stage
        self.modes = {**modes, **self.modes}
        self._add(changes)
        self._save()

    def remove(self) -> None:
        """Remove the journal: there is nothing left to undo."""
        (self.folder / "journal.json").unlink(missing_ok=True)
        self._before.unlink(missing_ok=True)

    @property
    def _before(self) -> Path:
        return self.folder / "before"

    def _add(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        first = [change for change in changes if change.path not in self.touched]
        if self.work.branch is None:
            self._keep(first)
        for change in changes:
            earlier = self.touched.get(change.path)
            # An existing entry is somebody's file, or one of the starting branch: never ours to delete.
            created = earlier.created if earlier else change.before is None and not self._stands(change.path)
            before = earlier.before if earlier else change.before
            after = None if change.after is None else ContentDigest.of(change.after.content)
            self.touched[change.path] = Touched(change.path, created, after, None if self.work.branch else before)
        folders = {folder for change in first for folder in parents_of(change.path)}
        self.new_folders |= {folder for folder in folders if not self._stands(folder)}

    def _stands(self, path: str) -> bool:
        return os.path.lexists(self.root / path)

    def _keep(self, changes: Iterable[Change]) -> None:
        with self._before.open("ab") as file:
            for change in changes:
                if change.before is not None:
                    self._spans[change.path] = (file.tell(), len(change.before.content))
                    file.write(change.before.content)
            file.flush()
            os.fsync(file.fileno())

    def _save(self) -> None:
        temporary = self.folder / "journal.json.new"
        try:
            with temporary.open("wb") as file:
                file.write(json.dumps(self._as_json(), indent=1).encode("ascii"))
                if self.work.branch is None:
                    # Only here does the journal hold what git does not; a kill alone loses nothing written.
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(self.folder / "journal.json")
        except OSError as e:
            raise RepositoryError(f"cannot write the journal in {self.folder}: {e.strerror}", "free disk space") from e

    def _as_json(self) -> JsonObject:
        work = self.work
        return {
            "schema": _SCHEMA,
            "job": work.job,
            "start": {"ref": work.start.ref, "commit": work.start.commit},
            "base": work.base,
            "branch": work.branch,
            "branch_is_new": work.branch_is_new,
            "stage": self.stage.value,
            "new_folders": sorted(self.new_folders),
            "modes": self.modes,
            "touched": [self._touched_as_json(touched) for touched in self.touched.values()],
        }

    def _touched_as_json(self, touched: Touched) -> JsonObject:
        offset, size = self._spans.get(touched.path, (0, 0))
        return {
            "path": touched.path,
            "created": touched.created,
            "after": touched.after and [touched.after.size, touched.after.crc],
            "before": touched.before and [touched.before.mode, offset, size],
        }

    @classmethod
    def _from_json(cls, git: Git, record: JsonObject) -> Self:
        if record["schema"] != _SCHEMA:
            raise ValueError(f"schema {record['schema']}, expected {_SCHEMA}")
        start = StartingPoint(record["start"]["ref"], record["start"]["commit"])
        work = JournaledWork(record["job"], start, record["base"], record["branch"], record["branch_is_new"])
        _check(work)
        journal = cls(git.state_dir, git.root, work, JournalStage(record["stage"]))
        journal.new_folders = {str(folder) for folder in record["new_folders"]}
        journal.modes = {str(path): _mode(mode) for path, mode in record.get("modes", {}).items()}
        saved_bytes = journal._before.read_bytes() if work.branch is None and journal._before.exists() else b""
        for item in record["touched"]:
            touched = _touched(item, saved_bytes)
            journal.touched[touched.path] = touched
            if touched.before is not None:
                journal._spans[touched.path] = (item["before"][1], item["before"][2])
        return journal


def _mode(value: object) -> FileMode:
    if value == "100755":
        return "100755"
    if value == "100644":
        return "100644"
    raise ValueError(f"{value!r} is not the mode of a file")


def _replaced(git: Git, work: JournaledWork) -> set[str]:
    """Return the files that going to the base replaces, where a checkout back would not give their modes back."""
    if work.base == work.start.commit or configuration(git).trusts_modes:
        return set()
    args = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", work.start.commit, work.base, "--")
    return set(git.run(*args).decode("utf-8", "surrogateescape").split("\0")[:-1])


def _touched(record: JsonObject, saved_bytes: bytes) -> Touched:
    before = None
    if record["before"]:
        mode, offset, size = record["before"]
        if mode not in {"100644", "100755"} or offset + size > len(saved_bytes):
            raise ValueError(f"the bytes of {record['path']} are missing")
        before = FileState(saved_bytes[offset : offset + size], mode)
    after = ContentDigest(*record["after"]) if record["after"] else None
    return Touched(str(record["path"]), bool(record["created"]), after, before)


def _check(work: JournaledWork) -> None:
    # These become arguments of git.
    commits = [work.start.commit, work.base]
    branches = [name for name in (work.start.ref, work.branch) if name is not None]
    if not all(COMMIT_ID.fullmatch(commit) for commit in commits) or not all(map(is_branch_name, branches)):
        raise ValueError("a name of a branch or a commit in it is not one")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
