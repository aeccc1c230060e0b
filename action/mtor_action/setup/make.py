"""Make: a makefile's target that says how to test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from mtor_action.setup.project_folder import Folder

_TARGET = re.compile(r"^(test|tests|check)[ \t]*:(?!=)", re.MULTILINE)


def look(folder: Folder) -> ProjectNeeds:
    """Return `make test`; `make check` is a question, since for many it only lints."""
    file = folder.has("GNUmakefile", "makefile", "Makefile")
    targets = set(_TARGET.findall(folder.text(file))) if file else set()
    guesses = [Guess(f"make {name}", f"{file} has `{name}:`") for name in ("test", "tests", "check") if name in targets]
    sure = tuple(guess for guess in guesses if guess.command != "make check")[:1]
    return ProjectNeeds(test=sure, maybe=() if sure else tuple(guesses))
