"""`mtor check SPEC…`: parse and plan; write nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.cli.sources import put_back, read_specs
from mtor_action.errors import Cancelled, MtorError, RepositoryError
from mtor_action.report.report import Outcome, new_report
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.report.report import Report

_LONGEST_VALUE = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare SPEC…; the options of every verb are declared by `main`."""
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a Markdown file, or - for stdin")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if every spec would apply (or is applied already), 2 if one would not, 3 if one cannot be planned."""
    specs = read_specs(arguments.specs)
    git = _repository(arguments.repo)
    if len(specs) > 1 or specs[0][1].settings.after:
        return _check_in_order(specs, git, as_json=arguments.json)
    ((argument, spec),) = specs
    report = new_report(spec, argument, job="")
    prepared = _prepare(git, spec, report, argument) if git else None
    return _conclude(report, spec, prepared, as_json=arguments.json)


def _check_in_order(specs: Sequence[tuple[str, Spec]], git: Git | None, *, as_json: bool) -> int:
    from mtor_action.cli.check_order import OrderedCheck
    from mtor_action.order.batch import read_batch

    batch = read_batch(specs, str(Path.cwd()))
    check = OrderedCheck(specs, batch, git)
    worst = 0
    for place in check.places:
        report, prepared = check.planned(place)
        worst = max(worst, _conclude(report, specs[place][1], prepared, as_json=as_json))
    if not as_json:
        check.print_order()
    return worst


def _repository(directory: str | None) -> Git | None:
    try:
        git = Git.open(Path(directory or "."))
    except RepositoryError:
        if directory is not None:
            raise
        print("mtor: not in a git repository, so the specs are only parsed; --repo DIR names one", file=sys.stderr)
        return None
    put_back(git)
    return git


def _conclude(report: Report, spec: Spec, prepared: Prepared | None, *, as_json: bool) -> int:
    from mtor_action.preparation.setting_changes import setting_changes
    from mtor_action.report.operation_rows import operation_reports

    diagnostics = report.diagnostics or list(spec.diagnostics)
    if prepared:
        diagnostics = spec.with_source((*prepared.faults, *report.diagnostics))
        report.base = prepared.base
        if prepared.moved:
            report.written_for = prepared.moved.as_report()
        report.operations = operation_reports(prepared.plan)
        report.settings = [change.as_report() for change in setting_changes(prepared)]
    report.diagnostics = diagnostics
    if diagnostics and report.outcome is None:
        report.outcome = Outcome.REJECTED
    elif prepared and not prepared.plan.changes:
        report.outcome = Outcome.EMPTY
    if as_json:
        print_json(report.as_json())
    else:
        print_diagnostics(diagnostics)
        _print_summary(report, spec, prepared)
    return report.outcome.exit_code if report.outcome else 0


def _prepare(git: Git, spec: Spec, report: Report, argument: str) -> Prepared | None:
    """Return the plan, or None with the reason in the report: the other specs are checked anyway."""
    from mtor_action.preparation.preparation import prepare
    from mtor_action.preparation.text_origin import Origin
    from mtor_action.repository.first_parents import time_of_file
    from mtor_action.repository.head import resolve

    try:
        return prepare(git, spec, resolve(git, "HEAD"), origin=Origin(lambda: time_of_file(git, argument)))
    except Cancelled:
        raise
    except MtorError as error:
        report.outcome, report.reason, report.next_step = Outcome.ERROR, error.message, error.hint
        return None


def _print_summary(report: Report, spec: Spec, prepared: Prepared | None) -> None:
    from mtor_action.neutral import visible

    blocks, prose = report.spec.manifest_blocks, report.spec.prose_fences
    print(
        ("\n" if report.diagnostics else "")
        + visible(f"{report.spec.source}: {_count(blocks, 'manifest block')}, {_count(prose, 'prose fence')}")
    )
    if report.diagnostics:
        number = len(report.diagnostics)
        print(f"{number} problem{'s' if number > 1 else ''}; nothing would be written")
        return
    if report.outcome in (Outcome.ERROR, Outcome.BLOCKED):
        print(visible(f"cannot be planned: {report.reason}\n  {report.next_step}"))
        return
    for operation in report.operations:
        note = (
            f"  ({operation.placement}{': ' + operation.note if operation.note else ''})"
            if operation.placement != "exact" or operation.note
            else ""
        )
        print(visible(f"  {operation.kind:<6} {operation.path}  +{operation.added} -{operation.removed}{note}"))
        for line in operation.places:
            print(visible(f"         {operation.path}:{line}"))
    _print_ending(report, spec, prepared)


def _print_ending(report: Report, spec: Spec, prepared: Prepared | None) -> None:
    from mtor_action.neutral import visible
    from mtor_action.report.wording import count

    settings = prepared.settings if prepared else spec.settings
    for stage, commands in (("setup", settings.setup), ("format", settings.format), ("test", settings.test)):
        for command in commands or ():
            print(visible(f"  {stage:<6} {command.strip()}").replace("\n", "\n" + " " * 9))
    if prepared:
        _print_changes(prepared)
    if report.outcome is Outcome.EMPTY:
        print("already applied: nothing would change")
    elif prepared:
        _print_length(spec)
        if prepared.moved:
            how = " (found by mtor)" if prepared.moved.is_found else ""
            print(f"the base moved: would be merged from {prepared.moved.commit[:12]}{how}, for which it was written")
        after = f" after {', '.join(report.order.after)}" if report.order.after else ""
        print(
            visible(f"would apply on {prepared.base[:12]}{after}, changing {count(len(prepared.plan.changes), 'file')}")
        )


def _print_length(spec: Spec) -> None:
    """Print which texts GitHub would not take in one piece."""
    from mtor_action.authoring.splitting import MOST_CHARACTERS
    from mtor_action.neutral import visible

    for lines in spec.texts:
        number = len(lines.data.decode("utf-8", "replace"))
        if number > MOST_CHARACTERS:
            limit = f"GitHub takes {MOST_CHARACTERS:,} in one text: mtor submit splits it"
            print(visible(f"{lines.name} has {number:,} characters, and {limit}"))


def _print_changes(prepared: Prepared) -> None:
    """Print what the spec's settings change, one setting a line."""
    from mtor_action.neutral import one_line, visible
    from mtor_action.preparation.setting_changes import setting_changes

    changes = setting_changes(prepared)
    if changes:
        print("its settings change:")
    for change in changes:
        print(visible(f"  {change.described(lambda text: one_line(text, _LONGEST_VALUE))}"))


def _count(lines: list[int], name: str) -> str:
    if not lines:
        return f"no {name}s"
    listing = ", ".join(str(line) for line in lines[:20]) + (", …" if len(lines) > 20 else "")
    return f"{len(lines)} {name}{'s' if len(lines) > 1 else ''} (line{'s' if len(lines) > 1 else ''} {listing})"
