"""Facts about the programs that commands start."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.untyped import TomlTable

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?|py")
_MODULE_OPTION = re.compile(r"-[bBdEiIOPqsSuvx]*m")
_CHECKS = re.compile(r"test|check|spec|verif|bench|example", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# Options of a reader whose value it loads: a plugin, a rule, a configuration.
_LOADS = re.compile(
    r"-[cprf]|--?[\w-]*(?:config|plugin|rule|rc|preset|require|import|load|format|parser|resol|ini)[\w-]*"
)


def program_at(words: Sequence[str]) -> int:
    """Return where the program of a command is, after assignments, prefixes and what runs others."""
    at = 0
    while at < len(words) - 1:
        name = words[at].rpartition("/")[2]
        if (
            _ASSIGNMENT.match(words[at])
            or name in _names("prefixes")
            or words[at].startswith("-")
            or words[at].isdigit()
        ):
            at += 1
        elif name in _names("run_others") and words[at + 1] in _names("run_words"):
            at += 2
        elif _PYTHON.fullmatch(name) and (option := module_option(words, at)) is not None:
            at = min(option + 1, len(words) - 1)
        else:
            break
    return at


def module_option(words: Sequence[str], at: int) -> int | None:
    """Return where the `-m` of the Python at `at` is, alone or after other letters (`-Im`); None without one."""
    return next((index for index in range(at, min(at + 4, len(words))) if _MODULE_OPTION.fullmatch(words[index])), None)


def program(words: Sequence[str]) -> str:
    """Return the program's name without its folder; "" for no words."""
    return words[program_at(words)].rpartition("/")[2] if words else ""


def is_reader(words: Sequence[str]) -> bool:
    """Return whether the command only reads the files that it names."""
    return program(words) in _names("readers")


def is_loaded(words: Sequence[str], at: int) -> bool:
    """Return whether a reader loads the word at `at`, because an option before it, or in it, says so."""
    before, word = words[at - 1] if at else "", words[at]
    if program(words) in _names("letters_load_nothing") and re.fullmatch(r"-[a-z]\w*", before):
        before = ""
    return bool(_LOADS.fullmatch(before)) or (word.startswith("-") and bool(_LOADS.match(word.partition("=")[0])))


def takes_globs_of_code(words: Sequence[str]) -> bool:
    """Return whether globs in the command mean product code that is compiled or copied, not programs that are run."""
    return program(words) in _names("compilers")


def only_compiles(words: Sequence[str], path: str) -> bool:
    """Return whether the command only compiles the file at `path` as a source of the product, and is not a check."""
    return program(words) in _names("compile_the_product") and not _CHECKS.search(path)


def runs_folders(words: Sequence[str]) -> bool:
    """Return whether the program runs the files in a folder that it is given."""
    return program(words) in _names("run_folders")


def completes_names(words: Sequence[str]) -> bool:
    """Return whether the program finds `scripts/check.js` by `scripts/check`."""
    return program(words) in _names("complete_names")


def is_python(words: Sequence[str]) -> bool:
    """Return whether the words of a command start Python."""
    return any(_PYTHON.fullmatch(word.rpartition("/")[2]) for word in words)


def package_runners() -> frozenset[str]:
    """Return the programs that run scripts of package.json."""
    return _names("package_runners")


def makes() -> frozenset[str]:
    """Return the programs that read makefiles."""
    return _names("makes")


def task_files() -> dict[str, list[str]]:
    """Return the names of files by the program that runs the commands in them."""
    files: dict[str, list[str]] = _table()["task_files"]
    return files


@cache
def _names(key: str) -> frozenset[str]:
    return frozenset(_table()[key])


@cache
def _table() -> TomlTable:
    return tomllib.loads((Path(__file__).parent / "programs.toml").read_text(encoding="utf-8"))
