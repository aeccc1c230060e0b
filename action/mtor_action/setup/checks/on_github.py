"""The repository on GitHub, as far as the token in GITHUB_TOKEN or GH_TOKEN, or that of `gh`, may see it.

Each look names the page of the settings where a person sees what the token does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError, RequestFailureKind, Tolerance
from mtor_action.github.tokens import POLLING
from mtor_action.setup.checks.branch_rules import branches, signatures
from mtor_action.setup.checks.server_kind import server
from mtor_action.setup.checks.workflow_on_github import action, dispatch
from mtor_action.setup.connection import connect_to, token_or_gh
from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong
from mtor_action.setup.origin import repository_of, server_of
from mtor_action.setup.planned_files import existing_text
from mtor_action.setup.provider_keys import key_variable, models_in
from mtor_action.setup.workflow import WORKFLOW_FILE, passed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.github.client import Client

_PATIENCE_SECONDS = 2.0
_ALLOW = "Settings → Actions → General: allow GitHub Actions to create pull requests"
_HIDDEN = {RequestFailureKind.MISSING_PERMISSION, RequestFailureKind.FORBIDDEN, RequestFailureKind.NOT_FOUND}


class GitHubCheck(NamedTuple):
    """One check of a thing on GitHub; `by_hand` is the page where a person sees it."""

    name: str
    run: Callable[[DoctorSubject, Client], Iterator[Finding]]
    by_hand: str


def looks(subject: DoctorSubject) -> Iterator[Finding]:
    """Yield all checks on GitHub; if the repository cannot be reached, only that one."""
    repository = repository_of(subject)
    if not repository:
        server = server_of(subject)
        yield unknown(
            "GitHub", f"the remote `origin` is not a repository at {server}", "add it, or set GITHUB_SERVER_URL"
        )
        return
    try:
        token = token_or_gh(subject)
    except MtorError as error:
        yield unknown("GitHub", f"{repository} was not checked: {error.message}", error.hint)
        return
    with connect_to(subject, repository, token, _PATIENCE_SECONDS) as client:
        try:
            yield from _repository(client)
        except MtorError as error:
            yield wrong("GitHub", error.message, error.hint)
            return
        for look in LOOKS:
            yield from _guarded(look, subject, client)


def _guarded(look: GitHubCheck, subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    try:
        yield from look.run(subject, client)
    except MtorError as error:
        if isinstance(error, GitHubError) and error.kind in _HIDDEN:
            yield unknown(look.name, "this token may not see it", look.by_hand)
        else:
            yield unknown(look.name, error.message, error.hint)


def _repository(client: Client) -> Iterator[Finding]:
    answer = client.call("GET", "")
    if answer.flag("archived"):
        yield wrong("GitHub", f"{client.full_name} is archived", "unarchive it in its settings")
    elif answer.at("has_issues").value is False:
        yield wrong("GitHub", f"{client.full_name} has no issues", "Settings → General → Features: Issues")
    else:
        yield fine("GitHub", f"{client.full_name}, default branch {answer.text('default_branch')}")


def _workflow(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    answer = client.find("actions/workflows/mtor.yml")
    if answer is None:
        yield wrong("workflow", "GitHub has no workflow mtor.yml", "push it to the default branch")
    elif answer.text("state") == "active":
        yield fine("workflow", "GitHub knows it, and it is active")
    else:
        yield wrong("workflow", f"it is {answer.text('state')} on GitHub", "gh workflow enable mtor.yml")


def _actions(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    answer = client.call("GET", "actions/permissions")
    allowed = answer.text("allowed_actions")
    page = "Settings → Actions → General"
    if not answer.flag("enabled"):
        yield wrong("Actions", "switched off", f"{page}: allow them")
    elif allowed == "local_only":
        yield wrong("Actions", "only those of this repository's owner may be used", f"{page}: allow actions/*, mtor")
    elif allowed == "selected":
        yield unknown(
            "Actions", "only selected ones may be used", f"see in {page} that actions/* and mtor are among them"
        )
    else:
        yield fine("Actions", "enabled")


def _publishing(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check which token opens pull requests, and that GITHUB_TOKEN may: with the App, it opens a model's code."""
    variables = _variables(client)
    bot_url = variables.get("MTOR_BOT_URL", "").strip()
    if bot_url and bot_url != POLLING:
        account = f"the App at {bot_url}"
    elif variables.get("MTOR_APP_ID"):
        account = f"the App {variables['MTOR_APP_ID']} and its private key"
    else:
        account = "GITHUB_TOKEN"
    if client.call("GET", "actions/permissions/workflow").flag("can_approve_pull_request_reviews"):
        # https://docs.github.com/actions/concepts/security/github_token
        waits = ": CI of pull requests waits until someone presses Approve workflows to run"
        ci = waits if account == "GITHUB_TOKEN" else ""
        yield fine("publishing", f"with {account}{ci}")
    elif account == "GITHUB_TOKEN":
        yield wrong("publishing", "with GITHUB_TOKEN, which may not create pull requests here", _ALLOW)
    else:
        words = f"with {account}; but a model's code is opened with GITHUB_TOKEN, which may not create pull requests"
        yield wrong("publishing", words, _ALLOW)


