"""A folder of somebody's project, read without trust: bounded, regular files only, a broken file is an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1024 * 1024
MOST_TEST_FILES = 200


class Folder(NamedTuple):
    """The folder at `path`; `prefix` is its place below the repository's top, "" or as in "frontend/"."""

    path: Path
    prefix: str = ""

    def has(self, *names: str) -> str:
        """Return the first of these files that is there, or ""."""
        return next((name for name in names if (self.path / name).is_file()), "")

    def text(self, name: str) -> str:
        """Return the file's first megabyte, "" if there is no such file."""
        path = self.path / name
        try:
            if not path.is_file():  # a FIFO would never answer
                return ""
            with path.open("rb") as file:
                return file.read(MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def toml(self, name: str) -> Table:
        """Return the file's content, empty if it is not TOML."""
        import tomllib

        try:
            return Table(tomllib.loads(self.text(name)))
        except (ValueError, RecursionError):
            return Table({})

    def json(self, name: str) -> Table:
        """Return the file's content, empty if it is not JSON."""
        return Table(parsed_json(self.text(name)) or {})

    def ini(self, name: str) -> dict[str, str]:
        """Return the sections of the file, each as "", and their options as `section.option`."""
        import configparser

        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(self.text(name))
        except configparser.Error:
            return {}
        options = {f"{part}.{name}": value or "" for part in parser.sections() for name, value in parser[part].items()}
        return dict.fromkeys(parser.sections(), "") | options

    def files(self, *patterns: str) -> list[str]:
        """Return some of the files that match the globs, sorted, as paths below this folder."""
        from itertools import islice

        paths = (path for pattern in patterns for path in self.path.glob(pattern) if path.is_file())
        return sorted(str(path.relative_to(self.path)) for path in islice(paths, MOST_TEST_FILES))


class Table(NamedTuple):
    """A value of a file that anybody may have written in any shape."""

    value: Any

    def at(self, *keys: str) -> Table:
        """Return the value below these keys, None where one is missing."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return Table(value)

    @property
    def text(self) -> str:
        """Return the value if it is a string, else ""."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def keys(self) -> set[str]:
        """Return the keys of the mapping, the empty set if the value is not one."""
        return set(self.value) if isinstance(self.value, dict) else set()

    def __bool__(self) -> bool:
        """Return whether there is a value; an empty table counts."""
        return self.value is not None
