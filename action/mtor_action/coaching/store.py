"""The branch mtor-coaching: read by one `git cat-file`, written by compare-and-swap, never checked out.

Reading takes the local branch, else origin's. Writing moves the local branch, which begins where origin's stands, or as
a root commit where there is none.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.branch_objects import Object, Objects
from mtor_action.coaching.note import BRANCH, PATH, Note
from mtor_action.coaching.runs import FOLDER, PART_BYTES, first_part, parts_among, read_runs, with_run
from mtor_action.errors import GitError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.coaching.runs import RunRecord, RunsFile
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.repository.git import Git

_LOCAL = f"refs/heads/{BRANCH}"
_ORIGIN = f"refs/remotes/origin/{BRANCH}"
_RECENT_MONTHS = 2
_RECENT_RUNS = 1_000
_LONGEST_PAUSE_SECONDS = 0.2


class Coaching(NamedTuple):
    """The contents of the branch: its commit, the good notes, the runs, and the mistakes in the file."""

    commit: str
    notes: tuple[Note, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class Tail(NamedTuple):
    """The latest file of runs, as a commit has it: while the branch is there, nobody has to read it again."""

    commit: str
    part: RunsFile
    content: bytes


def load(git: Git, *, every_run: bool = False) -> Coaching | None:
    """Return None where there is no branch. Runs are those of the latest two months, or all, oldest first."""
    with Objects(git) as objects:
        commit = _commit(objects)
        if commit is None:
            return None
        file = objects.object(commit, PATH)
        runs = _runs(objects, commit, every_run=every_run)
    notes, diagnostics = _notes(git, file)
    return Coaching(commit, notes, tuple(runs), diagnostics)


def load_notes(git: Git, objects: Objects) -> tuple[Coaching, Tail | None] | None:
    """The same without the runs, which few jobs need, but with the file that the job's own will be written to."""
    commit = _commit(objects)
    if commit is None:
        return None
    file = objects.object(commit, PATH)
    part = max(parts_among(objects.names(commit, FOLDER)), default=None)
    tail = Tail(commit, part, objects.file(commit, part.path) or b"") if part else None
    notes, diagnostics = _notes(git, file)
    return Coaching(commit, notes, diagnostics=diagnostics), tail


def file_on_branch(git: Git, path: str) -> bytes | None:
    """Return the bytes of a file on the branch; None without the branch or the file. Raises GitError."""
    with Objects(git) as objects:
        commit = _commit(objects)
        return objects.file(commit, path) if commit else None


def recent_runs(git: Git, commit: str) -> list[RunRecord]:
    """Return the runs of the latest two months that a commit has, oldest first. Raises GitError."""
    with Objects(git) as objects:
        return _runs(objects, commit, every_run=False)


def _commit(objects: Objects) -> str | None:
    branch = objects.get(_LOCAL) or objects.get(_ORIGIN)
    return branch.oid if branch else None


def _notes(git: Git, file: Object | None) -> tuple[tuple[Note, ...], tuple[Diagnostic, ...]]:
    if file is None:
        return (), ()
    from mtor_action.coaching.cache import keep_notes, kept_notes

    cached = kept_notes(git.state_dir, file.oid)
    if cached is not None:
        return cached, ()
    from mtor_action.coaching.quick_notes import quick_notes

    notes = quick_notes(file.content)
    if notes is None:
        from mtor_action.coaching.notes_file import read

        parsed = read(file.content)
        if parsed.diagnostics:
            return parsed.notes, parsed.diagnostics
        notes = parsed.notes
    keep_notes(git.state_dir, file.oid, notes)
    return notes, ()


def append_run(git: Git, run: RunRecord, tail: Tail | None = None) -> str:
    """Record one run and return the new commit's id. Raises MtorError, RepositoryError, GitError.

    `tail` is what `load_notes` found; it saves reading it again.
    """
    first = first_part(run)
    known_tail = tail if tail and tail.part.month == first.month and len(tail.content) < PART_BYTES else None

    def open_part(objects: Objects, commit: str) -> str:
        parts = parts_among(objects.names(commit, FOLDER))
        latest = max((part for part in parts if part.month == first.month), default=first)
        full = objects.size(f"{commit}:{latest.path}") >= PART_BYTES
        return (latest.following if full else latest).path

    edit = _FileEdit(first.path, lambda data: with_run(data, run), open_part, known_tail)
    return _change(git, edit, f"record the run {run.job}")


