"""The spec fetched and planned again, here, against the base that the artifact names, and the artifact judged by it.

Nothing is taken from the artifact unseen: the base must be a commit of the branch that the work is for, the spec must
be what was asked for, the scope is that of the spec, of the base and of the default branch together.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.branches.repositories import branch_has, branch_head, repository
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.pulls.published_change import check_spec, check_state
from mtor_action.github.sources.spec_source import FetchedSpec, fetch_spec
from mtor_action.github.texts.authors import standing
from mtor_action.github.texts.pins import digest
from mtor_action.handover.checking import PUBLISHED, Checked, check
from mtor_action.handover.history import fetch_origin
from mtor_action.job_start.predecessors_on_github import branch_with, order_of
from mtor_action.preparation.preparation import Prepared, against, defaults_in, follow_base, settle
from mtor_action.preparation.remake_merge import CarriedChange, prepare_remake
from mtor_action.preparation.setting_changes import setting_changes
from mtor_action.publish.branch_choice import own_branch
from mtor_action.publish.verified import PublishTarget, Source, Verified
from mtor_action.report.operation_rows import operation_reports, with_implementers_changes
from mtor_action.report.report import OperationReport, Outcome, Report, WrittenForRecord, new_report
from mtor_action.report.wording import used_model
from mtor_action.repository.head import is_branch_name
from mtor_action.repository.remote import fetch
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.scope.expected_values import named_tests
from mtor_action.scope.look_first import look_first
from mtor_action.scope.scope import scope_of

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.handover.reading import Received
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.publish.credentials import ActingAccount, Credentials
    from mtor_action.publish.inputs import Order
    from mtor_action.repository.attributes import Attributes
    from mtor_action.repository.git import Git
    from mtor_action.tree.tree import Tree

_WORDS = re.compile(r"[\w.,:/#+-]+")
_DEFAULT = "refs/mtor/default"


def find_source(git: Git, order: Order, credentials: Credentials, received: Received) -> Source:
    """Fetch spec, settings and branches. Raises SpecChanged, GitHubError, GitError, MtorError."""
    account = credentials.own
    # The work job says the title that the branch is named after; another branch is asked about when it is known.
    title = received.report.spec.title
    branches = [own_branch(order.number, title)] if title else []
    # Without pins these are what is compared with the work job's, and they are made of REST's words.
    ask_ahead(account.client, *branches, issue=order.number if order.pins else 0)
    # The App's token may not read runs, which is asked of one that a person started.
    reading = account if order.pins else credentials.quiet
    fetched = fetch_spec(reading.client, order.number, order.pins, run_id=order.run_id)
    # Started by a person: the work job has read the same texts, or one of them was edited since.
    if not order.pins and digest(fetched.pins) != digest(received.handover.pins):
        raise SpecChanged(f"#{order.number}", "the spec was edited while the job ran", "run it again")
    if fetched.pull_request and not fetched.pull_request.same_repository:
        raise MtorError(
            "the pull request comes from a fork, whose branch cannot be written from here",
            "push its branch to this repository and ask there",
        )
    spec = fetched.spec(_title(fetched))
    default_branch = repository(account.client).default_branch
    credentials.quiet.client.node_id = account.client.node_id
    fetch(git, account.remote, [f"+refs/heads/{default_branch}:{_DEFAULT}"])
    with BaseTree(git, _DEFAULT) as tree:
        file = defaults_in(tree)
    target = _target(account.client, spec, file.settings, fetched, default_branch)
    if target.pull is None:
        before = order_of(account.client, order.number, spec, is_blocked=fetched.is_blocked)
        target = target._replace(branch=branch_with(account.client, before, received.handover.base, target.branch))
    # Of the artifact nothing is taken for this: what ran in the work job could have written it.
    trusted = standing(account.client, fetched.authors, account.token.authors)
    if trusted.outsiders and account.client.forget_presumed():  # REST may name another author
        fetched = fetch_spec(account.client, order.number, order.pins)
        trusted = standing(account.client, fetched.authors, account.token.authors)
    source = Source(spec, file, target, fetched.authors, trusted, fetched.written_at, only_on=fetched.only_on)
    if fetched.change is None:
        return source
    check_spec(spec, fetched.change)
    check_state(account.client, order.pins[0], fetched.change)
    into = target._replace(branch=fetched.change.base_ref)
    return source._replace(target=into, change=fetched.change, pin=order.pins[0])


def _title(fetched: FetchedSpec) -> str:
    """The issue's title; one that no pin holds may be anybody's, and CI may paste it into a shell: words only."""
    is_pinned = any(pin.kind == "issue" and not pin.of for pin in fetched.pins)
    return fetched.title if is_pinned else " ".join(_WORDS.findall(fetched.title))


def _target(client: Client, spec: Spec, defaults: Settings, fetched: FetchedSpec, default_branch: str) -> PublishTarget:
    if fetched.pull_request:
        if fetched.pull_request.head_ref == default_branch:
            raise MtorError(
                f"the pull request's branch is {default_branch}, the default branch, which no job pushes to",
                "ask on an issue, so that the work gets a branch and a review of its own",
            )
        return PublishTarget(fetched.pull_request.head_ref, fetched.pull_request)
    # `base` may also be a tag or a commit; a pull request needs a branch.
    requested = spec.settings.base or defaults.base
    if requested and requested != default_branch and is_branch_name(requested) and branch_head(client, requested):
        return PublishTarget(requested, None)
    return PublishTarget(default_branch, None)


def verify(
    git: Git, account: ActingAccount, source: Source, base: str, received: Received, *, may_merge: bool = True
) -> Verified:
    """Plan again on `base` and judge the artifact. Raises MtorError with every reason to refuse it.

    Without `may_merge` nothing is fetched to merge a spec that does not apply to the base, and that names no commit.
    """
    _check_base(account.client, source, base)
    fetch(git, account.remote, [f"+{base}:refs/mtor/base"])
    with BaseTree(git, base) as tree:
        attributes = attributes_of(git, tree, of_machine=False)
        prepared = against(source.spec, base, tree, source.file, attributes)
        if may_merge or source.spec.settings.written_for:
            prepared = _followed(git, account, source, prepared, tree)
        plan = prepared.plan._replace(diagnostics=prepared.diagnostics)
        settings = (prepared.settings, settle(source.spec, source.file).settings)
        scopes = [scope_of(plan, limits, tree) for limits in settings]
        formats = bool(prepared.settings.format)
        offered = dict(received.handover.implementer)
        checked = check(plan, tree, scopes, received.report, offered, formats=formats)
        outputs = [command.output_tail for command in received.report.commands]
        tests = named_tests(outputs, plan, tree) if checked.implementer else {}
        checked = _as_stored(checked, attributes)
        if not checked.refusals:
            _check_filled(prepared, checked, received.report, tree)
    if checked.refusals:
        raise MtorError(
            f"everything that the work job handed over is refused: {'; '.join(checked.refusals)}",
            "a command or the implementer wrote something that it must not: read the run's log, then run it again",
        )
    report = _report(prepared, checked, received.report)
    report.look_first = look_first(checked.implementer, tests)
    return Verified(source, base, checked, report, is_merged=prepared.moved is not None)


def _check_base(client: Client, source: Source, base: str) -> None:
    """Raise MtorError unless the recorded base is one that the work may be published on; GitHubError."""
    if source.only_on not in ("", base):
        raise MtorError(
            f"the recorded base {base[:12]} is not {source.only_on[:12]}, for which this was asked", "run it again"
        )
    if not base or not branch_has(client, source.target.branch, base):
        raise MtorError(
            f"the recorded base {base[:12] or '(none)'} is not a commit of the branch {source.target.branch}",
            "if the branch was rewritten meanwhile, run it again",
        )


def verify_remake(git: Git, account: ActingAccount, source: Source, received: Received) -> Verified:
    """Carry the pull request's change onto the pinned commit again, and judge the artifact by it.

    Raises MtorError with every reason to refuse it.
    """
    change, pin, handover = source.change, source.pin, received.handover
    if change is None or pin is None:
        raise TypeError("the work is not for a pull request that is remade")
    if handover.base != pin.onto:
        raise MtorError(
            f"the artifact was tested on {handover.base[:12] or '(nothing)'}, expected {pin.onto[:12]}", "run it again"
        )
    if handover.implementer or used_model(received.report):
        raise MtorError("a pull request is remade without a model, and the artifact has its changes", "run it again")
    ids = dict.fromkeys((pin.onto, change.start, change.head))
    fetch(git, account.remote, [f"+{commit}:refs/mtor/remake-{number}" for number, commit in enumerate(ids)])
    carried = CarriedChange(change.start, change.head)
    prepared = prepare_remake(git, source.spec, carried, pin.onto, source.file, of_machine=False)
    if prepared.diagnostics and received.report.outcome in PUBLISHED:
        raise MtorError(
            f"#{change.number} cannot be carried onto {pin.onto[:12]}: {prepared.diagnostics[0].message}",
            prepared.diagnostics[0].help,
        )
    checked = Checked(prepared.plan.changes)
    return Verified(source, pin.onto, checked, _report(prepared, checked, received.report), is_merged=True)


def _check_filled(prepared: Prepared, checked: Checked, reported: Report, tree: Tree) -> None:
    """Raise MtorError for green work that left out a body which the spec leaves to the implementer."""
    if reported.outcome not in (Outcome.CLEAN, Outcome.FIXED) or not prepared.settings.fill:
        return
    from mtor_action.plan.filling import parts_of, unfilled
    from mtor_action.preparation.fill_faults import content_after

    written = {change.path: change.after for change in (*checked.own, *checked.implementer)}
    for fill in prepared.settings.fill:
        path, _ = parts_of(fill)
        before, after = content_after(path, prepared.plan, tree), written.get(path)
        if reason := unfilled(fill, before, after.content if after else before):
            raise MtorError(f"the work job reports green tests, and {reason}", "read the run's log, then run it again")


def _followed(git: Git, account: ActingAccount, source: Source, planned: Prepared, tree: BaseTree) -> Prepared:
    """Follow a base that moved, by what is fetched here: nothing of this is taken from the artifact."""
    origin = fetch_origin(account.client, git, account.remote, planned, source.written_at)
    return follow_base(git, planned, tree, origin)


def _as_stored(checked: Checked, attributes: Attributes) -> Checked:
    """What is beyond the plan as git stores it, or with a refusal for each file that a filter driver would convert."""
    paths = [change.path for change in (*checked.formatted, *checked.implementer)]
    result = attributes.after(checked.own).after(checked.implementer)
    drivers = attributes.filters(paths) | result.filters(paths)
    if drivers:
        refusals = tuple(f"{path}: git has a filter driver for it, which is never run" for path in sorted(drivers))
        return checked._replace(refusals=(*checked.refusals, *refusals))
    return checked._replace(formatted=result.normal(checked.formatted), implementer=result.normal(checked.implementer))


def is_published(report: Report) -> bool:
    """Return whether an outcome like this report's leads to a branch."""
    return report.outcome in PUBLISHED


def _report(prepared: Prepared, checked: Checked, reported: Report) -> Report:
    spec = prepared.spec
    return replace(
        reported,
        spec=new_report(spec, spec.texts[0].name, "").spec,
        base=prepared.base,
        written_for=prepared.moved.as_report() if prepared.moved else WrittenForRecord(),
        operations=_operations(prepared.plan, checked, reported),
        formatted=[change.path for change in checked.formatted],
        settings=[change.as_report() for change in setting_changes(prepared)],
        fill=[fill.text for fill in prepared.settings.fill],
        untested=not prepared.settings.test,
    )


def _operations(plan: Plan, checked: Checked, reported: Report) -> list[OperationReport]:
    changed = {change.path for change in checked.implementer}
    rows = operation_reports(plan)
    for row in rows:
        if row.placement == "model" and row.path not in changed:
            row.placement = "unplaced"
    by = "the implementer" if used_model(reported) else "a format command"
    return with_implementers_changes(rows, checked.implementer, by)
