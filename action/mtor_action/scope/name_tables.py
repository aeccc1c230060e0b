"""The names that decide what an implementer may write: data files, read when the first model is called.

protect.toml   test files by convention: the default of the setting `protect`
closed.toml    what no setting opens
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.untyped import TomlTable


from mtor_action.tree.globs import any_matches, any_matches_cased

_FOLDER = Path(__file__).parent


@cache
def default_protect() -> tuple[str, ...]:
    """Return the globs that `protect` holds where no setting names any."""
    return _all("protect", "names")


@cache
def cased_tests() -> tuple[str, ...]:
    """Return globs in which case counts; they belong to the default of `protect`."""
    return _all("protect", "cased")


@cache
def closed() -> tuple[str, ...]:
    """Return the globs of what no setting and no spec opens."""
    return _all("closed", "names")


@cache
def closed_at_the_root() -> tuple[str, ...]:
    """Return the globs of root-level configuration, which only the spec's own block opens."""
    return _all("closed", "root")


@cache
def runner_modules() -> frozenset[str]:
    """Return the Python modules that are a test runner or a part of one."""
    return frozenset(_all("closed", "modules"))


@cache
def found_by_runners() -> tuple[str, ...]:
    """Return the globs of configuration that a test runner finds by itself."""
    return tuple(name for group in _groups("closed") if group.get("found") for name in group.get("names", ()))


def is_test_path(path: str) -> bool:
    """Say whether a path is a test, or what tests compare with, by the conventions of its ecosystem."""
    return any_matches(default_protect(), path) or any_matches_cased(cased_tests(), path)


def _all(file: str, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in _groups(file) for name in group.get(key, ())))


@cache
def _groups(file: str) -> list[TomlTable]:
    import tomllib

    groups: list[TomlTable] = tomllib.loads((_FOLDER / f"{file}.toml").read_text(encoding="utf-8"))["group"]
    return groups
