"""`mtor init --remove`: remove what init made, here or by a pull request, and leave what belongs to a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mtor_action.cli import init_agents
from mtor_action.cli.init_on_github import results_of, steps_as_json
from mtor_action.cli.init_texts import removal_lines, step_lines
from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.setup.github_steps import SetupStep, StepResult, StepState, remove_label_step

if TYPE_CHECKING:
    import argparse

    from mtor_action.repository.git import Git
    from mtor_action.setup.finding import DoctorSubject
    from mtor_action.setup.removal import FileRemoval

_LEFT = (
    "on GitHub the label and the rights of Actions stay: mtor init --remove --github, then Settings → Actions → General"
)
_LEFT_ON_GITHUB = (
    "GitHub Actions may still create pull requests: Settings → Actions → General; "
    "secrets stay unless --secret names them"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--remove` and how much it takes."""
    parser.add_argument("--remove", action="store_true", help="remove what init made; with --github on GitHub too")
    parser.add_argument("--all", action="store_true", help="with --remove: also remove your .github/mtor.yml")


def run(arguments: argparse.Namespace, git: Git, subject: DoctorSubject) -> int:
    """Return 0 if what init made is gone, 1 if an edited workflow stays or a step failed."""
    from mtor_action.setup.github_setup import existing_texts
    from mtor_action.setup.removal import plan_removal, remove

    if arguments.github:
        return _on_github(arguments, git, subject)
    agents = init_agents.removed(git, is_dry=arguments.dry_run)
    removals = (
        []
        if arguments.agents
        else plan_removal(existing_texts(git, None, ""), everything=arguments.all, force=arguments.force)
    )
    for file in () if arguments.dry_run else removals:
        if file.removes:
            remove(git.root, file.path)
    removals += agents
    _print_removal(removals, [], _LEFT, arguments)
    return _exit_code(removals, [])


def _on_github(arguments: argparse.Namespace, git: Git, subject: DoctorSubject) -> int:
    from mtor_action.github.branches.file_contents import file_bytes
    from mtor_action.github.branches.repositories import repository
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.github_setup import SETUP_FILES, removal_step
    from mtor_action.setup.removal import plan_removal
    from mtor_action.setup.secret_steps import checked_name, remove_secret_step

    del git
    names = [checked_name(name) for name in arguments.secret]
    with connect_to_origin(subject) as client:
        base = repository(client).default_branch
        texts = {path: _text(file_bytes(client, path, base)) for path in SETUP_FILES}
        removals = plan_removal(texts, everything=arguments.all, force=arguments.force)
        steps: list[SetupStep] = [
            removal_step(client, base, [file.path for file in removals if file.removes]),
            remove_label_step(client),
            *(remove_secret_step(client, name) for name in names),
        ]
        results = results_of(steps, arguments)
    _print_removal([file for file in removals if file.why], results, _LEFT_ON_GITHUB, arguments)
    return _exit_code(removals, results)


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _exit_code(removals: list[FileRemoval], results: list[StepResult]) -> int:
    from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE

    stays = any(file.path != DEFAULTS_FILE and not file.removes and file.why for file in removals)
    return 1 if stays or any(result.state is StepState.FAILED for result in results) else 0


def _print_removal(
    removals: list[FileRemoval], results: list[StepResult], left: str, arguments: argparse.Namespace
) -> None:
    from mtor_action.neutral import inert_log
    from mtor_action.report.terminal import Paint

    if arguments.json:
        files = [
            {"path": file.path, "removed": file.removes and not arguments.dry_run, "why": file.why} for file in removals
        ]
        print_json({"files": files, "steps": steps_as_json(results)})
        return
    paint = Paint(wants_colour(sys.stdout))
    lines = removal_lines(removals, paint, is_dry=arguments.dry_run) + step_lines(results, paint)
    print(inert_log("\n".join([*lines, "", left])))
