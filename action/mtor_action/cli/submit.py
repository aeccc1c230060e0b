"""`mtor submit SPEC…`: from files to labelled issues. Every spec is checked first, and the labels come last."""

from __future__ import annotations

import fcntl
import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.cli.sources import read_specs
from mtor_action.errors import MtorError, RepositoryError, UsageError
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.settings_block.predecessors import issue_number
from mtor_action.manifest.text import Part
from mtor_action.order.batch import Batch, read_batch
from mtor_action.preparation.batch_plans import BatchPlans, Unplanned
from mtor_action.preparation.preparation import defaults_in
from mtor_action.report.report import Outcome
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.base_tree import BaseTree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from mtor_action.github.client import Client
    from mtor_action.github.issues.issue_filing import FiledIssue, FiledSpec

_PLAN = re.compile(r"#?(?P<issue>[1-9][0-9]{0,9})@(?P<hash>[0-9a-fA-F]{8,64})")
_MOST_TITLE = 256  # characters of an issue's title, on GitHub


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare SPEC…, the label, and `--dry-run`."""
    add = parser.add_argument
    what = "a Markdown file, - for stdin, or a plan on an issue by its hash (#12@1a2b3c4d); each becomes an issue"
    add("specs", nargs="+", metavar="SPEC", help=what)
    add("--label", default="mtor", metavar="NAME", help="the label that starts the job (default: mtor)")
    add("--no-label", action="store_true", help="file the issues but start nothing")
    add("--dry-run", action="store_true", help="check against GitHub and show what would be filed")


@dataclass(slots=True)
class _Submission:
    """One argument: its spec, what is filed of it, and the issue once there is one."""

    argument: str
    spec: Spec
    filed: FiledSpec | None = None
    issue: FiledIssue | None = None
    labelled: bool = False
    is_empty: bool = False
    base: str = ""  # the commit that it plans cleanly on: the base's tip, or an earlier one


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if every spec is in a labelled issue, 2 if one would not apply: then none is filed."""
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.finding import DoctorSubject

    git = Git.open(Path(arguments.repo or "."))
    with _alone(git, is_dry=arguments.dry_run), connect_to_origin(DoctorSubject(git.root, os.environ)) as client:
        submissions = [_Submission(argument, spec) for argument, spec in _specs(client, arguments.specs)]
        batch = read_batch([(each.argument, each.spec) for each in submissions], str(Path.cwd()))
        if not _all_apply(git, client, submissions, batch):
            return Outcome.REJECTED.exit_code
        for submission in submissions:
            submission.filed = _texts_of(submission, {})
        for place in batch.order:
            _file(client, submissions, place, batch, is_dry=arguments.dry_run)
        if not (arguments.dry_run or arguments.no_label):
            for submission in submissions:
                _label(client, submission, arguments.label)
    _print_submissions(submissions, arguments)
    return 0


def _specs(client: Client, arguments: list[str]) -> list[tuple[str, Spec]]:
    """Return each file's spec, and of a plan on an issue all of its specs by their own names."""
    from mtor_action.job_start.spec_texts import specs_of_plan

    specs: list[tuple[str, Spec]] = []
    files: list[str] = []
    for argument in arguments:
        plan = _PLAN.fullmatch(argument)
        if plan is None:
            files.append(argument)
            continue
        texts = specs_of_plan(client, int(plan["issue"]), plan["hash"].lower())
        specs += [(name, parse_spec([Part(name, text.encode("utf-8", "replace"))])) for name, text in texts.items()]
    return [*(read_specs(files) if files else ()), *specs]


