"""The commit, from memory by one `git fast-import`: no index, no filters, no hooks, so what was tested is stored."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING

from mtor_action.errors import GitError, RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.repository.git import Git, git_failed
from mtor_action.repository.head import COMMIT_ID, is_branch_name
from mtor_action.repository.worktree import refuse_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.tree.changes import Change

_IDENTITY = lazy_pattern(r"(?P<name>[^<>\n\0]*?) ?<(?P<mail>[^<>\n\0]*)>")
_FALLBACK = "mtor <mtor@localhost>"


class Stamp(NamedTuple):
    """Author and time of a commit: `Name <mail>` (None: the committer), `unix_seconds` (None: now), always in UTC."""

    author: str | None = None
    committer: str | None = None
    unix_seconds: int | None = None


class BranchTarget(NamedTuple):
    """The branch to move: from the commit `expected_old` (None: the branch must not exist yet)."""

    branch: str
    expected_old: str | None


def commit(
    git: Git,
    *,
    base: str | None,
    target: BranchTarget,
    changes: Sequence[Change],
    message: str,
    stamp: Stamp | None = None,
) -> str:
    """Store `changes` on top of the commit `base` (None: as a root), move the branch there, return the commit's id.

    Raises RepositoryError if the branch is not where `target` says, GitError if git refuses; the branch then stands
    where it was. Neither the index nor the working tree is touched.
    """
    for change in changes:
        refuse_name(change.path)  # fast-import would store `.git/config` without a word
    _check_target(git, base, target)
    stream = b"".join(_stream(git, base, target.branch, changes, message, stamp or Stamp()))
    args = ("fast-import", "--quiet", "--date-format=raw", "--done")
    with git.start(*args, stdin=subprocess.PIPE) as process:
        out, err = process.communicate(stream)
    if process.returncode:
        _forget_crash(git, process.pid)
        raise git_failed(args, process.returncode, err)
    commit_id = out.decode("ascii", "replace").strip()
    if not COMMIT_ID.fullmatch(commit_id):
        raise GitError(f"git fast-import answered {commit_id!r}, expected a commit id", "update git to 2.39 or later")
    return commit_id


@lru_cache(maxsize=1)  # a run commits its work, and then its record
def committer(git: Git) -> str:
    """Return git's committer here, as `Name <mail>`; mtor's own name where nobody is configured."""
    try:
        identity = git.run("var", "GIT_COMMITTER_IDENT").decode("utf-8", "replace")
    except GitError:
        return _FALLBACK
    match = _IDENTITY.match(identity)
    return match[0] if match and match["name"] else _FALLBACK


def tree_of(git: Git, commit_id: str) -> str:
    """Return the id of a commit's tree. Raises GitError."""
    return git.run("rev-parse", f"{commit_id}^{{tree}}").decode("ascii").strip()


def _check_target(git: Git, base: str | None, target: BranchTarget) -> None:
    if not is_branch_name(target.branch):
        raise RepositoryError(f"{target.branch!r} is not a valid name for a branch", "choose another name")
    if base is not None and not COMMIT_ID.fullmatch(base):
        raise RepositoryError(f"{base!r} is not a commit id", "resolve the name first")
    if base is not None and target.expected_old == base:
        return  # git itself refuses to move the branch from anywhere but an ancestor of the new commit
    ref = f"refs/heads/{target.branch}"
    now = git.run("for-each-ref", "--format=%(objectname)", ref).decode("ascii").split()
    if now != ([] if target.expected_old is None else [target.expected_old]):
        raise RepositoryError(
            f"the branch {target.branch} is at {now[0] if now else 'no commit'}, not at {target.expected_old}",
            "somebody moved it: run again",
        )


def _stream(
    git: Git, base: str | None, branch: str, changes: Iterable[Change], message: str, stamp: Stamp
) -> Iterable[bytes]:
    """https://git-scm.com/docs/git-fast-import#_input_format."""
    identity = _identity(stamp.committer or committer(git))
    when = _now() if stamp.unix_seconds is None else stamp.unix_seconds
    author = _identity(stamp.author) if stamp.author else identity
    text = message.encode("utf-8", "replace")
    yield f"feature done\ncommit refs/heads/{branch}\nmark :1\n".encode("utf-8", "surrogateescape")
    yield f"author {author} {when} +0000\ncommitter {identity} {when} +0000\n".encode("utf-8", "replace")
    yield b"data %d\n%b\n" % (len(text), text)
    if base is not None:
        yield b"from %b\n" % base.encode("ascii")
    yield from file_commands(changes)
    yield b"\nget-mark :1\ndone\n"


def file_commands(changes: Iterable[Change]) -> Iterable[bytes]:
    """The changes as commands of git fast-import, for the commit that comes before them in its input."""
    # Deletions first: a folder may become a file, and a file a folder.
    for change in sorted(changes, key=lambda change: change.after is not None):
        path = _quoted(change.path)
        if change.after is None:
            yield b"D %b\n" % path
        else:
            yield b"M %b inline %b\ndata %d\n" % (change.after.mode.encode(), path, len(change.after.content))
            yield change.after.content
            yield b"\n"


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%b"' % escaped


def _identity(person: str) -> str:
    match = _IDENTITY.fullmatch(person.strip())
    if not match:
        raise RepositoryError(
            f"{person!r} is not a valid identity, expected `Name <mail>`", "set user.name and user.email"
        )
    return f"{match['name'].strip()} <{match['mail'].strip()}>".lstrip()


def _now() -> int:
    import time

    return int(time.time())


def _forget_crash(git: Git, pid: int) -> None:
    for folder in {git.git_dir, git.common_dir}:
        (folder / f"fast_import_crash_{pid}").unlink(missing_ok=True)
