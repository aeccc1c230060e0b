"""The exceptions of mtor_action.

    MtorError             what went wrong and, as a hint, what to do next
    ├── UsageError        the command line is wrong; exit 64
    ├── SpecRejected      the spec is invalid or does not apply; carries diagnostics; exit 2
    ├── CoachingRejected  coaching.yml has mistakes, so that it cannot be changed; carries diagnostics; exit 2
    ├── GitError          git refused; carries its words
    ├── GitHubError       GitHub refused or was not reached; carries the kind of failure (github/failures.py)
    ├── SpecChanged       a text of the spec is not what it was when it was asked for; carries its name
    ├── SpecBlocked       a spec that this one comes after is not green, so this one cannot start
    ├── CommandError      what a comment asks for cannot be understood or done; answered in a comment
    ├── TreeTooLarge      a repository has more files than GitHub's API lists at once; the runner plans instead
    ├── TokenError        there is no token to publish with
    └── RepositoryError   this repository is not in a state in which the work can start
    Cancelled             a person asked to stop; exit 130. Not an MtorError, so that no error handler swallows it

They are raised where the fault is found and caught at the boundary only (`cli.main`), which turns each into
one message and one exit code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.diagnostics import Diagnostic


class MtorError(Exception):
    """Something that a person can act on: `message` says what is wrong, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MtorError):
    """The command line is wrong; mtor exits with 64."""


class SpecRejected(MtorError):
    """The spec is invalid or does not apply; `diagnostics` has every reason, never only the first."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(diagnostics)} problem(s) in the spec")
        self.diagnostics = tuple(diagnostics)


class CoachingRejected(MtorError):
    """coaching.yml has mistakes, so that it cannot be changed; `diagnostics` has all of them."""

    def __init__(self, diagnostics: Sequence[Diagnostic], hint: str = "") -> None:
        first = diagnostics[0]
        super().__init__(
            f"{first.path} has {len(diagnostics)} mistake(s), nothing was changed; "
            f"the first, in line {first.line}: {first.message}",
            hint or "correct it by a commit on the branch mtor-coaching; `mtor coach list` shows every mistake",
        )
        self.diagnostics = tuple(diagnostics)


class GitError(MtorError):
    """A git command failed; the message has the command and what git said."""


class SpecChanged(MtorError):
    """A text is not what it was when it was asked for, or may not be run unless somebody pins it.

    `part` names it as diagnostics do (`#12`, `#12 comment 3`).
    """

    def __init__(self, part: str, message: str, hint: str) -> None:
        super().__init__(f"{part}: {message}", hint)
        self.part = part


class SpecBlocked(MtorError):
    """A spec that this one comes after is not green."""


class CommandError(MtorError):
    """What a writer asked for cannot be understood or done."""


class TreeTooLarge(MtorError):
    """A repository has more files than GitHub's API tells at once, or a spec touches too many."""


class TokenError(MtorError):
    """No token could be had in one of the three ways; never holds any part of one."""


class RepositoryError(MtorError):
    """The repository is not in a state in which the work can start (dirty tree, no commit, another run)."""


class Cancelled(Exception):
    """A person asked to stop (interrupt, terminate, hang-up)."""