@contextmanager
def _alone(git: Git, *, is_dry: bool) -> Iterator[None]:
    """Let no other submission from this clone file meanwhile, until this process ends. Raises MtorError if one does."""
    if is_dry:
        yield
        return
    git.state_dir.mkdir(parents=True, exist_ok=True)
    with (git.state_dir / "submit.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            step = "wait for it, then run this again: nothing is filed twice"
            raise MtorError("another `mtor submit` is filing from this clone", step) from error
        yield


def _all_apply(git: Git, client: Client, submissions: list[_Submission], batch: Batch) -> bool:
    """Plan every spec on the tip of its base on GitHub, after those that it comes after, and print the mistakes."""
    specs = [(each.argument, _on_its_tip(git, client, each.spec)) for each in submissions]
    plans = BatchPlans(git, specs, batch, _tip(git, client, _default_branch(client)))
    fine = True
    for place, submission in enumerate(submissions):
        if place in batch.order and not submission.spec.diagnostics:
            continue
        print_diagnostics([*submission.spec.diagnostics, *batch.diagnostics[place]])
        fine = _refused(submission, "")
    for place in batch.order if fine else ():
        planned = plans.plan(place)
        if isinstance(planned, Unplanned):
            fine = _refused(submissions[place], f": {planned.reason}")
            continue
        diagnostics = [*batch.diagnostics[place], *submissions[place].spec.with_source(planned.faults)]
        print_diagnostics(diagnostics)
        fine = fine and not (diagnostics and not _refused(submissions[place], ""))
        submissions[place].is_empty = not planned.plan.changes
        submissions[place].base = planned.moved.commit if planned.moved else planned.base
    return fine


def _refused(submission: _Submission, reason: str) -> bool:
    print(f"mtor: {submission.argument} would not apply{reason}; nothing was filed", file=sys.stderr)
    return False


def _on_its_tip(git: Git, client: Client, spec: Spec) -> Spec:
    """Return the spec with the commit that its base is at on GitHub now, for a plan only."""
    tip = _tip(git, client, _default_branch(client))
    base = spec.settings.base
    if base is None:
        with BaseTree(git, tip) as tree:
            base = defaults_in(tree).settings.base
    return spec._replace(settings=spec.settings._replace(base=_tip(git, client, base) if base else tip))


def _default_branch(client: Client) -> str:
    from mtor_action.github.branches.repositories import repository

    return repository(client).default_branch


def _tip(git: Git, client: Client, branch: str) -> str:
    """Return the branch's tip on GitHub, whose objects are here afterwards; no branch of this clone is moved."""
    from mtor_action.github.branches.repositories import branch_head
    from mtor_action.repository.head import resolve
    from mtor_action.repository.remote import Remote, fetch
    from mtor_action.setup.connection import token_or_gh
    from mtor_action.setup.finding import DoctorSubject
    from mtor_action.setup.origin import server_of

    subject = DoctorSubject(git.root, os.environ)
    commit = branch_head(client, branch)
    if commit is None:
        try:
            return resolve(git, branch)
        except RepositoryError as error:
            message = f"{client.full_name} has no branch {branch}"
            raise MtorError(message, "push it first, or name another `base`") from error
    try:
        return resolve(git, commit)
    except RepositoryError:
        remote = Remote(f"{server_of(subject)}/{client.full_name}.git", token_or_gh(subject))
        fetch(git, remote, [f"refs/heads/{branch}"], depth=None)
        return resolve(git, commit)


def _texts_of(submission: _Submission, numbers: Mapping[str, int]) -> FiledSpec:
    """Return what is filed; `numbers` are the issues of the files that its `after` names. Raises MtorError."""
    from mtor_action.authoring.pinning import pinned
    from mtor_action.authoring.splitting import CONTINUATION, MOST_CHARACTERS, split
    from mtor_action.authoring.successors import after_issues
    from mtor_action.github.issues.issue_filing import FiledSpec, mark_of

    # The numbers of issues may be longer than the names that they replace.
    room = MOST_CHARACTERS - len(mark_of("0" * 64)) - 200
    texts = after_issues(submission.spec, numbers) if numbers else _texts(submission.spec)
    first, *others = pinned(submission.spec, texts, submission.base)
    texts = split(first, room)
    for other in others:
        texts += [text if text.startswith("/mtor spec") else CONTINUATION + text for text in split(other, room)]
    title = " ".join(submission.spec.title.split())[:_MOST_TITLE]
    if not title:
        raise UsageError(f"{submission.argument} has no title", "begin it with a heading, or set `title`")
    return FiledSpec(title, tuple(texts))


def _texts(spec: Spec) -> list[str]:
    return [lines.data.decode("utf-8") for lines in spec.texts]


def _file(client: Client, submissions: list[_Submission], place: int, batch: Batch, *, is_dry: bool) -> None:
    """File one spec; those that it comes after are filed already. Their issues replace the files in its `after`."""
    from mtor_action.github.issues.issue_filing import file_issue, find_issue

    submission = submissions[place]
    numbers = _issues_before(submissions, place, batch)
    if submission.is_empty or numbers is None:
        return
    submission.filed = _texts_of(submission, numbers)
    submission.issue = (find_issue if is_dry else file_issue)(client, submission.filed)


def _issues_before(submissions: list[_Submission], place: int, batch: Batch) -> dict[str, int] | None:
    """Return the issue of each file that `after` names, 0 for a spec that is applied already; None if one is unknown.

    Only a dry run does not know one.
    """
    names = [name.text for name in submissions[place].spec.settings.after if issue_number(name.text) is None]
    numbers: dict[str, int] = {}
    for name, before in zip(names, batch.after[place], strict=True):
        predecessor = submissions[before]
        if predecessor.issue is None and not predecessor.is_empty:
            return None
        numbers[name] = predecessor.issue.number if predecessor.issue else 0
    return numbers


def _label(client: Client, submission: _Submission, name: str) -> None:
    from mtor_action.github.issues.issue_filing import label

    if submission.issue is not None and submission.issue.is_open:
        submission.labelled = label(client, submission.issue.number, name)


def _print_submissions(submissions: list[_Submission], arguments: argparse.Namespace) -> None:
    from mtor_action.neutral import visible

    for submission in submissions:
        if arguments.json:
            issue = submission.issue
            print_json(
                {
                    "spec": submission.argument,
                    "title": submission.filed.title if submission.filed else "",
                    "texts": len(submission.filed.texts) if submission.filed else 0,
                    "empty": submission.is_empty,
                    "issue": issue.number if issue else None,
                    "url": issue.html_url if issue else "",
                    "filed": bool(issue and issue.is_new),
                    "labelled": submission.labelled,
                }
            )
        else:
            print(visible(f"{submission.argument}: {_sentence(submission, arguments)}"))


def _sentence(submission: _Submission, arguments: argparse.Namespace) -> str:
    issue, filed = submission.issue, submission.filed
    if submission.is_empty:
        return "already applied, so nothing was filed"
    number = len(filed.texts) - 1 if filed else 0
    comments = f" and {number} comment{'s' if number > 1 else ''}" if number else ""
    if issue is None:
        return f"would be an issue{comments}, titled {filed.title if filed else ''}"
    if not issue.is_open:
        return (
            f"already filed as #{issue.number}, which is closed: reopen and label it to run it again  {issue.html_url}"
        )
    word = f"filed as #{issue.number}{comments}" if issue.is_new else f"already filed as #{issue.number}"
    started = ", labelled" if submission.labelled else (", not labelled" if arguments.no_label else "")
    return f"{word}{started}  {issue.html_url}"
