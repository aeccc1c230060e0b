"""What a check found, and what it may look at."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.manifest.settings import DEFAULTS_FILE, Settings
from mtor_action.repository.git import Git
from mtor_action.setup import settings_file
from mtor_action.setup.writing import existing_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Verdict(StrEnum):
    """`unknown` is not looked at, or not to be seen from here: no fault."""

    FINE = "fine"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """`name` is the thing in a word or two, `what` how it stands, `next_step` empty where there is none."""

    name: str
    verdict: Verdict
    what: str
    next_step: str = ""


class Subject(NamedTuple):
    """What is examined. `online`: models may be asked, at `api_base` if that is given."""

    directory: Path
    environ: Mapping[str, str]
    online: bool = False
    api_base: str | None = None

    def git(self) -> Git:
        """The repository. Raises RepositoryError."""
        return Git.open(self.directory)

    def settings(self) -> Settings:
        """What `.github/mtor.yml` of the working tree says. Raises MtorError if it has mistakes."""
        text = existing_text(self.git().root, DEFAULTS_FILE) or ""
        settings, mistakes = settings_file.read(text.encode("utf-8", "surrogateescape"))
        if mistakes:
            raise MtorError(f"not known, since {DEFAULTS_FILE} has mistakes", "correct them first")
        return settings


def fine(name: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Verdict.FINE, text)


def wrong(name: str, text: str, next_step: str) -> Finding:
    """Something to do."""
    return Finding(name, Verdict.WRONG, text, next_step)


def unknown(name: str, text: str, next_step: str) -> Finding:
    """Not seen; the next step says how to see it."""
    return Finding(name, Verdict.UNKNOWN, text, next_step)
