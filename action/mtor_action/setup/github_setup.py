"""`mtor init --github` and its way back: which files the pull request has, and the steps in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitError
from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.github.pulls.pulls import find_pull
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.neutral import prose
from mtor_action.setup import setup_pull_request
from mtor_action.setup.github_steps import PlannedStep, SetupStep, already, todo
from mtor_action.setup.planned_files import PlannedFile, existing_text
from mtor_action.setup.setup_pull_request import Proposal
from mtor_action.setup.workflow import WORKFLOW_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.github.client import Client
    from mtor_action.repository.git import Git
    from mtor_action.setup.guess import ProjectNeeds

BRANCH = "mtor-init"
REMOVAL_BRANCH = "mtor-remove"
SETUP_FILES = (WORKFLOW_FILE, DEFAULTS_FILE)
_RIGHT = (
    "write access, for a workflow file with the scope `workflow` (gh auth refresh --scopes workflow; a fine-grained "
    "token: Contents, Pull requests and Workflows: write)"
)


def existing_texts(git: Git, client: Client | None, base: str) -> dict[str, str | None]:
    """Return the texts that init starts from: those of the working tree, or with a client those of the branch `base`.

    With a client, a file of the working tree counts if it was changed since the last commit or GitHub has none.
    """
    local = {path: existing_text(git.root, path) for path in SETUP_FILES}
    if client is None:
        return local
    texts: dict[str, str | None] = {}
    for path, text in local.items():
        data = file_bytes(client, path, base)
        remote_text = None if data is None else data.decode("utf-8", "surrogateescape")
        is_edited = text is not None and text != _committed(git, path)
        texts[path] = text if is_edited or remote_text is None else remote_text
    return texts


def pull_request_step(client: Client, base: str, files: Sequence[PlannedFile], project: ProjectNeeds) -> SetupStep:
    """Return the step that opens the pull request with the files that branch `base` lacks as planned."""
    contents: dict[str, bytes | None] = {file.path: file.wanted.encode("utf-8", "surrogateescape") for file in files}

    def look() -> PlannedStep:
        changed = setup_pull_request.changed_files(client, base, contents)
        if not changed:
            return already("pull request", f"{base} already has both files")
        is_new = WORKFLOW_FILE in changed and file_bytes(client, WORKFLOW_FILE, base) is None
        title = "Set up mtor" if is_new else "Update mtor's set-up"
        return _proposed(client, Proposal(BRANCH, base, changed, title, _body(client, changed, project)))

    return SetupStep("pull request", look, _RIGHT, "--no-pull-request")


def removal_step(client: Client, base: str, paths: Sequence[str]) -> SetupStep:
    """Return the step that opens the pull request deleting the files, or closes an unmerged set-up."""

    def look() -> PlannedStep:
        existing = {path: None for path in paths if file_bytes(client, path, base) is not None}
        pull = find_pull(client, BRANCH, base)
        if pull and not existing:
            requests = (f"PATCH /repos/{client.full_name}/pulls/{pull.number}: closed", f"DELETE …/heads/{BRANCH}")
            return todo(
                "pull request", f"close #{pull.number} and delete {BRANCH}", requests, lambda: close(pull.number)
            )
        if not existing:
            return already("pull request", f"{base} has nothing to remove")
        body = "`mtor init --remove` deletes these files:\n\n" + "".join(f"- `{path}`\n" for path in existing)
        return _proposed(client, Proposal(REMOVAL_BRANCH, base, existing, "Remove mtor", body))

    def close(number: int) -> str:
        client.call("PATCH", f"pulls/{number}", {"state": "closed"})
        setup_pull_request.delete_branch(client, BRANCH)
        return f"closed #{number} and deleted {BRANCH}"

    return SetupStep("pull request", look, _RIGHT, "--no-pull-request")


def _proposed(client: Client, target: Proposal) -> PlannedStep:
    state = setup_pull_request.look_for(client, target)
    if state.pull:
        other = "" if state.is_wanted else "; its files are not what this version writes, and are left as they are"
        text = f"{state.pull.html_url} is open{other}"
        return already("pull request", text, "" if state.is_wanted else "merge or close it, then run this again")
    text = f"open “{target.title}” from {target.branch}: {', '.join(target.files)}"
    requests = setup_pull_request.requests_for(client, target, state)
    return todo(
        "pull request", text, requests, lambda: f"opened {setup_pull_request.propose(client, target, state).html_url}"
    )


def _body(client: Client, changed: Mapping[str, bytes | None], project: ProjectNeeds) -> str:
    lines = ["`mtor init` wrote:", "", *(f"- `{path}`" for path in changed)]
    if DEFAULTS_FILE in changed:
        lines += ["", "The commands that prepare and test this project, and why:", ""]
        rows = [("setup", guess) for guess in project.setup] + [("test", guess) for guess in project.test]
        # An indented block shows everything as it is, whatever characters it has.
        lines += [
            f"    {stage:<6}{guess.command}" + (f"   # {guess.why}" if guess.why else "") for stage, guess in rows
        ]
    lines += ["", *(f"- {prose(remark)}" for remark in project.remarks)]
    lines += ["", f"After the merge, write a spec into an issue of {client.full_name} and label it `mtor`."]
    return "\n".join(lines)


def _committed(git: Git, path: str) -> str | None:
    try:
        return git.run("cat-file", "blob", f"HEAD:{path}").decode("utf-8", "surrogateescape")
    except GitError:
        return None
