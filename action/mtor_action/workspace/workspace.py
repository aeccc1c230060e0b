"""The working tree while a job has it: on the job's branch, with the plan on disk, and back again whatever happens."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.processes.interruption import Interruption
from mtor_action.processes.processes import kill_survivors
from mtor_action.repository.attributes import Attributes, on_disk
from mtor_action.repository.config_guard import Seal, mend, seal
from mtor_action.repository.head import switch_to
from mtor_action.repository.restoring import skipped_files
from mtor_action.repository.restoring.command_leftovers import find_dirt, head_moved, put_head_back, restore
from mtor_action.repository.restoring.executable_bits import modes_of_disk, with_modes_of_disk
from mtor_action.repository.restoring.journal import Journal, JournaledWork, JournalStage
from mtor_action.repository.restoring.recovery import go_back
from mtor_action.repository.restoring.status import Changed, Status, inspect
from mtor_action.repository.revisions.commit import BranchTarget, commit
from mtor_action.repository.worktree import read_back, write
from mtor_action.tree.changes import Change, FileMode, FileState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.repository.git import Git
    from mtor_action.repository.visible_files import KnownFiles


@dataclass(slots=True)
class Workspace:
    """A context: entering journals, branches and writes; leaving returns to the start, byte for byte.

    `changes` are the job's, as git stores them; `attributes` (those of the base) say how that is on disk. `known`
    says which files a job may read and write beyond the plan. `mended` names the files of git's own configuration that
    commands changed and that were put back.
    """

    git: Git
    work: JournaledWork
    changes: Sequence[Change]
    attributes: Attributes
    known: KnownFiles
    mended: list[str] = field(default_factory=list, init=False)
    _on_disk: list[Change] = field(default_factory=list, init=False)  # the same changes, of the files that are there
    _shown: Sequence[Change] = field(default=(), init=False)  # those, or their reverse
    _journal: Journal | None = field(default=None, init=False)
    _seal: Seal = field(default_factory=lambda: Seal({}), init=False)
    _settled: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        self._seal = seal(self.git)
        self._on_disk = on_disk(self.attributes, self._result, self.changes)
        try:
            with Interruption():
                skipped_files.keep(self.git, self.work.job, self.known.hidden)
                self._journal = Journal.begin(self.git, self.work, self._on_disk)
            if self.work.branch is not None:
                switch_to(self.git, self.work.branch, new_at=self.work.base)
            self._on_disk = with_modes_of_disk(self.git, self._on_disk)
            self._write_changes(self._on_disk)
        except BaseException:
            if self._journal is not None:
                go_back(self.git, self._journal, kill_survivors)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._journal is None:
            return
        try:
            self._mend()
        finally:
            go_back(self.git, self._journal, kill_survivors, settled=self._settled and kind is None)

    @property
    def expected(self) -> dict[str, FileState | None]:
        """The states that the job's own paths must have now."""
        return {change.path: change.after for change in self._shown}

    def settle(self) -> list[str]:
        """Undo what commands changed: names of the files put back. Copies go to the job's folder first.

        `HEAD` means a branch that was left or moved. Call it after the last command before anything else.
        """
        self._mend()
        status = inspect(self.git)
        saved_to = self.git.state_dir / "jobs" / self.work.job / "saved"
        status = status._replace(changed=tuple(change for change in status.changed if not self._is_untouched(change)))
        dirt = find_dirt(self.git, status, self.expected)
        if head_moved(status, self.work):
            dirt = sorted({"HEAD", *dirt, *self._committed(status)})
            put_head_back(self.git, status, self.work, self.expected, saved_to)
        elif dirt:
            restore(self.git, dirt, self.expected, saved_to)
        dirt = sorted({*dirt, *skipped_files.put_back(self.git, self.work.job)})
        self._settled = True
        return dirt

    def show_base(self) -> None:
        """Put the base's files in place of the job's own."""
        self._write_changes([Change(change.path, change.after, change.before) for change in self._on_disk])

    def show_plan(self) -> None:
        """Put the job's own files back to what the plan says."""
        self._write_changes(self._on_disk)

    def read(self, path: str) -> FileState | None:
        """Return the regular file at `path` as it is on disk."""
        return read_back(self.git.root, [path])[path]

    def refusal(self, path: str, *, to_write: bool) -> str:
        """Return why the implementer may not read, or write, the file; "" if it may."""
        reason = self.known.refusal(path, [change.path for change in self.changes], to_write=to_write)
        if reason:
            return reason
        driver = self._drivers([path]).get(path)
        return f"{path} is converted by git's filter driver {driver!r}, which is never run" if driver else ""

    def readable(self, paths: Iterable[str]) -> set[str]:
        """Return those of `paths` that the implementer may read."""
        own = {change.path for change in self.changes}
        allowed = {path for path in paths if not self.known.refusal(path, own, to_write=False)}
        return allowed - self._drivers(allowed).keys()

    def _drivers(self, paths: Iterable[str]) -> dict[str, str]:
        paths = sorted(paths)
        return self.attributes.filters(paths) | self._result.filters(paths)

    def stored(self, path: str) -> FileState | None:
        """Return the file at `path` as git stores it now: the job's own, else the base's, else None.

        It is what the implementer sees, whatever line endings and encoding the file has on disk.
        """
        own = [change.after for change in self.changes if change.path == path]
        return own[0] if own else self.known.state(path)

    def as_stored(self, contents: Mapping[str, bytes], modes: Mapping[str, FileMode]) -> dict[str, FileState]:
        """Return files of the job whose `contents` are on disk, in these `modes`, as git would store them.

        Raises GitError, RepositoryError for a text that is not in the encoding of its attributes.
        """
        if not contents:
            return {}
        before = {path: state.content for path in contents if (state := self.stored(path)) is not None}
        return {path: FileState(text, modes[path]) for path, text in self._result.stored(contents, before).items()}

    def put(self, path: str, state: FileState | None) -> None:
        """Write one file beyond the plan or over it, journaled first; it becomes a part of what is committed.

        `state` is what git is to store. Raises RepositoryError for a file that git hides, ignores or does not know.
        """
        if self._journal is None:
            raise TypeError("files are written between entering and leaving only")
        if reason := self.refusal(path, to_write=True):
            raise RepositoryError(reason, "write a file of the repository")
        by_path = {change.path: change for change in self.changes}
        before = by_path[path].before if path in by_path else self.known.state(path)
        normal = self._result.normal([Change(path, before, state)])
        by_path[path] = normal[0] if normal else Change(path, before, before)
        on_disk_now = self._put_on_disk(by_path[path], self._journal)
        self.changes, self._on_disk = list(by_path.values()), on_disk_now
        self._shown, self._settled = on_disk_now, False

    def _put_on_disk(self, change: Change, journal: Journal) -> list[Change]:
        by_path = {other.path: other for other in self._on_disk}
        new = with_modes_of_disk(self.git, on_disk(self.attributes, self._result, [change]))[0]
        if change.path in by_path:
            new = new._replace(before=by_path[change.path].before)
        journal.note(changes=[new], modes=modes_of_disk(self.git, [change.path]))
        write(self.git.root, [new._replace(before=self.read(change.path))])
        return list({**by_path, change.path: new}.values())

    def commit(self, message: str) -> str:
        """Commit the changes to the job's branch; from here on leaving keeps it."""
        if self._journal is None or self.work.branch is None:
            raise TypeError("only work on a branch of its own can be committed")
        target = BranchTarget(self.work.branch, expected_old=self.work.base)
        changes = [change for change in self.changes if change.before != change.after]
        head = commit(self.git, base=self.work.base, target=target, changes=changes, message=message)
        # The branch itself says so too: a journal that cannot be written any more must not fail a run that is done.
        with contextlib.suppress(OSError, RepositoryError):
            self._journal.note(stage=JournalStage.COMMITTED)
        return head

    @property
    def _result(self) -> Attributes:
        return self.attributes.after(self.changes)

    def _is_untouched(self, changed: Changed) -> bool:
        """Return whether git calls a file changed only because the job changes its attributes."""
        if self.attributes.files == self._result.files or changed.staged != "." or changed.path in self.expected:
            return False
        before = self.known.state(changed.path)
        if before is None:
            return False
        as_checked_out = before._replace(content=self.attributes.written({changed.path: before.content})[changed.path])
        with contextlib.suppress(RepositoryError, OSError):
            return self.read(changed.path) == as_checked_out
        return False

    def _write_changes(self, changes: Sequence[Change]) -> None:
        write(self.git.root, changes)
        self._shown = changes

    def _mend(self) -> None:
        names = [path.name for path in mend(self._seal)]
        self.mended += [name for name in names if name not in self.mended]

    def _committed(self, status: Status) -> list[str]:
        args = ("diff-tree", "-r", "--name-only", "-z", "--no-renames", self.work.base, status.head.commit, "--")
        names = self.git.run(*args).decode("utf-8", "surrogateescape").split("\0")[:-1]
        return [name for name in names if name not in self.expected]
