"""A project's own workflows: the job that tests, as values, read without trust.

File content is data: nothing of it is run here, names and sizes are bounded, and a file that is not as GitHub wants it
counts as none. https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mtor_action.setup.project_folder import Table
from mtor_action.setup.workflow import WORKFLOW_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ".github/workflows"
_MOST_FILES, _MOST_JOBS, _MOST_STEPS, _MOST_LINES = 30, 40, 60, 60
_MOST_BYTES = 128 * 1024  # the pure parser takes a second or two for so much
_LONGEST_COMMAND = 300
_MOST_BITS = 64
# GitHub does not support merge keys, and nested ones make a file endless.
_MERGE_KEY = re.compile(rb"<<[\"']?\s*:")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,80}\.ya?ml")
_JOB_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,80}")
_EVENTS = ("pull_request", "push", "merge_group")
_USES_COMMENT = re.compile(r"uses: *([\w./-]+@[0-9a-f]{40}) +# *(v?\d[\w.]{0,30})(?=\s)")
_VARIABLE = re.compile(r"(?!\w*(?:KEY|TOKEN|SECRET|PASS|GITHUB_|RUNNER_))[A-Z][A-Z0-9_]{0,60}")
_VALUE = re.compile(r"[A-Za-z0-9_./:,=+-]{1,200}")
EXPRESSION = "${{"
# Words of commands that need GitHub's job around them, or that send something somewhere.
_NOT_COPIED = re.compile(
    r"\$\{\{|\bGITHUB_|\bRUNNER_|\bsecrets?\b|\b(?:deploy|publish|release|upload|login|codecov|push)\b|<<|\\$",
    re.IGNORECASE,
)
_SHELL = re.compile(r"[`;&|<>]|\$\(")
# Lines of such a script depend on each other: after one of these, the rest runs elsewhere or differently.
_CONTROL = re.compile(r"<<|^\s*(?:if|for|while|until|case|function|select)\b|^\s*[\w-]+ *\(\)|[{(]\s*$", re.MULTILINE)
_MOVES = re.compile(r"(?:cd|pushd|export|source|\.|eval|exec|exit|trap|alias|shopt|unset)(?: |$)")


@dataclass(frozen=True, slots=True)
class CiAction:
    """A step that uses an action: `with_` are its inputs, without those that depend on an expression."""

    uses: str
    version_comment: str
    with_: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CiCommand:
    """One line of a step's script; `folder` is where it runs, "" the top, `variables` what a shell sets before it."""

    text: str
    folder: str
    variables: str = ""

    @property
    def as_setting(self) -> str:
        """Return the command for `.github/mtor.yml`, whose commands start at the top folder."""
        command = f"{self.variables} {self.text}".strip()
        return f"cd {self.folder} && {command}" if self.folder else command


@dataclass(frozen=True, slots=True)
class CiJob:
    """A job of a workflow that runs for commits or pull requests, up to the last command that tests."""

    file: str
    name: str
    services: Any
    steps: tuple[CiAction | CiCommand, ...]

    @property
    def source(self) -> str:
        """Return the job's place in a few words for people: file and name."""
        return f"from {self.file}, job {self.name}"

    @property
    def tests(self) -> tuple[CiCommand, ...]:
        """Return the commands of its steps that run tests."""
        return tuple(step for step in self.steps if isinstance(step, CiCommand) and matches("ci_tests.txt", step.text))


def testing_job(top: Path) -> CiJob | None:
    """Return the first job that tests; those for pull requests before those for pushes, then by name of the file."""
    jobs = [(rank, job) for name in _file_names(top) for rank, job in _jobs(top, name) if job.tests]
    return min(jobs, key=lambda ranked: ranked[0])[1] if jobs else None


def matches(table: str, command: str) -> bool:
    """Return whether a command is, as a whole, one that the data file lists."""
    return any(pattern.fullmatch(command) for pattern in _patterns(table))


