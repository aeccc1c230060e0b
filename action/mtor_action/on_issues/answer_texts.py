"""Answers to commands in words: the list of commands, and the error message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.command import Verb
from mtor_action.neutral import prose, sentence

if TYPE_CHECKING:
    from mtor_action.errors import MtorError

_HELP = {
    Verb.RUN: "run the spec of this issue, the spec below this line, `path/to/spec.md@branch`, or a plan shown before",
    Verb.RETRY: "run the last spec again",
    Verb.CANCEL: "stop what is waiting or running here",
    Verb.STATUS: "report the state of the job",
    Verb.CHECK: "show what the spec would do, or what is wrong with it",
    Verb.PLAN: "have the architect's model write a spec for this issue; it also reads the text below this line",
    Verb.APPLY: "on mtor's own pull requests: commit the suggestions of this thread, review or pull request, if their "
    "tests are green",
    Verb.FIX: "on mtor's own pull requests: have the implementer do what is said here, or with `fix ci` repair failing "
    "checks, in two rounds at most",
    Verb.COACH: "keep the text after it as a note for later runs",
    Verb.CI: "start the checks of this pull request that wait for approval",
    Verb.SPEC: "the text below this line continues the issue's spec",
    Verb.HELP: "show this list",
}


def help_text(unknown: str = "") -> str:
    """Return the list of commands (Markdown), after a sentence about the `unknown` word if there is one."""
    first = f"`/mtor` has no command {prose(repr(unknown), 60)}." if unknown else "What mtor understands:"
    return "\n".join([first, "", *(f"- `/mtor {verb}`: {words}" for verb, words in _HELP.items())])


def error_text(error: MtorError) -> str:
    """Return the error's message and what to do about it, in Markdown."""
    hint = f"\n\n**What to do:** {sentence(error.hint, 600)}" if error.hint else ""
    return f"{sentence(error.message, 1_000)}{hint}"
