"""`mtor apply SPEC`: write the spec's files to the working tree, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.cli.sources import open_repository, read_spec
from mtor_action.errors import RepositoryError, SpecRejected
from mtor_action.report.report import Outcome, Report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.repository.git import Git
    from mtor_action.repository.head import StartingPoint
    from mtor_action.repository.restoring.status import Status
    from mtor_action.repository.revisions.base_tree import WorkingTree
    from mtor_action.tree.changes import Change


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare SPEC; the options of every verb are declared by `main`."""
    parser.add_argument("spec", metavar="SPEC", help="a Markdown file, or - for stdin")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if the tree is now as the spec says, 2 if the spec does not apply."""
    from mtor_action.report.operation_rows import operation_reports
    from mtor_action.report.report import new_report
    from mtor_action.repository.restoring.lock import Lock

    spec = read_spec(arguments.spec)
    git = open_repository(arguments.repo or ".")
    report = new_report(spec, arguments.spec, job="")
    try:
        with Lock(git, "mtor apply") as locked:
            plan = _apply(locked, spec, report, arguments.spec)
    except SpecRejected as rejected:
        report.outcome = Outcome.REJECTED
        report.diagnostics = list(rejected.diagnostics)
        if not arguments.json:
            print_diagnostics(rejected.diagnostics)
            print("\nnothing was written")
    else:
        report.operations = operation_reports(plan)
        if not arguments.json:
            _print_plan(plan, report)
    if arguments.json:
        print_json(report.as_json())
    return report.outcome.exit_code if report.outcome else 0


def _apply(git: Git, spec: Spec, report: Report, argument: str) -> Plan:
    from mtor_action.preparation.stored_plan import plan_by
    from mtor_action.repository.restoring.status import inspect, refuse_dirty, refuse_hidden
    from mtor_action.repository.revisions.base_tree import WorkingTree
    from mtor_action.repository.revisions.path_history import History

    tree = WorkingTree(git, as_stored=True)
    if spec.diagnostics:
        raise _rejected(spec, tree)
    plan = plan_by(tree.attributes, spec, tree, History(git, "HEAD"))
    if plan.faults or (plan.changes and spec.settings.written_for):
        # A dirty tree is a likelier reason than a wrong spec, and its own message says more.
        report.base = refuse_dirty(git).head.commit
        plan = _followed(git, spec, plan, report, argument)
    if plan.faults:
        raise SpecRejected(spec.with_source(plan.faults))
    if not plan.changes:
        report.outcome = Outcome.EMPTY
        report.base = inspect(git).head.commit
        return plan
    status = refuse_dirty(git)
    report.base = status.head.commit
    _refuse_untracked(git, plan)
    refuse_hidden(git, status, report.base, plan.paths)
    _refuse_assumed(git, status, plan)
    _write(git, status.head, _as_on_disk(git, tree, plan))
    return plan


def _rejected(spec: Spec, tree: WorkingTree) -> SpecRejected:
    from mtor_action.preparation.preparation import faults_beside_settings

    return SpecRejected(spec.with_source((*spec.diagnostics, *faults_beside_settings(spec, tree))))


def _followed(git: Git, spec: Spec, plan: Plan, report: Report, argument: str) -> Plan:
    """Return the plan that counts where HEAD, whose files are in the working tree, moved since the spec was written."""
    from mtor_action.preparation.preparation import defaults_in, follow_base, settle
    from mtor_action.preparation.text_origin import Origin
    from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of

    with BaseTree(git, report.base) as tree:
        attributes = attributes_of(git, tree, of_machine=True)
        settled = settle(spec, defaults_in(tree))
        planned = settled._replace(base=report.base, plan=plan, diagnostics=plan.diagnostics, attributes=attributes)
        prepared = follow_base(git, planned, tree, Origin.of_file(git, argument))
    if prepared.moved:
        report.written_for = prepared.moved.as_report()
    return prepared.plan


def _as_on_disk(git: Git, tree: WorkingTree, plan: Plan) -> list[Change]:
    """Return the plan's changes, which are what git stores, as they are written where git converts files."""
    from mtor_action.repository.attributes import on_disk
    from mtor_action.repository.worktree import read_back

    changes = on_disk(tree.attributes, tree.attributes.after(plan.changes), plan.changes)
    was = tree.attributes.converted({change.path: change.before.content for change in changes if change.before})
    on_disk_now = read_back(git.root, was)
    return [change._replace(before=on_disk_now.get(change.path, change.before)) for change in changes]


def _refuse_untracked(git: Git, plan: Plan) -> None:
    """Raise RepositoryError for a file that would be replaced or removed and that git could not give back."""
    existing = [change.path for change in plan.changes if change.before is not None]
    if not existing:
        return
    listed = git.run("ls-files", "-z", "--", *existing).decode("utf-8", "surrogateescape").split("\0")
    if lost := sorted(set(existing).difference(listed)):
        raise RepositoryError(
            "untracked files would be changed:" + "".join(f"\n  {path}" for path in lost),
            "commit them, or move them away",
        )


def _refuse_assumed(git: Git, status: Status, plan: Plan) -> None:
    """Raise RepositoryError for a file whose new text git would never show, unless that is how all files are kept."""
    from mtor_action.repository.configuration import configuration

    unseen = sorted(status.assumed.intersection(plan.paths))
    if unseen and not configuration(git).assumes_unchanged:
        raise RepositoryError(
            "git would not see that these files changed (assume-unchanged):"
            + "".join(f"\n  {path}" for path in unseen),
            "run `git update-index --no-assume-unchanged FILE` first",
        )


def _write(git: Git, start: StartingPoint, changes: Sequence[Change]) -> None:
    from mtor_action.processes.interruption import Interruption
    from mtor_action.processes.processes import kill_survivors
    from mtor_action.repository.restoring.journal import Journal, JournaledWork
    from mtor_action.repository.restoring.recovery import go_back
    from mtor_action.repository.worktree import write

    work = JournaledWork(f"apply-{os.getpid()}", start, start.commit, branch=None)
    journal = None
    try:
        with Interruption():
            journal = Journal.begin(git, work, changes)
        write(git.root, changes, verify=True)
        with Interruption():
            journal.remove()
            journal = None
    except BaseException:
        if journal is not None:
            go_back(git, journal, kill_survivors)
        raise


def _print_plan(plan: Plan, report: Report) -> None:
    from mtor_action.neutral import visible
    from mtor_action.report.wording import count

    for landing in plan.landings:
        note = f"  ({landing.note})" if landing.note else ""
        print(visible(f"{landing.kind:<6} {landing.path}  +{landing.added} -{landing.removed}{note}"))
    if report.written_for.commit:
        print(f"the base moved: merged from {report.written_for.commit[:12]}, for which the spec was written")
    print(f"changed {count(len(plan.changes), 'file')}" if plan.changes else "already applied: nothing changed")
