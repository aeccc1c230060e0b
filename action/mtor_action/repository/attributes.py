"""Git's conversions of files on their way to disk and back: line endings, `$Id$`, encodings; and which never run.

A spec writes text. Git stores of it what the attributes say, and while commands run, the files on disk are what a
checkout of that would give. Filter drivers (LFS, git-crypt, any) are other people's programs and never run: a path that
has one is refused. https://git-scm.com/docs/gitattributes
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.repository.configuration import Configuration, configuration, etc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.repository.git import Git
    from mtor_action.repository.scratch import Scratch
    from mtor_action.tree.changes import Change

    _Files = tuple[tuple[str, bytes], ...]

_NAME = ".gitattributes"
_NOT_SET = frozenset({"unspecified", "unset"})


class Attributes(NamedTuple):
    """The attributes of one tree: `files` are its `.gitattributes` by path.

    With `of_machine` the settings and attributes of this machine count too, as for git itself in a checkout; without,
    the tree alone, so that it does not matter where a commit is made. `known` are answers that git has given.
    """

    git: Git
    files: _Files
    of_machine: bool
    known: dict[_Files, dict[str, dict[str, str]]]

    def after(self, changes: Iterable[Change]) -> Attributes:
        """Return the attributes of the tree with `changes`."""
        files = dict(self.files)
        for change in changes:
            if change.path.rpartition("/")[2] == _NAME:
                files.pop(change.path, None)
                if change.after is not None:
                    files[change.path] = change.after.content
        return Attributes(self.git, tuple(sorted(files.items())), self.of_machine, self.known)

    def filters(self, paths: Iterable[str]) -> dict[str, str]:
        """Return those of `paths` that have a filter driver, with its name."""
        names = _named_like_states(self.files)
        drivers = {path: values["filter"] for path, values in self._values(paths).items()}
        return {path: driver for path, driver in drivers.items() if driver not in _NOT_SET | {"set"} or driver in names}

    def converted(self, contents: Mapping[str, bytes]) -> list[str]:
        """Return the paths whose content, on disk or stored, git may change on the way by itself, without a driver."""
        values, drivers = self._values(contents), self.filters(contents)
        paths = [path for path in values if path not in drivers]
        return [path for path in paths if _converts(values[path], contents[path], self._configuration)]

    def normal(self, changes: Sequence[Change], origins: Mapping[str, str] | None = None) -> tuple[Change, ...]:
        """Return the changes with what git would store; those that then change nothing are left out.

        What git stores already, here or at the path that `origins` names for a moved file, stays as it is.
        """
        sources = _sources(changes, origins or {})
        texts = {change.path: change.after.content for change in changes if change.after is not None}
        rewritten = {path: text for path, text in texts.items() if text != sources.get(path)}
        affected = {path: rewritten[path] for path in self.converted(rewritten)}
        if not affected:
            return tuple(changes)
        with self._scratch() as scratch:
            stored = scratch.normal(affected, sources)
        replaced = [_with_content(change, stored.get(change.path)) for change in changes]
        return tuple(change for change in replaced if change.before != change.after)

    def stored(self, on_disk: Mapping[str, bytes], before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what git stores of files as they are on disk, over what it stored `before`."""
        affected = {path: on_disk[path] for path in self.converted(on_disk)}
        if not affected:
            return dict(on_disk)
        with self._scratch() as scratch:
            return {**on_disk, **scratch.stored(affected, before)}

    def written(self, stored: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what a checkout writes of files as git stores them."""
        affected = {path: stored[path] for path in self.converted(stored)}
        if not affected:
            return dict(stored)
        with self._scratch() as scratch:
            return {**stored, **scratch.written(affected)}

    @property
    def _configuration(self) -> Configuration:
        return configuration(self.git) if self.of_machine else Configuration()

    def _scratch(self) -> Scratch:
        from mtor_action.repository.scratch import Scratch

        return Scratch(self.git, dict(self.files), of_machine=self.of_machine)

    def _values(self, paths: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the attributes of each path; nothing where no attribute and no setting can make a difference."""
        paths = list(paths)
        if not (paths and (self.files or (self.of_machine and self._machine_matters()))):
            return {}
        by_path = self.known.setdefault(self.files, {})
        if missing := [path for path in paths if path not in by_path]:
            with self._scratch() as scratch:
                by_path |= scratch.attributes(missing)
        return {path: by_path[path] for path in paths}

    def _machine_matters(self) -> bool:
        settings = self._configuration
        if settings.writes_crlf or settings.reads_crlf or settings.has_attributes_file:
            return True
        return any(place.exists() for place in _places(self.git))


def _named_like_states(files: _Files) -> set[str]:
    """Drivers that `git check-attr` prints like an attribute without one."""
    words = {word for _, content in files if b"filter" in content for word in content.split()}
    return {state for state in ("set", "unset", "unspecified") if b"filter=" + state.encode() in words}


def on_disk(before: Attributes, after: Attributes, changes: Sequence[Change]) -> list[Change]:
    """Changes of what git stores as changes of what is on disk, from a checkout of one tree to one of the other."""
    old = before.written({change.path: change.before.content for change in changes if change.before is not None})
    new = after.written({change.path: change.after.content for change in changes if change.after is not None})
    return [
        _with_content(change, new.get(change.path))._replace(
            before=change.before and change.before._replace(content=old[change.path])
        )
        for change in changes
    ]


def _sources(changes: Sequence[Change], origins: Mapping[str, str]) -> dict[str, bytes]:
    """Return what git stores now of each path that is written, or of the one that it was moved from."""
    before = {change.path: change.before.content for change in changes if change.before is not None}
    paths = (change.path for change in changes if change.after is not None)
    pairs = ((path, origins.get(path, path)) for path in paths)
    return {path: before[origin] for path, origin in pairs if origin in before}


def _with_content(change: Change, content: bytes | None) -> Change:
    if content is None or change.after is None:
        return change
    return change._replace(after=change.after._replace(content=content))


def _converts(values: Mapping[str, str], content: bytes, settings: Configuration) -> bool:
    if values["working-tree-encoding"] not in _NOT_SET:
        return True
    if values["ident"] not in _NOT_SET and b"$Id" in content:
        return True
    if values["text"] == "unset" or (values["text"] == "unspecified" and values["crlf"] == "unset"):
        return False
    is_requested = any(values[name] not in _NOT_SET for name in ("text", "crlf", "eol"))
    if b"\r" in content:
        return is_requested or settings.reads_crlf
    return values["eol"] == "crlf" or settings.writes_crlf


def _places(git: Git) -> list[Path]:
    """Return the paths where this machine may have attributes: https://git-scm.com/docs/gitattributes#_files."""
    of_person = Path(os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/")) / ".config")
    return [git.common_dir / "info/attributes", of_person / "git/attributes", *etc("gitattributes")]
