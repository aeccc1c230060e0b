"""`mtor init --github`: the steps on GitHub, each confirmed on a terminal, and each optional."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mtor_action.cli.init_texts import command_lines, next_lines_on_github, step_lines
from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.errors import MtorError
from mtor_action.setup.github_steps import (
    PlannedStep,
    SetupStep,
    StepResult,
    StepState,
    declined,
    label_step,
    pull_requests_by_actions_step,
    take,
)
from mtor_action.setup.planned_files import PlannedFile, SetupFileState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mtor_action.github.client import Client
    from mtor_action.repository.git import Git
    from mtor_action.setup.action_address import ActionAddress
    from mtor_action.setup.finding import DoctorSubject
    from mtor_action.setup.guess import ProjectNeeds

    Plan = Callable[
        [Path, Mapping[str, str | None], argparse.Namespace],
        tuple[list[PlannedFile], ProjectNeeds, ActionAddress | None],
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--github` and what it may leave out."""
    add = parser.add_argument
    add("--github", action="store_true", help="open the pull request, make the label, let Actions open pull requests")
    add(
        "--secret",
        metavar="NAME",
        action="append",
        default=[],
        help="store this secret; reads its value from the environment or standard input",
    )
    add("--no-pull-request", action="store_true", help="with --github: open no pull request")
    add("--no-label", action="store_true", help="with --github: make no label")
    add("--no-actions", action="store_true", help="with --github: do not change the settings of Actions")
    add("--no-secrets", action="store_true", help="with --github: store no secrets")


def run(arguments: argparse.Namespace, git: Git, subject: DoctorSubject, plan: Plan) -> int:
    """Return 0 if everything is there or was declined, 1 if a step failed or a file has mistakes."""
    from mtor_action.github.branches.repositories import repository
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.github_setup import existing_texts, pull_request_step
    from mtor_action.setup.secret_steps import checked_name

    names = [checked_name(name) for name in arguments.secret]
    with connect_to_origin(subject) as client:
        base = repository(client).default_branch
        planned, project, action = plan(git.root, existing_texts(git, client, base), arguments)
        files = [file for file in planned if _is_proposed(file, force=arguments.force)]
        steps = [
            pull_request_step(client, base, files, project),
            label_step(client),
            pull_requests_by_actions_step(client),
            *secrets(client, subject, names, arguments),
        ]
        results = results_of(steps, arguments)
        faulty = [file for file in planned if file.state is SetupFileState.INVALID and file not in files]
        results += [_faulty(file) for file in faulty]
        missing = _missing_keys(client, planned)
    failed = any(result.state is StepState.FAILED for result in results)
    _print_results(results, project, action, missing, arguments)
    return 1 if failed else 0


def secrets(
    client: Client, subject: DoctorSubject, names: Sequence[str], arguments: argparse.Namespace
) -> list[SetupStep]:
    """Return a step for each secret that the command line names."""
    from mtor_action.setup.secret_steps import set_secret_step

    def value_of(name: str) -> Callable[[], str]:
        return lambda: _value(name, names)

    return [set_secret_step(client, subject, name, value_of(name), replace=arguments.force) for name in names]


def results_of(steps: Sequence[SetupStep], arguments: argparse.Namespace) -> list[StepResult]:
    """Return the results of all steps, in their order, those left out among them."""
    results: list[StepResult] = []
    for step in steps:
        if getattr(arguments, step.decline.removeprefix("--").replace("-", "_")):
            results.append(declined(step))
        else:
            results += take([step], lambda planned: _may(planned, arguments), dry=arguments.dry_run)
    return results


def _may(planned: PlannedStep, arguments: argparse.Namespace) -> bool:
    """Ask on a terminal; without one, or with `--yes`, the command line is the answer."""
    if arguments.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print(f"mtor: {planned.result.name}: {planned.result.text}? [Y/n] ", end="", file=sys.stderr)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer != "" and answer.strip().lower() in {"", "y", "yes"}


def _value(name: str, names: Sequence[str]) -> str:
    """Return a secret's value: of the environment, else typed unseen, else standard input's, which holds one."""
    if os.environ.get(name):
        return os.environ[name]
    if sys.stdin.isatty():
        from getpass import getpass

        value = getpass(f"value of {name} (not shown): ")
    else:
        if len([each for each in names if not os.environ.get(each)]) > 1:
            raise MtorError(
                f"{name} has no value: standard input has only one, and several are missing",
                f"set {name} in the environment",
            )
        value = sys.stdin.read().strip("\r\n")
    if not value:
        raise MtorError(f"{name} has no value", f"set {name} in the environment, or put it on standard input")
    return value


def _is_proposed(file: PlannedFile, *, force: bool) -> bool:
    """A pull request only proposes, so that an outdated workflow needs no force; a person's settings do."""
    from mtor_action.setup.workflow import WORKFLOW_FILE

    return (
        file.state in (SetupFileState.MISSING, SetupFileState.CURRENT)
        or (file.path == WORKFLOW_FILE and file.state is SetupFileState.OUTDATED)
        or force
    )


def _faulty(file: PlannedFile) -> StepResult:
    return StepResult(
        file.path, StepState.FAILED, "; ".join(file.details[:3]), next_step="correct it, or replace it with --force"
    )


def _missing_keys(client: Client, planned: Sequence[PlannedFile]) -> tuple[bool, list[str]]:
    """Return whether a model is named, and the keys that GitHub lacks for it; none where they may not be listed."""
    from mtor_action.setup import settings_text
    from mtor_action.setup.provider_keys import keys_of, models_in

    settings = planned[1].wanted.encode("utf-8", "surrogateescape")
    models = models_in(settings_text.read(settings)[0])
    keys = keys_of(models)
    if not keys:
        return bool(models), []
    try:
        existing = {item.text("name") for item in client.pages("actions/secrets", key="secrets")}
    except MtorError:
        return True, list(keys)
    return True, [name for name in keys if name not in existing]


def _print_results(
    results: Sequence[StepResult],
    project: ProjectNeeds,
    action: ActionAddress | None,
    missing: tuple[bool, list[str]],
    arguments: argparse.Namespace,
) -> None:
    from mtor_action.neutral import inert_log
    from mtor_action.report.terminal import Paint

    if arguments.json:
        print_json({"action": action.uses if action else "", "steps": steps_as_json(results)})
        return
    paint = Paint(wants_colour(sys.stdout))
    source = f" (from: {action.source})" if action else ""
    lines = [f"action: {action.uses if action else 'not known'}{source}", *command_lines(project, paint), ""]
    lines += step_lines(results, paint)
    if not arguments.dry_run:
        lines += ["", *next_lines_on_github(missing[1], has_model=missing[0], paint=paint)]
    print(inert_log("\n".join(lines)))


def steps_as_json(results: Sequence[StepResult]) -> list[dict[str, object]]:
    """Return what `--json` prints about the steps."""
    return [
        {
            "name": result.name,
            "state": result.state,
            "text": result.text,
            "requests": list(result.requests),
            "next_step": result.next_step,
        }
        for result in results
    ]
