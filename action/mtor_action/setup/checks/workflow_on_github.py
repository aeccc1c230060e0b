"""The workflow file as the default branch on GitHub has it: what the App sends to it and finds it by; its action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.neutral import one_line
from mtor_action.setup import workflow
from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client

_UPDATE = "mtor init --force, then push it to the default branch"


class WorkflowFacts(NamedTuple):
    """The parts the App depends on: the name of runs, the inputs, and the action's repository (or "")."""

    run_name: str
    inputs: frozenset[str]
    action: str


def dispatch(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check that the App's runs can be started, and found again by their name."""
    facts = _facts(client)
    if facts is None:
        return  # the check `workflow` says that there is none
    current = read_workflow(workflow.render("", ()))
    missing = sorted(current.inputs - facts.inputs)
    if missing:
        words = f"the workflow on the default branch lacks {', '.join(missing)}: it is older than what the App sends"
        yield wrong("inputs", words, _UPDATE)
    else:
        yield fine("inputs", "the workflow takes all that the App sends")
    if facts.run_name != current.run_name:
        words = f"run-name is {one_line(facts.run_name, 80) or 'missing'}: the App would not find its runs"
        yield wrong("run-name", words, f"write run-name: {current.run_name}")
    else:
        yield fine("run-name", "as the App expects it")


def action(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check that this repository may use the action, if that is in a private one.

    https://docs.github.com/actions/how-tos/reuse-automations/share-across-private-repositories
    """
    facts = _facts(client)
    if facts is None or not facts.action or facts.action.casefold() == client.full_name.casefold():
        return
    name = facts.action
    repository = client.find(f"/repos/{name}")
    if repository is None:
        step = f"if it is private, {_share(name)}"
        yield unknown("action", f"this token does not see {name}, which has the action", step)
        return
    if not repository.flag("private"):
        yield fine("action", f"{name} is public")
        return
    level = client.call("GET", f"/repos/{name}/actions/permissions/access").text("access_level")
    if level in ("organization", "enterprise", "user"):
        yield from _shared(name, level, client)
    else:
        yield wrong("action", f"{name} is private and lets no other repository use its action", _share(name))


def _shared(name: str, level: str, client: Client) -> Iterator[Finding]:
    is_neighbour = name.partition("/")[0].casefold() == client.owner.casefold()
    if not client.call("GET", "").flag("private"):
        step = "make the action's repository public, or this one private"
        yield wrong("action", f"{name} is private, and a public repository cannot use its action", step)
    elif level == "enterprise" or is_neighbour:
        yield fine("action", f"{name} is private and shared ({level})")
    else:
        yield wrong("action", f"{name} is private and shared within {name.partition('/')[0]} only", _share(name))


def _share(name: str) -> str:
    return f"in {name}, Settings → Actions → General → Access: Accessible from repositories in the organization"


def _facts(client: Client) -> WorkflowFacts | None:
    raw = file_bytes(client, workflow.WORKFLOW_FILE)
    return None if raw is None else read_workflow(raw.decode("utf-8", "replace"))


def read_workflow(text: str) -> WorkflowFacts:
    """Return what the file says; what is not YAML, or has another shape, says nothing."""
    try:
        # With every scalar as text: `on` is a boolean in YAML 1.1.
        document: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text, lists and mappings only
    except (yaml.YAMLError, RecursionError):
        document = None
    inputs = _below(document, "on", "workflow_dispatch", "inputs")
    run_name = _below(document, "run-name")
    return WorkflowFacts(
        run_name if isinstance(run_name, str) else "",
        frozenset(inputs) if isinstance(inputs, dict) else frozenset(),
        _action_repository(document),
    )


def _action_repository(document: Any) -> str:
    steps = _below(document, "jobs", "work", "steps")
    for step in steps if isinstance(steps, list) else ():
        uses = _below(step, "uses")
        if _below(step, "with", "stage") == "work" and isinstance(uses, str):
            parts = uses.partition("@")[0].split("/")
            return "/".join(parts[:2]) if len(parts) >= 2 and parts[0] != "." else ""
    return ""


def _below(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
