"""The files that git does not track, ignored or not: what is there, and what changed since a moment before.

Ignored files outlive the run that wrote them: bytecode, a `.pth` in a virtual environment, a test database. What a
model's code planted there could decide the next run, and would not be in the commit.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mtor_action.repository.git import Git

FOLDER = "folder"
_TAG = "CACHEDIR.TAG"


class Differences(NamedTuple):
    """Paths by what became of them: whole caches in which anything did, and else single files and folders."""

    caches: tuple[str, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


def entries(git: Git, own: Collection[str]) -> list[str]:
    """Untracked files, and folders that are untracked as a whole; one that holds a path of `own` is not whole."""
    listed = git.run("ls-files", "--others", "--directory", "-z").decode("utf-8", "surrogateescape").split("\0")[:-1]
    above = {path[: index + 1] for path in own for index, letter in enumerate(path) if letter == "/"}
    paths: list[str] = []
    waiting = listed[::-1]
    while waiting:
        path = waiting.pop()
        if path in above:
            waiting += [path + name for name in _names(git.root / path)]
        elif path not in own:
            paths.append(path.rstrip("/"))
    return sorted(paths)


def prints(git: Git, own: Collection[str]) -> dict[str, str]:
    """Return every untracked path with a text that changes when it does; no file is read.

    The kernel sets the time of the last change of an inode (ctime): no program can set it back.
    """
    by_path: dict[str, str] = {}
    for path in entries(git, own):
        for name, state in _walk(git.root, path):
            by_path[name] = _print(state)
    return by_path


def touched_since(git: Git, own: Collection[str], nanoseconds: int) -> list[str]:
    """Return untracked files that were made or changed since that time, and caches with such a file as a whole.

    Packages are left where they are: a setup made them, and makes them anew.
    """
    touched: dict[str, None] = {}
    for entry in entries(git, own):
        for path, state in _walk(git.root, entry):
            if not stat.S_ISDIR(state.st_mode) and state.st_ctime_ns >= nanoseconds and not is_package(path):
                touched[cache_of(git.root, path) or path] = None
    return list(touched)


def without_ctime(prints: Mapping[str, str]) -> dict[str, str]:
    """Return the same, for a comparison across a change of the owner."""
    return {path: text.rpartition(".")[0] or text for path, text in prints.items()}


def tracked_prints(git: Git, own: Collection[str]) -> dict[str, str]:
    """Return the same of every file that git tracks, but `own` and those that git was told not to look at.

    Times and rights of a file tell runs apart too, and git ignores them.
    """
    # https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v: H is a file that git looks at
    listed = git.run("ls-files", "-v", "-z").decode("utf-8", "surrogateescape").split("\0")
    by_path: dict[str, str] = {}
    for path in (entry[2:] for entry in listed if entry.startswith("H ")):
        with suppress(OSError):
            state = os.lstat(git.root / path)
            if path not in own and not stat.S_ISDIR(state.st_mode):
                by_path[path] = _print(state)
    return by_path


def is_special(text: str) -> bool:
    """Return whether the print is of a socket, a pipe or a device."""
    mode = 0 if text == FOLDER else int(text.partition(".")[0], 16)
    return bool(mode) and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))


def differences(root: Path, before: dict[str, str], now: dict[str, str]) -> Differences:
    """Return what became of the paths of `before`: caches apart, the rest as new, changed and gone."""
    new = [path for path in now if path not in before]
    changed = [path for path in now if path in before and before[path] != now[path]]
    removed = [path for path in before if path not in now]
    caches: dict[str, None] = {}
    plain: list[list[str]] = []
    for paths in (new, changed, removed):
        cached = {path: cache_of(root, path) for path in paths}
        caches |= {folder: None for folder in cached.values() if folder}
        plain.append([path for path in paths if not cached[path]])
    return Differences(tuple(caches), *(tuple(_topmost(paths)) for paths in plain[:1]), *map(tuple, plain[1:]))


def cache_of(root: Path, path: str) -> str:
    """Return the topmost folder at or above `path` that is a cache, or ""."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        if parts[depth - 1] in folders_of("cache") and (depth < len(parts) or (root / folder).is_dir()):
            return folder
        if depth < len(parts) and _is_tagged(root / folder):
            return folder
    return ""


def is_package(path: str) -> bool:
    """Return whether programs load code from there."""
    return not folders_of("packages").isdisjoint(path.split("/"))


@cache
def folders_of(kind: str) -> frozenset[str]:
    """Return the folder names of that kind in rebuilt.txt."""
    lines = (Path(__file__).with_name("rebuilt.txt")).read_text(encoding="ascii").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return frozenset(name for its_kind, name, _source in words if its_kind == kind)


def _is_tagged(folder: Path) -> bool:
    return (folder / _TAG).is_file()


def _topmost(paths: list[str]) -> Iterator[str]:
    """Yield paths without those below another of them."""
    topmost: set[str] = set()
    for path in sorted(paths):
        parts = path.split("/")
        if not any("/".join(parts[:depth]) in topmost for depth in range(1, len(parts))):
            topmost.add(path)
            yield path


def _walk(root: Path, path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything at and below `path`; no link is followed."""
    with suppress(OSError):
        state = os.lstat(root / path)
        yield path, state
        if stat.S_ISDIR(state.st_mode):
            waiting = [path]
            while waiting:
                yield from _children(root, waiting.pop(), waiting)


def _children(root: Path, folder: str, waiting: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    with suppress(OSError), os.scandir(root / folder) as listing:
        for entry in listing:
            with suppress(OSError):
                state = entry.stat(follow_symlinks=False)
                path = f"{folder}/{entry.name}"
                if stat.S_ISDIR(state.st_mode):
                    waiting.append(path)
                yield path, state


def _names(folder: Path) -> list[str]:
    """Return the names in a folder, folders with a slash at the end, as git lists them."""
    with os.scandir(folder) as listing:
        return [entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "") for entry in listing]


def _print(state: os.stat_result) -> str:
    if stat.S_ISDIR(state.st_mode):
        return FOLDER  # its own times change with every entry, which is listed itself
    return f"{state.st_mode:x}.{state.st_ino:x}.{state.st_size:x}.{state.st_mtime_ns:x}.{state.st_ctime_ns:x}"
