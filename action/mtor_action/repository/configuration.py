"""Git's settings on this machine about how files are written, asked once in a process.

Most people have set none of it, which is seen without asking git: no file of settings has the words.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import GitError
from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

# https://git-scm.com/docs/git-config: names as git prints them, in lower case.
_ASKED = (
    r"^(core\.(filemode|symlinks|autocrlf|eol|attributesfile|sparsecheckout|ignorestat)"
    r"|sparse\.expectfilesoutsideofpatterns)$"
)
# What a file of settings has in it that sets one of them, in lower case; `git init` itself writes the last two.
_WORDS = (b"autocrlf", b"eol", b"attributesfile", b"sparsecheckout", b"ignorestat", b"expectfilesoutside", b"include")
_WRITTEN = (b"filemode", b"symlinks")
_TRUE = frozenset({"true", "yes", "on", "1", ""})


class Configuration(NamedTuple):
    """Settings of git, with their defaults.

    `writes_crlf`: a file may get CRLF on its way to disk whose attributes do not ask for it; `reads_crlf`: CRLF on disk
    may become LF on its way to git; `has_attributes_file`: there are attributes outside of the repository.
    """

    trusts_modes: bool = True
    has_links: bool = True
    writes_crlf: bool = False
    reads_crlf: bool = False
    has_attributes_file: bool = False
    is_sparse: bool = False
    assumes_unchanged: bool = False


@lru_cache(maxsize=1)
def configuration(git: Git) -> Configuration:
    """Return the settings as they were when first asked for: before any command of a job could change them."""
    values = _values(git) if _may_be_set(git) else {}
    crlf = values.get("core.autocrlf", "false").lower()
    outside = values.get("sparse.expectfilesoutsideofpatterns", "false")
    return Configuration(
        has_links=_is_true(values.get("core.symlinks", "true")),
        trusts_modes=_is_true(values.get("core.filemode", "true")),
        writes_crlf=_is_true(crlf) or values.get("core.eol", "").lower() == "crlf",
        reads_crlf=_is_true(crlf) or crlf == "input",
        has_attributes_file="core.attributesfile" in values,
        is_sparse=_is_true(values.get("core.sparsecheckout", "false")) and not _is_true(outside),
        assumes_unchanged=_is_true(values.get("core.ignorestat", "false")),
    )


def _may_be_set(git: Git) -> bool:
    if sys.platform != "linux":
        return True  # builds of git for other systems have settings in places of their own
    variables = [f"{name}\n{value}" for name, value in os.environ.items() if name.startswith("GIT_CONFIG_")]
    try:
        contents = [place.read_bytes() for place in _files(git) if place.exists()]
    except OSError:
        return True
    return any(_sets_one(text.lower()) for text in (*contents, os.fsencode("\n".join(variables))))


def _sets_one(text: bytes) -> bool:
    if any(word in text for word in _WORDS):
        return True
    return any(text.count(word) > text.count(word + b" = true\n") for word in _WRITTEN)


def _files(git: Git) -> list[Path]:
    """https://git-scm.com/docs/git-config#FILES."""
    home = os.environ.get("HOME", "/")
    of_person = [Path(os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config") / "git/config", Path(home) / ".gitconfig"]
    if override := os.environ.get("GIT_CONFIG_GLOBAL"):
        of_person = [Path(override)]
    return [
        *etc("gitconfig"),
        *([Path(override)] if (override := os.environ.get("GIT_CONFIG_SYSTEM")) else []),
        *of_person,
        git.common_dir / "config",
        git.git_dir / "config.worktree",
    ]


def etc(name: str) -> list[Path]:
    """Return the paths of a file for the whole machine by that name: below /etc, and with git's own program."""
    return [folder / name for folder in _etc_folders(os.pathsep.join(os.get_exec_path()))]


@lru_cache(maxsize=1)  # asked several times in a run, while a search path does not change
def _etc_folders(search_path: str) -> tuple[Path, ...]:
    program = next(
        (place for folder in search_path.split(os.pathsep) if (place := Path(folder) / "git").exists()), None
    )
    beside = {program.parent.parent, program.resolve().parent.parent} if program else set()
    return (Path("/etc"), *(folder / "etc" for folder in sorted(beside)))


def _values(git: Git) -> dict[str, str]:
    try:
        listed = git.run("config", "-z", "--get-regexp", _ASKED)
    except GitError as error:
        if "exit status 1" in error.message:  # none of them is set
            return {}
        raise
    pairs = (pair.partition("\n") for pair in listed.decode("utf-8", "surrogateescape").split("\0")[:-1])
    return {name: value for name, _, value in pairs}


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE or (value.isdigit() and int(value) != 0)
