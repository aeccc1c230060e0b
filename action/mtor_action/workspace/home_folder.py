"""The home folder of the last run: as it was before the commands, although the person's own stays where it is.

A person's home cannot be moved away, and contains what commands need: toolchains, caches, settings. So the last run
gets a folder of links to what was there before, and nothing that came since. If code is loaded from a folder by itself
(Python's user site), or settings are read by name, every file in it is linked separately.
"""

from __future__ import annotations

import fnmatch
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mtor_action.lazy_dataclasses import dataclass

# Folders that are made anew, so that what came into them since is not there. XDG base directories:
# https://specifications.freedesktop.org/basedir-spec/latest/ · user site: https://docs.python.org/3/library/site.html
_OPENED = (
    "", ".config", ".cache", ".local", ".local/bin", ".local/share", ".local/state", ".local/lib",
    ".local/lib/python3.*", ".local/lib/python3.*/site-packages", "Library", "Library/Python", "Library/Python/3.*",
    "Library/Python/3.*/lib", "Library/Python/3.*/lib/python", "Library/Python/3.*/lib/python/site-packages",
    ".cargo", ".npm-global", ".node_modules", ".config/pip", ".config/go", ".config/git",
)  # fmt: skip
# Tools that write down the paths of what they built would build it again under another one.
_PINNED = {"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup", "GOPATH": "go", "GOCACHE": ".cache/go-build"}


@dataclass(frozen=True, slots=True)
class Home:
    """The contents of a home folder: each path with a print of the file, "" for a folder."""

    path: Path
    known: Mapping[str, str]

    @classmethod
    def look(cls, environ: Mapping[str, str], root: Path) -> Home | None:
        """Return the home that commands have, None if there is none, or if the working tree is or holds it."""
        path = Path(environ.get("HOME", ""))
        if not path.is_absolute() or not path.is_dir() or path.resolve().is_relative_to(root):
            return None
        listed: dict[str, str] = {}
        for folder in _opened(path):
            listed |= _listed(path, folder)
        return cls(path, listed)

    @classmethod
    def load(cls, folder: Path) -> Home | None:
        """Return the one that an earlier process of the job saved in its folder."""
        try:
            record = json.loads((folder / "home.json").read_bytes())
            return cls(Path(record["path"]), dict(record["known"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, folder: Path) -> None:
        """Keep it for a run that is taken up again."""
        record = json.dumps({"path": str(self.path), "known": dict(self.known)})
        (folder / "home.json").write_text(record, encoding="ascii")

    @contextmanager
    def fresh(self, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Links to what was there, and folders for what is new; the variables that lead there. Gone on leaving."""
        import shutil
        import tempfile

        place = Path(tempfile.mkdtemp(prefix="mtor-home-"))
        home = place / "home"
        try:
            (place / "tmp").mkdir()
            self._link(home)
            yield {**self._variables(environ, home), "HOME": str(home), "TMPDIR": str(place / "tmp")}
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _link(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        opened = {folder for folder in _opened(self.path) if not folder or self.known.get(folder) == ""}
        for folder in sorted(opened):
            (home / folder).mkdir(parents=True, exist_ok=True)
        for path, before in self.known.items():
            parent = path.rpartition("/")[0]
            if path in opened or parent not in opened or _print(self.path / path) != before:
                continue
            with suppress(OSError):
                (home / path).symlink_to(self.path / path)

    def _variables(self, environ: Mapping[str, str], home: Path) -> dict[str, str]:
        prefix = f"{self.path}/"
        moved = {
            name: str(home / value.removeprefix(prefix))
            for name, value in environ.items()
            if name.startswith("XDG_") and value.startswith(prefix)
        }
        pinned = {
            name: str(self.path / folder)
            for name, folder in _PINNED.items()
            if name not in environ and self.known.get(folder) == ""
        }
        return moved | pinned


def _opened(home: Path) -> list[str]:
    """Return the folders of `_OPENED` that are there, each after the one that holds it."""
    folders: list[str] = []
    for pattern in _OPENED:
        parent, _, name = pattern.rpartition("/")
        for above in [item for item in folders if fnmatch.fnmatchcase(item, parent)] or ([""] if not pattern else []):
            names = [name] if "*" not in name else fnmatch.filter(_names(home / above), name)
            paths = ["/".join(part for part in (above, item) if part) for item in names]
            folders += [path for path in paths if stat.S_ISDIR(_mode(home / path))]
    return folders


def _listed(home: Path, folder: str) -> dict[str, str]:
    paths = ["/".join(part for part in (folder, name) if part) for name in _names(home / folder)]
    return {path: _print(home / path) for path in paths}


def _names(folder: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)  # noqa: PTH208  names are what is wanted
    return []


def _mode(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_mode
    return 0


def _print(path: Path) -> str:
    """Return a text that changes with a file; "" for a folder."""
    with suppress(OSError):
        state = path.lstat()
        if not stat.S_ISDIR(state.st_mode):
            return f"{state.st_mode:x}.{state.st_ino:x}.{state.st_size:x}.{state.st_mtime_ns:x}.{state.st_ctime_ns:x}"
        return ""
    return "gone"
