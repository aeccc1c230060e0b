"""The first line of a comment → a command.

What follows the first line belongs to the command: a note (`coach`), or a spec (`run`, `spec`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mtor_action.errors import CommandError
from mtor_action.github.texts.command_line import read_command_line

_DIGEST = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


class Verb(StrEnum):
    """A word that may follow `/mtor` in a comment's first line."""

    RUN = "run"  # run the spec, the spec in this comment, a file, or what was shown as a plan
    RETRY = "retry"  # run it again
    CANCEL = "cancel"  # stop what waits or runs
    STATUS = "status"  # report the state of the job
    CHECK = "check"  # parse, and show the plan or what is wrong
    PLAN = "plan"  # have an architect write a spec for the issue; nothing is run
    APPLY = "apply"  # commit the suggestions of a review
    FIX = "fix"  # let the implementer do what a review says
    COACH = "coach"  # keep a note for later runs
    CI = "ci"  # start the checks that GitHub holds for approval
    SPEC = "spec"  # this comment continues the spec; nothing is started
    HELP = "help"  # list the commands


_VERBS = {verb.value: verb for verb in Verb}


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `verb` is None for an unknown word; `rest` is the text below the first line, with LF endings."""

    verb: Verb | None
    word: str = ""
    argument: str = ""
    rest: str = ""

    @property
    def words(self) -> str:
        """Return what is behind the command and below it, but for the word `ci` of `/mtor fix ci`."""
        argument = "" if self.asks_for_ci else self.argument
        return "\n".join(part for part in (argument, self.rest) if part.strip())

    @property
    def asks_for_ci(self) -> bool:
        """Return whether it is `/mtor fix ci`: what failing checks printed is to be dealt with."""
        return self.verb is Verb.FIX and self.argument.casefold() == "ci"

    def note(self) -> str:
        """Return the note of `/mtor coach`: what is behind it and below it. Raises CommandError if that is nothing."""
        if not self.words:
            hint = "write what later runs should know behind it or below it"
            raise CommandError("`/mtor coach` without a note", hint)
        return self.words


@dataclass(frozen=True, slots=True)
class SpecFile:
    """The file of `/mtor run PATH@REF`: `ref` is a branch, tag or commit."""

    path: str
    ref: str


def read_command(body: str) -> Command | None:
    """Return the command in a comment's text, None if its first line is not for us."""
    line = read_command_line(body)
    if line is None:
        return None
    word = line.word or Verb.HELP.value
    return Command(_VERBS.get(word.lower()), word, line.argument, line.rest)


def run_argument(argument: str) -> str | SpecFile | None:
    """Return the argument of `/mtor run`: the beginning of a digest (lower case), a file, or None.

    Raises CommandError for anything else.
    """
    if not argument:
        return None
    if _DIGEST.fullmatch(argument):
        return argument.lower()
    path, at, ref = argument.rpartition("@")
    if not (at and path and ref):
        raise CommandError(
            f"`/mtor run` does not know what to do with {argument!r}",
            "write `/mtor run` alone, `/mtor run path/to/spec.md@branch`, or the 8 characters that a plan ends with",
        )
    if not path.lower().endswith(".md"):
        raise CommandError(f"the spec {path!r} is not a Markdown file", "name a file that ends in .md")
    return SpecFile(path, ref)
