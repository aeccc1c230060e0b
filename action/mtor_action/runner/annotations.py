"""Annotations of a run's page: why it ended red, and the lines that the failing command names.

GitHub shows ten errors of a step: https://docs.github.com/rest/checks/runs
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.neutral import one_line
from mtor_action.report import wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mtor_action.report.report import CommandReport, Report

MOST_ERRORS = 10
_LONGEST = 500
# `File "a.py", line 3` of Python; `a.py:3:` of pytest, compilers and linters; `(src/a.js:3:7)` of Node; `--> a.rs:3:7`.
_PYTHON = re.compile(r'\bFile "(?P<path>[^"\n]{1,400})", line (?P<line>\d{1,7})(?P<said>)')
_PLACE = re.compile(r"(?P<path>[^\s:()\[\]'\"`]{1,400}):(?P<line>\d{1,7})(?::\d{1,7})?(?![\d.])(?P<said>.{0,400})")
_REASON = re.compile(r"^E {2,}(\S.*)$")


class Annotation(NamedTuple):
    """An error; `path` and `line` (from 1) are "" and 0 where it has no place in the repository."""

    title: str
    message: str
    path: str = ""
    line: int = 0


def errors_of(report: Report, paths: Collection[str], root: str) -> list[Annotation]:
    """Return at most ten, the outcome's own first. `paths` are the repository's files, `root` is where it was."""
    if report.outcome in wording.GREEN:
        return []
    title = f"mtor: {report.outcome}"
    reason = one_line(report.reason or wording.headline(report), _LONGEST)
    errors = [Annotation(title, f"{reason}\n{one_line(wording.next_step(report), _LONGEST)}")]
    for diagnostic in report.diagnostics:
        message = one_line(f"{diagnostic.message} [{diagnostic.rule}]", _LONGEST)
        if diagnostic.path in paths:
            errors.append(Annotation(title, message, diagnostic.path, diagnostic.line))
        else:
            errors.append(Annotation(f"mtor: {diagnostic.path}:{diagnostic.line}", message))
    decisive = wording.decisive_failure(report)
    if decisive is not None:
        errors += _places(decisive, paths, root)
    return errors[:MOST_ERRORS]


def _places(command: CommandReport, paths: Collection[str], root: str) -> Iterator[Annotation]:
    """Yield each place once, in the order of the output."""
    title, reason = one_line(f"failing: {command.command}", 120), ""
    annotated: set[tuple[str, int]] = set()
    for line in command.output_tail.split("\n"):
        reason_match = _REASON.match(line)
        reason = reason_match[1] if reason_match else reason
        for match in (*_PYTHON.finditer(line[:2_000]), *_PLACE.finditer(line[:2_000])):
            path, number = _inside(match["path"], root), int(match["line"])
            if path not in paths or (path, number) in annotated or not number:
                continue
            annotated.add((path, number))
            message = match["said"].strip(" :-)")
            yield Annotation(title, one_line(reason or message or line.strip(), _LONGEST), path, number)
            reason = ""


def _inside(name: str, root: str) -> str:
    """Return the path as the repository knows it, if it is one of its files."""
    path = posixpath.normpath(name.removeprefix("file://"))
    return path.removeprefix(f"{root}/")
