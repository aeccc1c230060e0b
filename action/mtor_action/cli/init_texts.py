"""The texts of `mtor init`: files, commands, steps on GitHub, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.neutral import visible
from mtor_action.setup import workflow
from mtor_action.setup.github_steps import StepResult, StepState
from mtor_action.setup.planned_files import PlannedFile, SetupFileState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.report.terminal import Paint
    from mtor_action.setup.guess import ProjectNeeds
    from mtor_action.setup.removal import FileRemoval

_MOST_LINES = 40
_MARKS = {
    StepState.ALREADY: ("✓", "green", "already: "),
    StepState.DONE: ("✓", "green", ""),
    StepState.TODO: ("·", "yellow", "would "),
    StepState.DECLINED: ("-", "dim", "left out: "),
    StepState.FAILED: ("✗", "red", ""),
}


@dataclass(frozen=True, slots=True)
class InitFiles:
    """The planned files, those `written` here, and whether this only says what would be."""

    planned: Sequence[PlannedFile]
    written: Sequence[PlannedFile]
    is_dry: bool = False


def file_lines(files: InitFiles, paint: Paint) -> list[str]:
    """Return the state of each file, with the difference where it was left as it is."""
    return [line for file in files.planned for line in _file(file, files, paint)]


def _file(file: PlannedFile, files: InitFiles, paint: Paint) -> list[str]:
    if file.state is SetupFileState.CURRENT:
        return [f"{paint('✓', 'green')} {file.path}  {paint('up to date', 'dim')}"]
    if file in files.written:
        verb = "written" if file.state is SetupFileState.MISSING else "updated"
        mark, verb = (paint("·", "yellow"), f"would be {verb}") if files.is_dry else (paint("✓", "green"), verb)
        return [f"{mark} {file.path}  {paint(verb, 'green')}"]
    hint = "mtor init writes it" if file.state is SetupFileState.MISSING else "mtor init --force replaces it"
    if file.path == workflow.WORKFLOW_FILE and file.state is SetupFileState.OUTDATED:
        hint = "mtor init --force updates it and keeps your parts"
    if file.path not in (workflow.WORKFLOW_FILE, DEFAULTS_FILE):
        hint = (
            "correct it by hand" if file.state is SetupFileState.INVALID else "mtor init --agents brings it up to date"
        )
    lines = [f"{paint('✗', 'red')} {file.path}  {paint(file.state, 'red')}: {hint}"]
    lines += [_diff_line(visible(line)[:200], paint) for line in file.details[:_MOST_LINES]]
    left = len(file.details) - _MOST_LINES
    return [*lines, paint(f"    … {left} more lines", "dim")] if left > 0 else lines


def _diff_line(line: str, paint: Paint) -> str:
    styles = {"+": ["green"], "-": ["red"], "@": ["dim"]}.get(line[:1], [])
    return f"    {paint(line, *styles) if styles else line}"


def command_lines(project: ProjectNeeds, paint: Paint) -> list[str]:
    """Return the commands that were found, each with its reason, and what of the project's own jobs is left out."""
    rows = [("setup", guess) for guess in project.setup] + [("test", guess) for guess in project.test]
    width = max((len(guess.command) for _, guess in rows), default=0)
    lines = [
        f"  {paint(f'{stage:<6}', 'dim')}{guess.command:<{width}}  {paint(guess.why, 'dim')}".rstrip()
        for stage, guess in rows
    ]
    return lines + [f"  {paint('note  ', 'dim')}{remark}" for remark in project.remarks]


def step_lines(results: Sequence[StepResult], paint: Paint) -> list[str]:
    """Return one line for each step on GitHub, the requests of those still to do, and the next step of those failed."""
    lines: list[str] = []
    for result in results:
        mark, colour, word = _MARKS[result.state]
        lines.append(f"{paint(mark, colour)} {result.name:<13} {word}{visible(result.text)}"[:600])
        lines += [f"    {paint(visible(request), 'dim')}" for request in _planned_requests(result)]
        lines += [f"    {paint('→', 'dim')} {visible(result.next_step)}"] if result.next_step else []
    return lines


def _planned_requests(result: StepResult) -> tuple[str, ...]:
    return result.requests if result.state is StepState.TODO else ()


def next_lines(names: Sequence[str], *, is_new: bool, keys: Sequence[str], paint: Paint) -> list[str]:
    """Return what a person does after the files were written here."""
    steps = [("review it, then commit and push", f"git add {' '.join(names)} && git commit -m 'set up mtor'")]
    if is_new:
        steps += [
            ("or let mtor open the pull request, make the label, and switch on what it needs", "mtor init --github")
        ]
        steps += _model_steps(keys)
        steps += [
            ("after the merge: write a spec into an issue, then label it", "gh issue edit NUMBER --add-label mtor"),
            ("with the App: say where it runs", "gh variable set MTOR_BOT_URL"),
            ("see what is missing", "mtor doctor"),
        ]
    return _steps(steps, paint)


def next_lines_on_github(missing_keys: Sequence[str], *, has_model: bool, paint: Paint) -> list[str]:
    """Return what a person does after the steps on GitHub."""
    steps = [
        ("merge the pull request, write a spec into an issue, and label it", "gh issue edit NUMBER --add-label mtor")
    ]
    if missing_keys or not has_model:
        steps += _model_steps(missing_keys)
    return _steps(steps, paint)


def _model_steps(keys: Sequence[str]) -> list[tuple[str, str]]:
    if keys:
        return [(f"store the key {name}", f"gh secret set {name}") for name in keys]
    words = "for red tests: name a cheap model in .github/mtor.yml, pass on its key by mtor init --force, and store it"
    return [(words, "gh secret set DEEPSEEK_API_KEY")]


def _steps(steps: Sequence[tuple[str, str]], paint: Paint) -> list[str]:
    lines = [paint("next", "bold")]
    for step, command in steps:
        lines += [f"  {step}", f"      {paint(command, 'bold')}"]
    return lines


def removal_lines(removals: Sequence[FileRemoval], paint: Paint, *, is_dry: bool) -> list[str]:
    """Return what became of each file, and why one stays."""
    lines = []
    for file in removals:
        if not file.exists:
            lines.append(f"{paint('✓', 'green')} {file.path}  {paint('already gone', 'dim')}")
        elif file.removes:
            remark = f"; {file.why}" if file.why else ""
            verb = f"{'would be ' if is_dry else ''}removed{remark}"
            lines.append(f"{paint('·' if is_dry else '✓', 'green')} {file.path}  {verb}")
        else:
            lines.append(f"{paint('-', 'dim')} {file.path}  {file.why}")
    return lines
