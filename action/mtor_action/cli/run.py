"""`mtor run SPEC…`: the whole run, each spec on a branch of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.cli.sources import put_back, read_specs
from mtor_action.errors import UsageError
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mtor_action.job.options import Options
    from mtor_action.manifest.manifest import Spec
    from mtor_action.report.report import Report
    from mtor_action.workspace.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare SPEC…, the folder for reports, and how to run."""
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a Markdown file, or - for stdin")
    parser.add_argument("--out", metavar="DIR", help="write reports to this folder (default: .git/mtor/jobs/JOB)")
    parser.add_argument(
        "--abort", action="store_true", help="undo what an interrupted run left behind and do nothing else"
    )
    parser.add_argument(
        "--resume", nargs="?", const="", metavar="JOB", help="resume an interrupted fix (default: the last)"
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="have this model repair red tests (litellm name); repeat it to add models to escalate to",
    )
    parser.add_argument("--api-base", metavar="URL", help="ask the model at this address (default: its provider's)")
    parser.add_argument("--as-user", metavar="NAME", help="run commands as this user, by name or number (needs root)")
    parser.add_argument("--quiet", action="store_true", help="print no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    """Return the highest exit code of the specs' outcomes."""
    from mtor_action.repository.restoring.lock import Lock

    if [bool(arguments.specs), arguments.abort, arguments.resume is not None].count(True) != 1:
        raise UsageError("name at least one SPEC, or --abort or --resume alone", "see mtor run --help")
    git = Git.open(Path(arguments.repo or "."))
    if put_back(git) is None and arguments.abort:
        with Lock(git, "mtor run --abort"):
            print("mtor: nothing to put back", file=sys.stderr)
    if arguments.abort:
        return 0
    with Lock(git, "mtor run " + " ".join(arguments.specs)) as locked:
        return _run_all(locked, arguments) if arguments.resume is None else _resume(locked, arguments)


def _run_all(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.workspace.progress import progress_for

    progress = progress_for(quiet=arguments.quiet)
    specs = read_specs(arguments.specs)
    if len(specs) > 1 or specs[0][1].settings.after:
        return _run_in_order(git, specs, progress, arguments)
    from mtor_action.job.job import JobRun

    ((argument, spec),) = specs
    report = JobRun(git, spec, argument, progress, os.environ, _options(arguments)).run()
    return max(report.outcome.exit_code if report.outcome else 0, _publish(git, report, arguments))


def _run_in_order(
    git: Git, specs: Sequence[tuple[str, Spec]], progress: Progress, arguments: argparse.Namespace
) -> int:
    from mtor_action.job.ordered_runs import OrderedRuns
    from mtor_action.neutral import visible
    from mtor_action.order.batch import read_batch
    from mtor_action.report.report import Outcome

    batch = read_batch(specs, str(Path.cwd()))
    runs = OrderedRuns(git, specs, batch, progress, os.environ, _options(arguments))
    if batch.is_ordered and batch.is_sound:
        progress.say("the order:\n" + visible(runs.graph()))
    worst = 0
    for report in runs:
        worst = max(worst, report.outcome.exit_code if report.outcome else 0, _publish(git, report, arguments))
        if worst == Outcome.CANCELLED.exit_code:
            break
    if batch.is_ordered and batch.is_sound and not arguments.json:
        print("\n" + visible(runs.graph()), flush=True)
    return worst


def _resume(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.job.job import JobRun
    from mtor_action.job.options import Options
    from mtor_action.job.unfinished import find_unfinished
    from mtor_action.workspace.progress import progress_for

    unfinished = find_unfinished(git, arguments.resume)
    new = _options(arguments)
    before = unfinished.options
    options = Options(new.models or before.models, new.api_base or before.api_base, new.as_user or before.as_user)
    progress = progress_for(quiet=arguments.quiet)
    job = JobRun(git, unfinished.spec, unfinished.source, progress, os.environ, options)
    report = job.run(unfinished)
    return max(report.outcome.exit_code if report.outcome else 0, _publish(git, report, arguments))


def _options(arguments: argparse.Namespace) -> Options:
    from mtor_action.job.options import Options
    from mtor_action.job.ownership import find_user

    as_user = find_user(arguments.as_user) if arguments.as_user else None
    return Options(tuple(arguments.model), arguments.api_base, as_user)


def _publish(git: Git, report: Report, arguments: argparse.Namespace) -> int:
    """Write the report's files, then say it on stdout; 3 if the files cannot be written, which loses no outcome."""
    from mtor_action.report.report import Outcome
    from mtor_action.report.report_files import write_report
    from mtor_action.report.terminal import render_terminal

    directory = git.state_dir / "jobs" / report.job
    if arguments.out:
        out = Path(arguments.out)
        directory = out / report.job if len(arguments.specs) > 1 else out
    paths, failed = None, 0
    try:
        paths = write_report(report, directory)
    except OSError as error:
        print(f"mtor: the report cannot be written to {directory}: {error}", file=sys.stderr)
        failed = Outcome.ERROR.exit_code
    if arguments.json:
        print_json(report.as_json())
    else:
        sys.stdout.write(render_terminal(report, wants_colour(sys.stdout), paths=paths))
        sys.stdout.flush()
    return failed
