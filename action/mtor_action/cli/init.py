"""`mtor init`: write the workflow and the settings that a repository needs on GitHub, or say what is outdated."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.errors import MtorError, UsageError
from mtor_action.github.enterprise_server import REASON, STEP, is_enterprise_server
from mtor_action.repository.git import Git
from mtor_action.setup import address, workflow
from mtor_action.setup.guess import Guess, ProjectNeeds
from mtor_action.setup.planned_files import (
    PlannedFile,
    SetupFileState,
    existing_text,
    plan_settings,
    plan_workflow,
    write,
)

if TYPE_CHECKING:
    import argparse

    from mtor_action.report.terminal import Paint

HELP = "write the workflow and the settings that mtor needs on GitHub"

_MOST_LINES = 40
_ASK_FOR_TESTS = 'say how to test it: mtor init --test "COMMAND" (repeat --test for more, in order)'

_START = "gh workflow run mtor.yml -f issue=NUMBER"
_NEXT = (
    ("for red tests, name a cheap model in .github/mtor.yml and store its key", "gh secret set DEEPSEEK_API_KEY"),
    ("with the App: install it on this repository, say where it runs, make the label", "gh variable set MTOR_BOT_URL"),
    ("", "gh label create mtor"),
    ("without the App: let GitHub Actions create pull requests (Settings → Actions → General), start a job by", _START),
    ("see what is missing", "mtor doctor"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's address, the commands that test, and how much may be overwritten."""
    parser.add_argument(
        "--action",
        metavar="OWNER/REPO@SHA",
        help="mtor's action at a full commit id (default: where mtor was installed from, or the current one)",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is missing or outdated")
    parser.add_argument("--force", action="store_true", help="update outdated files; your own parts are kept")
    parser.add_argument(
        "--test",
        metavar="CMD",
        nargs="+",
        action="extend",
        default=[],
        help="one or more commands that test this project",
    )
    parser.add_argument("--yes", action="store_true", help="never ask")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if both files are as this version wants them, 1 if one is not and was left as it is."""
    _refuse_enterprise_server()
    git = Git.open(Path(arguments.repo or "."))
    project = _project(git.root, arguments)
    action = _action(git.root, arguments)
    planned = [plan_workflow(git.root, action, project), plan_settings(git.root, project, replace=bool(arguments.test))]
    written = [] if arguments.check else [file for file in planned if _may_write(file, force=arguments.force)]
    for file in written:
        write(git.root, file)
    fine = all(file in written or file.state is SetupFileState.CURRENT for file in planned)
    if arguments.json:
        print_json(_as_json(planned, written, project, action))
    else:
        _print(planned, written, project, arguments)
    return 0 if fine else 1


def _refuse_enterprise_server() -> None:
    """Raises MtorError where the environment names such a server, as runners and the GitHub CLI do."""
    for name in ("GITHUB_SERVER_URL", "GH_HOST"):
        if is_enterprise_server(os.environ.get(name, "")):
            raise MtorError(f"{name} is {os.environ[name]!r}: {REASON}", STEP)


def _project(top: Path, arguments: argparse.Namespace) -> ProjectNeeds:
    from mtor_action.setup.detection import look

    project = look(top)
    if arguments.test:
        return project._replace(test=tuple(_guess(command) for command in arguments.test))
    settings = plan_settings(top, project, replace=False)
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


def _action(top: Path, arguments: argparse.Namespace) -> str:
    if arguments.action:
        return address.checked(arguments.action)
    known_action = workflow.known_action(existing_text(top, workflow.WORKFLOW_FILE) or "")
    if known_action or arguments.check:
        return known_action or workflow.PLACEHOLDER
    raise UsageError(
        "mtor does not know which repository holds its action",
        "name it: mtor init --action OWNER/REPO@SHA, a repository with mtor's code and a full commit id in it",
    )


def _may_write(planned: PlannedFile, *, force: bool) -> bool:
    return planned.state is SetupFileState.MISSING or (force and planned.state is not SetupFileState.CURRENT)


def _as_json(
    planned: list[PlannedFile], written: list[PlannedFile], project: ProjectNeeds, action: str
) -> dict[str, object]:
    return {
        "action": action,
        "files": [
            {"path": file.path, "state": file.state, "written": file in written, "details": list(file.details)}
            for file in planned
        ],
        "setup": [guess._asdict() for guess in project.setup],
        "test": [guess._asdict() for guess in project.test],
    }


def _print(
    planned: list[PlannedFile], written: list[PlannedFile], project: ProjectNeeds, arguments: argparse.Namespace
) -> None:
    from mtor_action.neutral import inert_log
    from mtor_action.report.terminal import Paint

    paint = Paint(wants_colour(sys.stdout))
    lines = [line for file in planned for line in _file_lines(file, paint, written=file in written)]
    if planned[1] in written:
        lines += ["", *_command_lines(project, paint)]
    if written:
        lines += ["", *_next_lines(written, paint)]
    elif not arguments.check and all(file.state is SetupFileState.CURRENT for file in planned):
        lines += ["", "nothing to do; `mtor doctor` checks the rest"]
    print(inert_log("\n".join(lines)))


def _file_lines(planned: PlannedFile, paint: Paint, *, written: bool) -> list[str]:
    from mtor_action.neutral import visible

    if planned.state is SetupFileState.CURRENT:
        return [f"{paint('✓', 'green')} {planned.path}  {paint('up to date', 'dim')}"]
    if written:
        verb = "written" if planned.state is SetupFileState.MISSING else "updated"
        return [f"{paint('✓', 'green')} {planned.path}  {paint(verb, 'green')}"]
    hint = "mtor init writes it" if planned.state is SetupFileState.MISSING else "mtor init --force replaces it"
    if planned.path == workflow.WORKFLOW_FILE and planned.state is SetupFileState.OUTDATED:
        hint = "mtor init --force updates it and keeps your parts"
    lines = [f"{paint('✗', 'red')} {planned.path}  {paint(planned.state, 'red')}: {hint}"]
    lines += [_diff_line(visible(line)[:200], paint) for line in planned.details[:_MOST_LINES]]
    left = len(planned.details) - _MOST_LINES
    return [*lines, paint(f"    … {left} more lines", "dim")] if left > 0 else lines


def _diff_line(line: str, paint: Paint) -> str:
    styles = {"+": ["green"], "-": ["red"], "@": ["dim"]}.get(line[:1], [])
    return f"    {paint(line, *styles) if styles else line}"


def _command_lines(project: ProjectNeeds, paint: Paint) -> list[str]:
    rows = [("setup", guess) for guess in project.setup] + [("test", guess) for guess in project.test]
    width = max(len(guess.command) for _, guess in rows)
    return [
        f"  {paint(f'{stage:<6}', 'dim')}{guess.command:<{width}}  {paint(guess.why, 'dim')}".rstrip()
        for stage, guess in rows
    ]


def _next_lines(written: list[PlannedFile], paint: Paint) -> list[str]:
    names = " ".join(file.path for file in written)
    first = ("review it, then commit and push", f"git add {names} && git commit -m 'set up mtor'")
    lines = [paint("next", "bold")]
    for step, command in (first, *(_NEXT if any(file.state is SetupFileState.MISSING for file in written) else ())):
        lines += [f"  {step}"] if step else []
        lines.append(f"      {paint(command, 'bold')}")
    return lines
