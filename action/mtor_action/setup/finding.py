"""The findings of a check, and the things that it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, Settings
from mtor_action.repository.git import Git
from mtor_action.setup import settings_text as settings_file
from mtor_action.setup.planned_files import existing_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class FindingVerdict(StrEnum):
    """The verdict of a check; `unknown` is not visible from here, which is not a fault."""

    FINE = "fine"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: `name` is the thing, `what` its state, `next_step` "" if there is none."""

    name: str
    verdict: FindingVerdict
    what: str
    next_step: str = ""


class DoctorSubject(NamedTuple):
    """The subject of an examination. `online`: models may be asked, at `api_base` if that is given.

    `base`: the commands of the base may be run.
    """

    directory: Path
    environ: Mapping[str, str]
    online: bool = False
    api_base: str | None = None
    base: bool = False

    def git(self) -> Git:
        """Return the repository. Raises RepositoryError."""
        return Git.open(self.directory)

    def settings(self) -> Settings:
        """Return the working tree's `.github/mtor.yml`. Raises MtorError if it has mistakes."""
        text = existing_text(self.git().root, DEFAULTS_FILE) or ""
        settings, mistakes = settings_file.read(text.encode("utf-8", "surrogateescape"))
        if mistakes:
            raise MtorError(f"not known, since {DEFAULTS_FILE} has mistakes", "correct them first")
        return settings


def fine(name: str, text: str) -> Finding:
    """Return a finding that needs nothing to be done."""
    return Finding(name, FindingVerdict.FINE, text)


def wrong(name: str, text: str, next_step: str) -> Finding:
    """Return a finding that needs something to be done."""
    return Finding(name, FindingVerdict.WRONG, text, next_step)


def unknown(name: str, text: str, next_step: str) -> Finding:
    """Return a finding that could not be made; the next step says how to make it."""
    return Finding(name, FindingVerdict.UNKNOWN, text, next_step)
