"""What git says about the working tree before a run and after its commands: one `git status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import RepositoryError
from mtor_action.repository.head import Start

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

_SHOWN = 10  # names in an error message

# https://git-scm.com/docs/git-status#_porcelain_format_version_2: fields before the path, by kind of line
_FIELDS_BEFORE_PATH = {"1": 8, "u": 10}
_WORDS = {"M": "modified", "T": "type changed", "A": "added", "D": "deleted", "U": "unmerged"}

_IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "sequencer": "cherry-pick or revert",
    "BISECT_LOG": "bisect",
}


class Changed(NamedTuple):
    """A tracked file that is not as in HEAD: `staged` and `unstaged` are git's letters, "." for no change."""

    path: str
    staged: str
    unstaged: str

    @property
    def what(self) -> str:
        """The change in a word."""
        letter = self.unstaged if self.unstaged != "." else self.staged
        return _WORDS.get(letter, "changed")


class Status(NamedTuple):
    """Where HEAD is and which tracked files differ from it; untracked files are never looked at."""

    head: Start
    changed: tuple[Changed, ...]


def inspect(git: Git) -> Status:
    """The state now. Raises RepositoryError if there is no commit yet."""
    out = git.run(
        "status",
        "--porcelain=v2",
        "-z",
        "--branch",
        "--no-ahead-behind",
        "--untracked-files=no",
        "--ignore-submodules=dirty",
        "--no-renames",
    )
    lines = out.decode("utf-8", "surrogateescape").split("\0")
    headers = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
    if headers["branch.oid"] == "(initial)":
        raise RepositoryError("this repository has no commit yet", "make a first commit, then run mtor again")
    head = Start(_branch(git, headers["branch.head"]), headers["branch.oid"])
    return Status(head, tuple(_changed(line) for line in lines if line[:2] in {"1 ", "u "}))


def refuse_dirty(git: Git) -> Status:
    """The state at the start of a run. Raises RepositoryError if a run could lose or mix somebody's work."""
    for name, operation in _IN_PROGRESS.items():
        if (git.git_dir / name).exists():
            raise RepositoryError(f"a {operation} is in progress here", "finish or abort it, then run mtor again")
    status = inspect(git)
    hidden = _hidden(git.run("ls-files", "-v", "-z"))
    status = status._replace(changed=(*status.changed, *_changed_in_hiding(git, hidden, status.head.commit)))
    if status.changed:
        names = "".join(f"\n  {c.what}: {c.path}" for c in status.changed[:_SHOWN])
        more = len(status.changed) - _SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise RepositoryError(f"there are uncommitted changes:{names}{rest}", "commit or stash them first")
    return status


def _hidden(listing: bytes) -> list[str]:
    """Files that git was told to believe unchanged (`update-index --assume-unchanged`): status never names them.

    https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v: a lower-case letter before the path
    """
    entries = listing.decode("utf-8", "surrogateescape").split("\0")
    return [entry[2:] for entry in entries if entry[:1].islower()]


def _changed_in_hiding(git: Git, paths: list[str], commit: str) -> list[Changed]:
    if not paths:
        return []
    listed = git.run("ls-tree", "-z", commit, "--", *paths).decode("utf-8", "surrogateescape").split("\0")[:-1]
    stored = {entry.partition("\t")[2]: entry.split()[2] for entry in listed}
    there = [path for path in paths if (git.root / path).is_file()]
    names = "".join(f"{path}\n" for path in there).encode("utf-8", "surrogateescape")
    found = dict(zip(there, git.run("hash-object", "--stdin-paths", stdin=names).decode().split(), strict=True))
    return [Changed(path, ".", "M" if path in found else "D") for path in paths if found.get(path) != stored.get(path)]


def _branch(git: Git, shown: str) -> str | None:
    if shown != "(detached)":
        return shown
    # A branch may really be called "(detached)".
    real = git.run("rev-parse", "--symbolic-full-name", "HEAD").decode("utf-8", "surrogateescape").strip()
    return shown if real == f"refs/heads/{shown}" else None


def _changed(line: str) -> Changed:
    fields = line.split(" ", _FIELDS_BEFORE_PATH[line[0]])
    return Changed(path=fields[-1], staged=fields[1][0], unstaged=fields[1][1])
