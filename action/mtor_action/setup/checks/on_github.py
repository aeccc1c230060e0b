"""The repository on GitHub, as far as the token in GITHUB_TOKEN or GH_TOKEN may see it.

Each look names the page of the settings where a person sees what the token does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.setup.checks.finding import fine, unknown, wrong
from mtor_action.setup.checks.origin import SERVER, repository_of, server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.github.client import Client
    from mtor_action.setup.checks.finding import DoctorSubject, Finding

_PATIENCE_SECONDS = 2.0
_HIDDEN = {RequestFailureKind.MISSING_PERMISSION, RequestFailureKind.FORBIDDEN, RequestFailureKind.NOT_FOUND}
# Rules of a branch that keep mtor from writing it: https://docs.github.com/rest/repos/rules#get-rules-for-a-branch
_IN_THE_WAY = {
    "creation": "creating branches",
    "update": "pushing",
    "pull_request": "pushing without a pull request",
    "required_signatures": "unsigned commits",
}


class GitHubCheck(NamedTuple):
    """One thing; `by_hand` is where a person sees it."""

    name: str
    run: Callable[[DoctorSubject, Client], Iterator[Finding]]
    by_hand: str


def looks(subject: DoctorSubject) -> Iterator[Finding]:
    """Yield everything on GitHub; where the repository cannot be reached, that and no more."""
    repository, token = repository_of(subject), _token(subject)
    if not repository:
        server = server_of(subject)
        yield unknown(
            "GitHub", f"the remote `origin` is not a repository at {server}", "add it, or set GITHUB_SERVER_URL"
        )
        return
    if not token:
        step = "GH_TOKEN=$(gh auth token) mtor doctor"
        yield unknown("GitHub", f"{repository} was not checked: neither GITHUB_TOKEN nor GH_TOKEN is set", step)
        return
    with _connect(subject, repository, token) as client:
        try:
            yield from _repository(client)
        except MtorError as error:
            yield wrong("GitHub", error.message, error.hint)
            return
        for look in LOOKS:
            yield from _guarded(look, subject, client)


def _token(subject: DoctorSubject) -> str:
    return subject.environ.get("GITHUB_TOKEN") or subject.environ.get("GH_TOKEN") or ""


def _connect(subject: DoctorSubject, repository: str, token: str) -> Client:
    from importlib.util import find_spec

    from mtor_action.github.client import API_URL, connect

    if not find_spec("githubkit"):
        raise MtorError("asking GitHub needs githubkit, which is not installed", "install the extra `publish`")
    server = server_of(subject)
    # The token goes to the server that the environment names, never to one that the repository's files name.
    default = API_URL if server == SERVER else f"{server}/api/v3"
    api_url = subject.environ.get("GITHUB_API_URL") or default
    return connect(token, repository, api_url=api_url, patience_seconds=_PATIENCE_SECONDS)


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
    try:
        state = client.call("GET", "actions/workflows/mtor.yml").text("state")
    except GitHubError as error:
        if error.kind is not RequestFailureKind.NOT_FOUND:
            raise
        yield wrong("workflow", "GitHub has no workflow mtor.yml", "push it to the default branch")
        return
    if state == "active":
        yield fine("workflow", "GitHub knows it, and it is active")
    else:
        yield wrong("workflow", f"it is {state} on GitHub", "gh workflow enable mtor.yml")


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
    """Check which token opens pull requests: the bot's, that of an App of one's own, or GITHUB_TOKEN."""
    variables = {item.text("name"): item.text("value") for item in client.pages("actions/variables", key="variables")}
    if variables.get("MTOR_BOT_URL"):
        yield fine("publishing", f"with the App at {variables['MTOR_BOT_URL']}")
    elif variables.get("MTOR_APP_ID"):
        yield fine("publishing", f"with the App {variables['MTOR_APP_ID']} and its private key")
    elif client.call("GET", "actions/permissions/workflow").flag("can_approve_pull_request_reviews"):
        # https://docs.github.com/actions/concepts/security/github_token (read on 2026-11-29)
        words = "CI of pull requests waits until someone presses Approve workflows to run"
        yield fine("publishing", f"with GITHUB_TOKEN: {words}")
    else:
        step = "Settings → Actions → General: allow GitHub Actions to create pull requests; or use the App"
        yield wrong("publishing", "with GITHUB_TOKEN, which may not create pull requests here", step)


def _label(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    try:
        client.call("GET", "labels/mtor")
    except GitHubError as error:
        if error.kind is not RequestFailureKind.NOT_FOUND:
            raise
        yield wrong("label", "the label `mtor`, which starts jobs, does not exist", "gh label create mtor")
    else:
        yield fine("label", "`mtor` is there")


def _rules(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    rule_types = {rule.text("type") for rule in client.pages("rules/branches/mtor%2Fdoctor")}
    forbidden = [words for kind, words in _IN_THE_WAY.items() if kind in rule_types]
    if forbidden:
        step = "Settings → Rules: except mtor/** there, or let the App bypass it"
        yield wrong("branches", f"a ruleset forbids {', '.join(forbidden)} on mtor/**", step)
    else:
        yield fine("branches", "no ruleset keeps mtor from writing mtor/**")


def _secrets(subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check the names of secrets; GitHub never shows a value."""
    from mtor_action.setup.checks.models import models_in_use

    names = models_in_use(subject)
    existing = _secret_names(client) if names else set()
    for name in names:
        secret = _secret_of(name)
        if secret not in _passed_on():
            step = f"see that {secret} is a secret, and pass it on between the `keys` lines of the workflow"
            yield unknown("secrets", f"{name}: the workflow does not know its key by itself", step)
        elif secret in existing:
            yield fine("secrets", f"{secret} is there for {name}")
        else:
            yield wrong("secrets", f"{secret} is missing for {name}", f"gh secret set {secret}")


def _secret_names(client: Client) -> set[str]:
    names = {item.text("name") for item in client.pages("actions/secrets", key="secrets")}
    try:
        return names | {item.text("name") for item in client.pages("actions/organization-secrets", key="secrets")}
    except GitHubError as error:
        if error.kind is not RequestFailureKind.NOT_FOUND:  # as where there is no organization
            raise
        return names


def _secret_of(model: str) -> str:
    """Return the variable for the model's provider, by litellm's custom, as the workflow passes it on."""
    from mtor_action.model.keys import provider_of

    provider = provider_of(model).upper()
    usual = f"{provider}_API_KEY"
    alike = (name for name in _passed_on() if name.replace("_", "") == usual.replace("_", ""))
    return next(alike, usual)


def _passed_on() -> frozenset[str]:
    from mtor_action.setup.workflow import render

    return frozenset(re.findall(r"^ *([A-Z_]+_API_KEY): ", render("", ()), re.MULTILINE))


_GENERAL = "look at Settings → Actions → General"
LOOKS = (
    GitHubCheck("workflow", _workflow, "look at the tab Actions"),
    GitHubCheck("Actions", _actions, _GENERAL),
    GitHubCheck("publishing", _publishing, f"without the App, {_GENERAL}: may GitHub Actions create pull requests?"),
    GitHubCheck("label", _label, "look at Issues → Labels for `mtor`"),
    GitHubCheck("branches", _rules, "look at Settings → Rules for what covers mtor/**"),
    GitHubCheck("secrets", _secrets, "look at Settings → Secrets and variables → Actions"),
)
