"""`mtor check SPEC…`: parse and plan; write nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.check_result import CheckResult
from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.cli.sources import put_back, read_specs
from mtor_action.errors import Cancelled, MtorError, RepositoryError
from mtor_action.report.outcome import Outcome
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Place
    from mtor_action.preparation.preparation import Prepared

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
    ((source, spec),) = specs
    result = CheckResult(spec, source)
    if git:
        _prepare(git, result)
    return _conclude(result, as_json=arguments.json)


def _check_in_order(specs: Sequence[tuple[str, Spec]], git: Git | None, *, as_json: bool) -> int:
    from mtor_action.cli.check_order import OrderedCheck
    from mtor_action.order.batch import read_batch

    batch = read_batch(specs, str(Path.cwd()))
    check = OrderedCheck(specs, batch, git)
    worst = max(_conclude(check.planned(place), as_json=as_json) for place in check.places)
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


def _conclude(result: CheckResult, *, as_json: bool) -> int:
    result.conclude()
    if as_json:
        print_json(result.as_report().as_json())
    else:
        print_diagnostics(result.diagnostics)
        _print_summary(result)
    return result.outcome.exit_code if result.outcome else 0


def _prepare(git: Git, result: CheckResult) -> None:
    """Plan the spec; if that cannot be, `result` says why: the other specs are checked anyway."""
    from mtor_action.preparation.preparation import prepare
    from mtor_action.preparation.text_origin import Origin
    from mtor_action.repository.head import resolve

    try:
        origin = Origin.of_file(git, result.source)
        result.prepared = prepare(git, result.spec, resolve(git, "HEAD"), origin=origin)
    except Cancelled:
        raise
    except MtorError as error:
        result.outcome, result.reason, result.next_step = Outcome.ERROR, error.message, error.hint


def _print_summary(result: CheckResult) -> None:
    from mtor_action.neutral import visible

    number = len(result.diagnostics)
    blocks = _count(result.spec.manifest_blocks, "manifest block")
    prose = _count(result.spec.prose_fences, "prose fence")
    print(("\n" if number else "") + visible(f"{result.source}: {blocks}, {prose}"))
    if number:
        print(f"{number} problem{'s' if number > 1 else ''}; nothing would be written")
        return
    if result.outcome in (Outcome.ERROR, Outcome.BLOCKED):
        print(visible(f"cannot be planned: {result.reason}\n  {result.next_step}"))
        return
    for landing in result.landings:
        note = (
            f"  ({landing.placement}{': ' + landing.note if landing.note else ''})"
            if landing.placement != "exact" or landing.note
            else ""
        )
        print(visible(f"  {landing.kind:<6} {landing.path}  +{landing.added} -{landing.removed}{note}"))
        for line in landing.places:
            print(visible(f"         {landing.path}:{line}"))
    _print_ending(result)


def _print_ending(result: CheckResult) -> None:
    from mtor_action.neutral import visible
    from mtor_action.report.wording import count

    prepared = result.prepared
    settings = prepared.settings if prepared else result.spec.settings
    for stage, commands in (("setup", settings.setup), ("format", settings.format), ("test", settings.test)):
        for command in commands or ():
            print(visible(f"  {stage:<6} {command.strip()}").replace("\n", "\n" + " " * 9))
    if prepared:
        _print_changes(prepared)
    if result.outcome is Outcome.EMPTY:
        print("already applied: nothing would change")
    elif prepared:
        _print_length(result.spec)
        if prepared.moved:
            how = " (found by mtor)" if prepared.moved.is_found else ""
            print(f"the base moved: would be merged from {prepared.moved.commit[:12]}{how}, for which it was written")
        after = f" after {', '.join(result.order.after)}" if result.order and result.order.after else ""
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


def _count(places: Sequence[Place], noun: str) -> str:
    if not places:
        return f"no {noun}s"
    listing = ", ".join(str(place.line) for place in places[:20]) + (", …" if len(places) > 20 else "")
    return f"{len(places)} {noun}{'s' if len(places) > 1 else ''} (line{'s' if len(places) > 1 else ''} {listing})"
