"""The base's own commands, run now: what is red before any spec."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mtor_action.setup.finding import DoctorSubject, Finding, fine, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.job.base_check import CheckedCommand

_MOST_SHOWN = 20
_REPAIR = "repair the base; until then, runs of today excuse these failures, by test and error, and name them"
_CANNOT_TELL = (
    "repair the base: mtor cannot tell a spec's failing tests from its own, so every spec would end `failing`"
)


def commands(subject: DoctorSubject) -> Iterator[Finding]:
    """Run setup and tests on the base, if that was asked for, and say of each command what came of it."""
    if not subject.base:
        return
    from mtor_action.job.base_check import check_base
    from mtor_action.repository.restoring.lock import Lock
    from mtor_action.workspace.progress import progress_for

    with Lock(subject.git(), "mtor doctor --base") as locked:
        checked = check_base(locked, subject.environ, progress_for(quiet=not sys.stderr.isatty()))
    if checked.setup is not None:
        what = f"`{checked.setup.command}` ends with exit code {checked.setup.exit_code} on {checked.commit[:12]}"
        yield wrong("setup", what, "repair the setup: every spec would end with `error`")
    for command in checked.commands:
        yield _finding(command, checked.commit[:12])


def _finding(checked: CheckedCommand, commit: str) -> Finding:
    result = checked.result
    if result.is_green:
        return fine("test", f"`{result.command}` passes on {commit}")
    what = f"`{result.command}` ends with exit code {result.exit_code} on {commit}"
    what = f"{what}, but {result.doubt}" if result.doubt else what
    shown = "\n".join(checked.failures[:_MOST_SHOWN])
    more = len(checked.failures) - _MOST_SHOWN
    text = f"{what}:\n{shown}" if shown else what
    text += f"\nand {more} more" if more > 0 else ""
    return wrong("test", text, _REPAIR if checked.failures else _CANNOT_TELL)
