"""Every check, in the order in which things are set up; one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mtor_action.errors import MtorError
from mtor_action.setup.checks import base_commands, machine, models
from mtor_action.setup.checks import local_files as files
from mtor_action.setup.checks import on_github as github
from mtor_action.setup.finding import DoctorSubject, Finding, FindingVerdict, fine, wrong


class DoctorSection(NamedTuple):
    """Checks shown together. With `in_repository` they need a repository."""

    title: str
    checks: tuple[Callable[[DoctorSubject], Iterable[Finding]], ...]
    in_repository: bool = True


SECTIONS = (
    DoctorSection("this machine", (machine.git_version, machine.python, machine.isolation), in_repository=False),
    DoctorSection("this repository", (files.working_tree, files.workflow_file, files.settings, files.checks_heard)),
    DoctorSection("the base", (base_commands.commands,)),
    DoctorSection("models", (models.keys, models.answers)),
    DoctorSection("on GitHub", (github.looks,)),
)


def examine(subject: DoctorSubject) -> Iterator[tuple[str, list[Finding]]]:
    """Return the sections' titles and findings; without a repository, those that need none."""
    try:
        opened = fine("repository", str(subject.git().root))
    except MtorError as error:
        opened = wrong("repository", error.message, error.hint)
    for section in SECTIONS:
        findings = [] if section.in_repository else [opened]
        if not section.in_repository or opened.verdict is FindingVerdict.FINE:
            findings[:0] = [finding for check in section.checks for finding in _guarded(check, subject)]
            if findings:
                yield section.title, findings


def _guarded(check: Callable[[DoctorSubject], Iterable[Finding]], subject: DoctorSubject) -> Iterator[Finding]:
    try:
        yield from check(subject)
    except MtorError as error:
        yield Finding(check.__name__.replace("_", " "), FindingVerdict.UNKNOWN, error.message, error.hint)