def plain_text(value: object) -> str | None:
    """Return a scalar as GitHub would write it; None for a list or mapping, which aliases may have made endless."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= _MOST_BITS):
        return str(value)
    return value if isinstance(value, str) else None


def _file_names(top: Path) -> list[str]:
    folder = top / FOLDER
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        return []
    paths = (path for path in folder.iterdir() if _FILE_NAME.fullmatch(path.name) and not path.is_symlink())
    names = sorted(f"{FOLDER}/{path.name}" for path in paths if path.is_file())
    return [name for name in names if name != WORKFLOW_FILE][:_MOST_FILES]


def _jobs(top: Path, name: str) -> Iterator[tuple[int, CiJob]]:
    document = Table(_loaded(top / name))
    events = _events(document)
    if events:
        comments = dict(_USES_COMMENT.findall((top / name).read_text(encoding="utf-8", errors="replace")))
        rank = min(_EVENTS.index(event) for event in events)
        jobs = document.at("jobs").value
        for job_name, job in list(jobs.items())[:_MOST_JOBS] if isinstance(jobs, dict) else ():
            if isinstance(job_name, str) and _JOB_NAME.fullmatch(job_name) and not _is_left_out(Table(job)):
                defaults = Table(job).at("defaults", "run", "working-directory").text
                defaults = defaults or document.at("defaults", "run", "working-directory").text
                yield rank, CiJob(name, job_name, Table(job).at("services").value, _steps(job, comments, defaults))


def _loaded(path: Path) -> Any:
    import yaml

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        return None if len(data) > _MOST_BYTES or _MERGE_KEY.search(data) else yaml.safe_load(data)
    except (OSError, yaml.YAMLError, ValueError, TypeError, RecursionError, AttributeError):
        return None  # whatever is wrong with it is between GitHub and its owner


def _events(document: Table) -> list[str]:
    # YAML 1.1 reads the key `on` as true.
    triggers = document.at("on").value
    if triggers is None and isinstance(document.value, dict):
        triggers = document.value.get(True)
    names = [triggers] if isinstance(triggers, str) else list(triggers) if isinstance(triggers, dict | list) else []
    return [event for event in _EVENTS if event in names]


def _is_left_out(job: Table) -> bool:
    """Return whether a job deploys, or is another file's, or runs on some events only."""
    return any(job.at(key) for key in ("uses", "environment", "if", "container"))


def _steps(job: Any, comments: dict[str, str], folder: str) -> tuple[CiAction | CiCommand, ...]:
    listed = Table(job).at("steps").value
    steps: list[CiAction | CiCommand] = []
    for item in listed[:_MOST_STEPS] if isinstance(listed, list) else ():
        step = Table(item)
        # A condition depends on the matrix or the event, and another shell reads commands differently.
        variables = _variables(step.at("env").value)
        if step.at("if") or step.at("shell") or variables is None:
            continue
        if step.at("uses").text:
            steps.append(_action(step, comments))
        else:
            steps += _commands(step, step.at("working-directory").text or folder, variables)
    last = max((at for at, step in enumerate(steps) if _is_test(step)), default=-1)
    return tuple(steps[: last + 1])


def _is_test(step: CiAction | CiCommand) -> bool:
    return isinstance(step, CiCommand) and matches("ci_tests.txt", step.text)


def _action(step: Table, comments: dict[str, str]) -> CiAction:
    inputs = step.at("with").value
    rows = inputs.items() if isinstance(inputs, dict) else ()
    texts = ((key, plain_text(value)) for key, value in rows if isinstance(key, str))
    plain_inputs = tuple((key, text) for key, text in texts if text is not None and EXPRESSION not in text)
    uses = step.at("uses").text[:200]
    return CiAction(uses, comments.get(uses, ""), plain_inputs)


def _variables(environment: object) -> str | None:
    """Return a step's `env` as assignments of a shell; None if one depends on an expression or may be a secret."""
    if environment is None:
        return ""
    rows = (
        [(str(name), plain_text(value) or "") for name, value in environment.items()]
        if isinstance(environment, dict)
        else []
    )
    plain = all(_VARIABLE.fullmatch(name) and _VALUE.fullmatch(value) for name, value in rows)
    return " ".join(f"{name}={value}" for name, value in rows) if rows and plain else None


def _commands(step: Table, folder: str, variables: str) -> Iterator[CiCommand]:
    """Yield the lines of a script that mean the same without the rest of it."""
    folder = folder.removeprefix("./").strip("/")
    if not re.fullmatch(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*(?:/(?=\w))?)*", folder):
        return
    script = re.sub(r"\\\n", " ", step.at("run").text)
    if _CONTROL.search(script):
        return
    for line in script.splitlines()[:_MOST_LINES]:
        text = " ".join(line.split())
        if _MOVES.match(text):
            return
        if text and not text.startswith("#") and _is_plain(text):
            yield CiCommand(text, folder, variables)


def _is_plain(text: str) -> bool:
    from mtor_action.redaction.redactor import Redactor

    if len(text) > _LONGEST_COMMAND or not text.isprintable() or _NOT_COPIED.search(text):
        return False
    if text.startswith("sudo apt"):
        return True  # read word by word where it is used
    return not _SHELL.search(text) and "$" not in text and Redactor({}).redact(text) == text


@cache
def _patterns(table: str) -> tuple[re.Pattern[str], ...]:
    text = files("mtor_action.setup").joinpath(table).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple(re.compile(line.partition("\t")[0]) for line in lines)