def change(git: Git, path: str, edit: Callable[[bytes | None], bytes], message: str, *, attempts: int = 60) -> str:
    """Commit `path` as `edit` makes it from its bytes (None: no such file), and return the branch's commit id.

    Where somebody else moved the branch meanwhile, the file is read and edited again. An edit that changes nothing
    makes no commit. Raises RepositoryError, GitError, and what `edit` raises; the branch is then where it was.
    """
    return _change(git, _FileEdit(path, edit), message, attempts)


class _FileEdit(NamedTuple):
    """A file and how its bytes change; `choose` names another file by what a commit has, where there is one.

    `known` is that file as one commit has it.
    """

    path: str
    make: Callable[[bytes | None], bytes]
    choose: Callable[[Objects, str], str] | None = None
    known: Tail | None = None

    def before(self, git: Git, commit: str) -> tuple[str, bytes | None]:
        """Return the file to change, and its bytes in the commit."""
        if self.known and self.known.commit == commit:
            return self.known.part.path, self.known.content
        with Objects(git) as objects:
            path = self.choose(objects, commit) if self.choose else self.path
            return path, objects.file(commit, path)


def _change(git: Git, edit: _FileEdit, message: str, attempts: int = 60) -> str:
    for attempt in range(attempts):
        head = _head(git)
        try:
            return _commit_once(git, head, edit, message)
        except (GitError, RepositoryError) as error:
            busy = isinstance(error, GitError) and ".lock" in error.message
            if _head(git) == head and not busy:
                raise
            if attempt == attempts - 1:
                raise RepositoryError(
                    f"{BRANCH} could not be changed in {attempts} attempts: {error.message}",
                    "run it again; if no git is running, delete the .lock file that is named" if busy else "run again",
                ) from error
        _pause(attempt)
    raise AssertionError("the last attempt returns or raises")


class _BranchEnds(NamedTuple):
    """The commit of the branch: `local` is None where only origin has it; both are None where it does not exist."""

    local: str | None
    base: str | None


def _head(git: Git) -> _BranchEnds:
    form = "--format=%(refname) %(objectname) %(worktreepath)"
    listed = git.run("for-each-ref", form, _LOCAL, _ORIGIN).decode("utf-8", "surrogateescape")
    refs = {name: description for name, _, description in (line.partition(" ") for line in listed.splitlines())}
    local, _, worktree = refs.get(_LOCAL, "").partition(" ")
    if worktree:
        raise RepositoryError(
            f"the branch {BRANCH} is checked out in {worktree}: moving it would leave old files there",
            "edit and commit there, or check out another branch there and run again",
        )
    origin = refs.get(_ORIGIN, "").partition(" ")[0]
    return _BranchEnds(local or None, local or origin or None)


def _commit_once(git: Git, head: _BranchEnds, edit: _FileEdit, message: str) -> str:
    from mtor_action.repository.revisions.commit import BranchTarget, commit
    from mtor_action.tree.changes import Change, FileState

    path, before = (edit.path, None) if head.base is None else edit.before(git, head.base)
    after = edit.make(before)
    if head.base is not None and after == before:
        return head.base
    changes = [Change(path, None if before is None else FileState(before), FileState(after))]
    if head.base is None and path != PATH:
        from mtor_action.coaching.notes_file_edits import HEADER

        changes.append(Change(PATH, None, FileState(HEADER)))
    # Two writers that make the same edit in the same second would make the same commit, and one would go uncounted.
    unique = f"{message}\n\nMtor-Write: {os.urandom(6).hex()}\n"
    return commit(git, base=head.base, target=BranchTarget(BRANCH, head.local), changes=changes, message=unique)


def _pause(attempt: int) -> None:
    import random
    import time

    longest = min(_LONGEST_PAUSE_SECONDS, 0.01 * 2**attempt)
    time.sleep(random.uniform(0, longest))  # noqa: S311  jitter between processes, no secret


def _runs(objects: Objects, commit: str, *, every_run: bool) -> list[RunRecord]:
    parts = parts_among(objects.names(commit, FOLDER))
    months = sorted({part.month for part in parts})[-_RECENT_MONTHS:]
    runs: deque[RunRecord] = deque()
    for part in reversed(parts):
        missing = None if every_run else _RECENT_RUNS - len(runs)
        if missing == 0 or (missing and part.month not in months):
            break
        runs.extendleft(reversed(read_runs(objects.file(commit, part.path) or b"", missing)))
    return list(runs)
