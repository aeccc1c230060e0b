"""`mtor init`: write the workflow and the settings that a repository needs on GitHub, or say what is outdated.

With `--github` the pull request, the label and the settings on GitHub too; with `--remove` all of it away again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli import init_agents, init_on_github, init_removal
from mtor_action.cli.init_texts import InitFiles, command_lines, file_lines, next_lines
from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.errors import MtorError, UsageError
from mtor_action.github.enterprise_server import REASON, STEP, is_enterprise_server
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.repository.git import Git
from mtor_action.setup import action_address, workflow
from mtor_action.setup.agent_files import plan_existing_agents
from mtor_action.setup.finding import DoctorSubject
from mtor_action.setup.guess import Guess, ProjectNeeds
from mtor_action.setup.planned_files import (
    PlannedFile,
    SetupFileState,
    existing_text,
    plan_settings,
    plan_workflow,
    write,
)
from mtor_action.setup.workflow import WORKFLOW_FILE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from mtor_action.setup.action_address import ActionAddress


_ASK_FOR_TESTS = 'say how to test it: mtor init --test "COMMAND" (repeat --test for more, in order)'
_LONGEST_MODEL = 200
# What goes with one of these alone.
_ONLY_WITH = {
    "github": ("secret", "no_pull_request", "no_label", "no_actions", "no_secrets"),
    "remove": ("all",),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the files hold, what may be overwritten, and the steps on GitHub."""
    add = parser.add_argument
    add(
        "--action",
        metavar="OWNER/REPO@SHA|TAG",
        help="mtor's action at a full commit id, or at a tag that becomes one "
        "(default: the release or the commit that is installed, or the one that the workflow has)",
    )
    add("--check", action="store_true", help="write nothing; exit 1 if a file is missing or outdated")
    add("--dry-run", action="store_true", help="change nothing; show what would be done")
    add("--force", action="store_true", help="update outdated files, but keep your own parts")
    add(
        "--test",
        metavar="CMD",
        nargs="+",
        action="extend",
        default=[],
        help="test this project with these commands",
    )
    add("--model", metavar="NAME", action="append", default=[], help="have this model repair red tests, with its key")
    add("--yes", action="store_true", help="never ask")
    init_agents.add_arguments(parser)
    init_on_github.add_arguments(parser)
    init_removal.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if all is as this version wants it, 1 if something is not and was left as it is."""
    _check(arguments)
    _refuse_enterprise_server()
    git = Git.open(Path(arguments.repo or "."))
    subject = DoctorSubject(git.root, os.environ)
    if arguments.remove:
        return init_removal.run(arguments, git, subject)
    if arguments.agents:
        return init_agents.run(arguments, git)
    if arguments.github:
        return init_on_github.run(arguments, git, subject, plan)
    texts = {path: existing_text(git.root, path) for path in (WORKFLOW_FILE, DEFAULTS_FILE)}
    planned, project, action = plan(git.root, texts, arguments)
    agents = plan_existing_agents(git.root)
    planned += agents
    written = (
        []
        if arguments.check
        else [file for file in planned if _may_write(file, force=arguments.force) and file not in agents]
    )
    for file in () if arguments.dry_run else written:
        write(git.root, file)
    fine = all(file in written or file.state is SetupFileState.CURRENT for file in planned)
    if arguments.json:
        done = [] if arguments.dry_run else written
        print_json(as_json(planned, done, project, action))
    else:
        _print(InitFiles(planned, written, arguments.dry_run), project, action, arguments)
    return 0 if fine else 1


def _refuse_enterprise_server() -> None:
    """Raises MtorError where the environment names such a server, as runners and the GitHub CLI do."""
    for name in ("GITHUB_SERVER_URL", "GH_HOST"):
        if is_enterprise_server(os.environ.get(name, "")):
            raise MtorError(f"{name} is {os.environ[name]!r}: {REASON}", STEP)


def plan(
    top: Path, texts: Mapping[str, str | None], arguments: argparse.Namespace
) -> tuple[list[PlannedFile], ProjectNeeds, ActionAddress | None]:
    """Return both files as they should be, what they are made from, and the action; None where only `--check` asks."""
    project = _project(top, texts[DEFAULTS_FILE], arguments)
    action = _action(texts[WORKFLOW_FILE], arguments)
    settings = plan_settings(texts[DEFAULTS_FILE], project, replace=bool(arguments.test), models=tuple(arguments.model))
    models = tuple(dict.fromkeys((*arguments.model, *_models_of(settings))))
    uses = action.uses if action else workflow.PLACEHOLDER
    return [plan_workflow(texts[WORKFLOW_FILE], uses, project, models), settings], project, action


def _models_of(settings: PlannedFile) -> tuple[str, ...]:
    from mtor_action.setup import settings_text
    from mtor_action.setup.provider_keys import models_in

    return models_in(settings_text.read(settings.wanted.encode("utf-8", "surrogateescape"))[0])


def _check(arguments: argparse.Namespace) -> None:
    for option, others in _ONLY_WITH.items():
        for name in others:
            if getattr(arguments, name) and not getattr(arguments, option):
                raise UsageError(f"--{name.replace('_', '-')} goes with --{option}", f"mtor init --{option} --help")
    if arguments.agents and arguments.github:
        raise UsageError("--agents writes its files here", "leave out --github, and commit them as any other file")
    if arguments.check and (arguments.github or arguments.remove or arguments.dry_run):
        raise UsageError("--check only looks at the files here", "leave it out, or see --dry-run")
    for model in arguments.model:
        if not model.strip() or len(model) > _LONGEST_MODEL or not model.isprintable() or " " in model:
            raise UsageError(f"--model {model!r} is not a model's name", "for example: --model deepseek/deepseek-chat")


def _project(top: Path, settings_text: str | None, arguments: argparse.Namespace) -> ProjectNeeds:
    from mtor_action.setup.ci_needs import complete
    from mtor_action.setup.detection import look

    project = complete(look(top), top)
    if arguments.test:
        return project._replace(test=tuple(_guess(command) for command in arguments.test))
    settings = plan_settings(settings_text, project, replace=False)
    if project.test or arguments.check or not _may_write(settings, force=arguments.force):
        return project
    if arguments.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        remark = f" ({project.maybe[0].why}, but that may be something else)" if project.maybe else ""
        raise UsageError(f"mtor cannot tell how this project is tested{remark}", _ASK_FOR_TESTS)
    return project._replace(test=(_ask(project),))


def _guess(command: str) -> Guess:
    """Raises UsageError for what a settings file cannot hold."""
    if not command.strip() or not command.isprintable():
        raise UsageError(f"--test {command!r} is not one line of text", _ASK_FOR_TESTS)
    return Guess(command.strip(), "")


def _ask(project: ProjectNeeds) -> Guess:
    candidate = project.maybe[0].command if project.maybe else ""
    hint = f" [{candidate}: {project.maybe[0].why}]" if candidate else ""
    print(f"mtor: cannot tell how this project is tested.\nWhich command tests it?{hint} ", end="", file=sys.stderr)
    sys.stderr.flush()
    answer = sys.stdin.readline().strip() or candidate
    if not answer:
        raise UsageError("no command was named", _ASK_FOR_TESTS)
    return _guess(answer)


def _action(existing: str | None, arguments: argparse.Namespace) -> ActionAddress | None:
    if arguments.action:
        return action_address.requested(arguments.action, os.environ)
    action = action_address.installed() or action_address.parsed(
        workflow.used_action(existing or ""), f"{WORKFLOW_FILE} as it is"
    )
    if action or arguments.check:
        return action
    raise UsageError(
        "mtor does not know which repository has its action, because neither a release nor a commit of it is installed",
        "name it: mtor init --action OWNER/REPO@TAG, a repository with mtor's code and a tag or full commit id in it",
    )


def _may_write(planned: PlannedFile, *, force: bool) -> bool:
    return planned.state is SetupFileState.MISSING or (force and planned.state is not SetupFileState.CURRENT)


def as_json(
    planned: list[PlannedFile], written: list[PlannedFile], project: ProjectNeeds, action: ActionAddress | None
) -> dict[str, object]:
    """Return what `--json` prints about the files."""
    return {
        "action": f"{action.repository}@{action.commit}" if action else workflow.PLACEHOLDER,
        "action_tag": action.tag if action else "",
        "action_source": action.source if action else "",
        "files": [init_agents.as_json(file, written) for file in planned],
        "setup": [guess._asdict() for guess in project.setup],
        "test": [guess._asdict() for guess in project.test],
        "remarks": list(project.remarks),
    }


def action_line(action: ActionAddress | None) -> str:
    """Return the sentence that says which action the workflow uses, and why that one."""
    return f"action: {action.uses} (from: {action.source})" if action else "action: not known"


def _print(
    files: InitFiles, project: ProjectNeeds, action: ActionAddress | None, arguments: argparse.Namespace
) -> None:
    from mtor_action.neutral import inert_log
    from mtor_action.report.terminal import Paint
    from mtor_action.setup.provider_keys import keys_of

    paint = Paint(wants_colour(sys.stdout))
    lines = file_lines(files, paint)
    if files.planned[1] in files.written:
        lines += ["", *command_lines(project, paint)]
    if files.written:
        names = [file.path for file in files.written]
        is_new = any(file.state is SetupFileState.MISSING for file in files.written)
        keys = list(keys_of(_models_of(files.planned[1])))
        lines += ["", action_line(action), "", *next_lines(names, is_new=is_new, keys=keys, paint=paint)]
    elif not arguments.check and all(file.state is SetupFileState.CURRENT for file in files.planned):
        lines += ["", "nothing to do; `mtor doctor` checks the rest"]
    print(inert_log("\n".join(lines)))
