"""The state of the working tree before a run and after its commands, from one `git status`."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.repository.configuration import configuration
from mtor_action.repository.head import StartingPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.repository.git import Git

_SHOWN = 10  # names in an error message
_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"})
_LINK, _SUBMODULE = "120000", "160000"

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
    def word(self) -> str:
        """The kind of change in a word or two, such as `modified`."""
        letter = self.unstaged if self.unstaged != "." else self.staged
        return _WORDS.get(letter, "changed")


class Status(NamedTuple):
    """The commit of HEAD and the tracked files that differ from it; untracked files are never looked at.

    `hidden` are the files that git was told not to look at, known at the start of a run only: what is on disk there may
    be somebody's own text, of which git knows nothing. `assumed` are those that git believes unchanged, and that are.
    """

    head: StartingPoint
    changed: tuple[Changed, ...]
    hidden: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()


def inspect(git: Git) -> Status:
    """Return the state now. Raises RepositoryError if there is no commit yet."""
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
    head = StartingPoint(_branch(git, headers["branch.head"]), headers["branch.oid"])
    return Status(head, tuple(_changed(line) for line in lines if line[:2] in {"1 ", "u "}))


def refuse_dirty(git: Git) -> Status:
    """Return the state at the start of a run. Raises RepositoryError if a run could lose or mix somebody's work."""
    for name, operation in _IN_PROGRESS.items():
        if (git.git_dir / name).exists():
            raise RepositoryError(f"a {operation} is in progress here", "finish or abort it, then run mtor again")
    status = inspect(git)
    skipped, assumed = _flagged(git)
    status = status._replace(
        changed=(*status.changed, *_changed_in_hiding(git, assumed, status.head.commit)),
        hidden=frozenset(_out_of_sight(git, skipped)),
        assumed=frozenset(assumed),
    )
    if status.changed:
        names = _listed([f"{changed.word}: {changed.path}" for changed in status.changed])
        raise RepositoryError(f"there are uncommitted changes:{names}", "commit or stash them first")
    return status


def refuse_hidden(git: Git, status: Status, base: str, paths: Iterable[str]) -> None:
    """Raise RepositoryError if work on the commit `base` would write one of the files that git does not look at.

    `paths` are what the work writes. Going to another commit writes too.
    """
    if not status.hidden:
        return
    written = status.hidden.intersection(paths)
    if base != status.head.commit:
        args = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", status.head.commit, base, "--")
        written |= status.hidden.intersection(git.run(*args).decode("utf-8", "surrogateescape").split("\0"))
    if written:
        raise RepositoryError(
            f"files that git was told to skip (skip-worktree) would be written:{_listed(sorted(written))}",
            "keep your own text elsewhere, then `git update-index --no-skip-worktree FILE`",
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return "".join(f"\n  {name}" for name in names[:_SHOWN]) + (f"\n  and {more} more" if more > 0 else "")


def changed_unseen(git: Git, paths: Iterable[str], commit: str) -> list[Changed]:
    """Return which of `paths` git was told to believe unchanged, though they differ from `commit`."""
    return _changed_in_hiding(git, _flagged(git, *paths)[1], commit)


def _flagged(git: Git, *paths: str) -> tuple[list[str], list[str]]:
    """Return the entries of the index that git skips, and those that it assumes unchanged; never one in both.

    https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v: `S`, also in lower case, for
    `update-index --skip-worktree`; any other lower-case letter for `--assume-unchanged`.
    """
    entries = git.run("ls-files", "-v", "-z", "--", *paths).decode("utf-8", "surrogateescape").split("\0")
    skipped = [entry[2:] for entry in entries if entry[:1] in {"S", "s"}]
    return skipped, [entry[2:] for entry in entries if entry[:1].islower() and entry[:1] != "s"]


def _out_of_sight(git: Git, skipped: list[str]) -> list[str]:
    """Return those of the skipped entries that a checkout would not give back.

    In a sparse checkout git itself drops the bit of a file that is on disk, so what is still skipped there is absent,
    and absent again after a checkout; unless git was told that such files may be there.
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-sparseexpectFilesOutsideOfPatterns
    """
    if not skipped:
        return []
    return [] if configuration(git).is_sparse else skipped


def _changed_in_hiding(git: Git, paths: Iterable[str], commit: str) -> list[Changed]:
    """Return which of `paths`, which git believes unchanged (status never names them), differ from `commit`."""
    paths = list(paths)
    if not paths:
        return []
    records = git.run("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0")
    names = frozenset(paths)
    entries = (record.partition("\t") for record in records)
    stored = {path: (words.split()[0], words.split()[2]) for words, _, path in entries if path in names}
    on_disk = _on_disk(git, [path for path in paths if stored.get(path, ("", ""))[0] != _SUBMODULE])
    differing = [path for path, entry in on_disk.items() if not _is_same(git, entry, stored.get(path))]
    return [Changed(path, ".", "D" if on_disk[path] is None else "M") for path in differing]


def _is_same(git: Git, entry: tuple[str, str] | None, stored: tuple[str, str] | None) -> bool:
    if entry is None or stored is None or _LINK in (entry[0], stored[0]) or configuration(git).trusts_modes:
        return entry == stored
    return entry[1] == stored[1]


def _on_disk(git: Git, paths: list[str]) -> dict[str, tuple[str, str] | None]:
    """Return mode and id that each file on disk would have in git; None where no file is."""
    entries: dict[str, tuple[str, str] | None] = dict.fromkeys(paths)
    modes = {path: mode for path in paths if (mode := _mode(git, path))}
    files = [path for path, mode in modes.items() if mode != _LINK]
    names = "".join(f"{_quoted(path)}\n" for path in files).encode("utf-8", "surrogateescape")
    hashed = git.run("hash-object", "--stdin-paths", stdin=names).decode("ascii").split() if files else []
    entries |= {path: (modes[path], oid) for path, oid in zip(files, hashed, strict=True)}
    for path in modes.keys() - set(files):
        target = os.fsencode((git.root / path).readlink())
        entries[path] = (_LINK, git.run("hash-object", "--stdin", stdin=target).decode("ascii").strip())
    return entries


def _quoted(path: str) -> str:
    """Return a path as a line of `hash-object --stdin-paths`, which reads one that begins with a quote as C does."""
    return f'"{path.translate(_ESCAPES)}"'


def _mode(git: Git, path: str) -> str:
    """Return the mode that git would give the file; "" for anything but a file."""
    try:
        mode = os.lstat(git.root / path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISLNK(mode):
        return _LINK
    return ("100755" if mode & stat.S_IXUSR else "100644") if stat.S_ISREG(mode) else ""


def _branch(git: Git, name: str) -> str | None:
    if name != "(detached)":
        return name
    # A branch may really be called "(detached)".
    real = git.run("rev-parse", "--symbolic-full-name", "HEAD").decode("utf-8", "surrogateescape").strip()
    return name if real == f"refs/heads/{name}" else None


def _changed(line: str) -> Changed:
    fields = line.split(" ", _FIELDS_BEFORE_PATH[line[0]])
    return Changed(path=fields[-1], staged=fields[1][0], unstaged=fields[1][1])