def _variables(client: Client) -> dict[str, str]:
    """Return the variables that a workflow of the repository sees; its own override its organization's.

    https://docs.github.com/rest/actions/variables#list-repository-organization-variables (read 2026-11-29)
    """
    own = {item.text("name"): item.text("value") for item in client.pages("actions/variables", key="variables")}
    with Tolerance(*_HIDDEN):  # as where there is no organization
        listed = client.pages("actions/organization-variables", key="variables")
        return {item.text("name"): item.text("value") for item in listed} | own
    return own


def _label(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    if client.find("labels/mtor"):
        yield fine("label", "`mtor` is there")
    else:
        yield wrong("label", "the label `mtor`, which starts jobs, does not exist", "gh label create mtor")


def _secrets(subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check the names of secrets; GitHub never shows a value."""
    models = models_in(subject.settings())
    existing = _secret_names(client) if models else set()
    passed = passed_on(existing_text(subject.git().root, WORKFLOW_FILE) or "")
    for model in models:
        secret = key_variable(model)
        if secret == "":
            yield fine("secrets", f"{model} needs no key")
        elif secret is None:
            step = "see that its key is a secret, and pass it on between the `keys` lines of the workflow"
            yield unknown("secrets", f"{model}: its name does not tell which key it needs", step)
        elif secret not in existing:
            yield wrong("secrets", f"{secret} is missing for {model}", f"gh secret set {secret}")
        elif secret not in passed:
            yield wrong("secrets", f"the workflow does not pass on {secret}, for {model}", "mtor init --force")
        else:
            yield fine("secrets", f"{secret} is there for {model}")


def _secret_names(client: Client) -> set[str]:
    names = {item.text("name") for item in client.pages("actions/secrets", key="secrets")}
    with Tolerance(RequestFailureKind.NOT_FOUND):  # as where there is no organization
        names |= {item.text("name") for item in client.pages("actions/organization-secrets", key="secrets")}
    return names


_WORKFLOW = "look at .github/workflows/mtor.yml on the default branch"
_GENERAL = "look at Settings → Actions → General"
LOOKS = (
    GitHubCheck("server", server, "if it is GitHub Enterprise Server, mtor does not run there"),
    GitHubCheck("workflow", _workflow, "look at the tab Actions"),
    GitHubCheck("inputs", dispatch, _WORKFLOW),
    GitHubCheck("action", action, "if its repository is private, look at its Settings → Actions → General → Access"),
    GitHubCheck("Actions", _actions, _GENERAL),
    GitHubCheck("publishing", _publishing, f"{_GENERAL}: may GitHub Actions create pull requests?"),
    GitHubCheck("label", _label, "look at Issues → Labels for `mtor`"),
    GitHubCheck("branches", branches, "look at Settings → Rules for what covers mtor/**"),
    GitHubCheck("signatures", signatures, "look at Settings → Rules and Branches for `Require signed commits`"),
    GitHubCheck("secrets", _secrets, "look at Settings → Secrets and variables → Actions"),
)
