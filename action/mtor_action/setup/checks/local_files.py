"""The repository as git has it, and the two files that mtor needs in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitError, RepositoryError
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.setup import settings_text as settings_file
from mtor_action.setup import workflow
from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong
from mtor_action.setup.planned_files import existing_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.repository.git import Git

_ORIGIN_HEAD = "refs/remotes/origin/HEAD"


def working_tree(subject: DoctorSubject) -> Iterator[Finding]:
    """Check for uncommitted changes, which would make a run be refused."""
    from mtor_action.repository.restoring.status import refuse_dirty

    git = subject.git()
    try:
        head = refuse_dirty(git).head
    except RepositoryError as error:
        yield wrong("working tree", error.message, error.hint)
    else:
        yield fine("working tree", f"clean, {f'on {head.ref}' if head.ref else 'on no branch'} at {head.commit[:7]}")


def workflow_file(subject: DoctorSubject) -> Iterator[Finding]:
    """Check that the default branch has this version's workflow: GitHub takes it from nowhere else."""
    git = subject.git()
    branch, revision = _default_branch(git)
    try:
        text = git.run("cat-file", "blob", f"{revision}:{workflow.WORKFLOW_FILE}").decode("utf-8", "replace")
    except GitError:
        is_in_tree = existing_text(git.root, workflow.WORKFLOW_FILE) is not None
        step = f"commit it and push it to {branch}" if is_in_tree else "mtor init"
        yield wrong("workflow", f"{workflow.WORKFLOW_FILE} is not on {branch}", step)
        return
    compared = workflow.compare(text, workflow.known_action(text) or workflow.PLACEHOLDER, ())
    if compared.diff or compared.lost:
        step = "mtor init --check shows how, mtor init --force updates it; if that is done, pull and push"
        yield wrong("workflow", f"on {branch} it differs from what this version writes", step)
    else:
        yield fine("workflow", f"on {branch}, up to date")


def checks_heard(subject: DoctorSubject) -> Iterator[Finding]:
    """Check that ends of checks are heard where `fix_ci` is set: the App hears all, a workflow file what it names."""
    git = subject.git()
    values, mistakes = settings_file.read((existing_text(git.root, DEFAULTS_FILE) or "").encode("utf-8", "replace"))
    if mistakes or values.fix_ci != "true":
        return
    try:
        text = git.run("cat-file", "blob", f"{_default_branch(git)[1]}:{workflow.WORKFLOW_FILE}")
    except GitError:
        return  # the check `workflow` says that there is none
    if workflow.listens_to_checks(text.decode("utf-8", "replace")):
        yield fine("fix_ci", "the workflow listens to checks")
    else:
        step = f"without the App, name them under `workflow_run` in the part `checks` of {workflow.WORKFLOW_FILE}"
        yield unknown("fix_ci", "is set, and the workflow listens to no checks: only the App would hear them", step)


def settings(subject: DoctorSubject) -> Iterator[Finding]:
    """Check that `.github/mtor.yml` is valid, and says how to test."""
    from mtor_action.diagnostics import render

    text = existing_text(subject.git().root, DEFAULTS_FILE)
    if text is None:
        yield unknown("settings", f"there is no {DEFAULTS_FILE}, so every spec must say how to test", "mtor init")
        return
    values, mistakes = settings_file.read(text.encode("utf-8", "surrogateescape"))
    for mistake in mistakes:
        yield wrong("settings", render(mistake), f"correct it; mtor explain {mistake.rule} says how")
    if not mistakes:
        yield fine("settings", f"{DEFAULTS_FILE} is valid")
        yield _tests(values.test)


def _tests(commands: tuple[str, ...] | None) -> Finding:
    if commands is None:
        return wrong("tests", f"{DEFAULTS_FILE} has no `test`", 'mtor init --force --test "COMMAND", or add it by hand')
    if not commands:
        step = "name a command, unless every spec does"
        return unknown("tests", "`test: []`: pull requests are drafts that say untested", step)
    return fine("tests", "; ".join(commands))


def _default_branch(git: Git) -> tuple[str, str]:
    """Return its name and revision; HEAD where no clone ever said which branch is the default."""
    try:
        ref = git.run("symbolic-ref", "--quiet", _ORIGIN_HEAD).decode("utf-8", "replace").strip()
    except GitError:
        return "HEAD", "HEAD"
    return ref.removeprefix("refs/remotes/"), ref
