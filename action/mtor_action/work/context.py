"""The inputs of the work job, as the runner and the workflow give them in the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from mtor_action.errors import MtorError, UsageError
from mtor_action.github.actions.dispatched_runs import workflow_file
from mtor_action.github.client import split_name
from mtor_action.github.enterprise_server import REASON, STEP, is_enterprise_server
from mtor_action.github.texts.pins import Pin, decode
from mtor_action.neutral import one_line
from mtor_action.untyped import parsed_json

T = TypeVar("T")

# https://docs.github.com/actions/reference/workflows-and-actions/variables
COMMAND_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_JOB = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,80}")  # it becomes a folder's name
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ADDRESS = re.compile(r"https?://[^\s@?#]+")
_HINT = "the workflow sets them, which `mtor init` writes; in a terminal, use `mtor run`"


class Context(NamedTuple):
    """One job to work on: `job` is the queue's id, "" if a person started the workflow; `pins` may be empty then.

    `coaching` is a commit, or "" for the newest. `handover` is a folder that is empty, or not there yet. `files` are
    the runner's command files that exist. `model_install` is the command that installs the extra `model`, if one does.
    """

    repository: str  # OWNER/REPO
    server_url: str  # such as https://github.com
    api_url: str  # such as https://api.github.com
    run_id: int  # of this workflow run
    issue: int  # number of the issue or pull request
    job: str
    pins: tuple[Pin, ...]  # the texts of the spec, as they were when the job was asked for
    coaching: str
    handover: Path
    output: Path  # file for the step's outputs
    summary: Path | None  # file for the step's summary
    files: tuple[Path, ...]
    model_install: tuple[str, ...]
    paused: bool = False  # no job is to start
    workflow: str = "mtor.yml"  # the file's name

    @property
    def name(self) -> str:
        """The name of the job in the report and for its folder."""
        return self.job or f"run-{self.run_id}"


def read_context(environ: Mapping[str, str]) -> Context:
    """Return the inputs of the work job. Raises UsageError that lists every mistake."""
    read = _VariablesReader(environ)
    if environ.get("GITHUB_ACTIONS") != "true":
        read.mistakes.append("GITHUB_ACTIONS is not `true`: this is not a runner")
    read.needed("MTOR_TOKEN")
    context = Context(
        repository=read.parsed("GITHUB_REPOSITORY", lambda text: "/".join(split_name(text))) or "",
        server_url=read.formed("GITHUB_SERVER_URL", _ADDRESS, "an address").rstrip("/"),
        api_url=read.formed("GITHUB_API_URL", _ADDRESS, "an address").rstrip("/"),
        run_id=int(read.formed("GITHUB_RUN_ID", _NUMBER, "a number") or 0),
        issue=int(read.formed("MTOR_ISSUE", _NUMBER, "the number of an issue or pull request") or 0),
        job=read.formed("MTOR_JOB", _JOB, "letters, digits, dots, dashes", optional=True),
        pins=read.parsed("MTOR_SPEC", decode, optional=True) or (),
        coaching=read.formed("MTOR_COACHING", _COMMIT, "a full commit id", optional=True),
        handover=read.parsed("MTOR_HANDOVER", _free_folder) or Path(),
        output=read.parsed("GITHUB_OUTPUT", _file) or Path(),
        summary=read.parsed("GITHUB_STEP_SUMMARY", _file, optional=True),
        files=tuple(Path(name) for name in map(environ.get, COMMAND_FILES) if name and os.path.lexists(name)),
        model_install=read.parsed("MTOR_MODEL_INSTALL", _command, optional=True) or (),
        paused=bool(environ.get("MTOR_PAUSED", "").strip()),
        workflow=workflow_file(environ),
    )
    if is_enterprise_server(context.server_url):
        raise UsageError(REASON, STEP)  # before any token is spent
    if read.mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in read.mistakes)
        raise UsageError(f"this is not the environment of mtor's work job:{lines}", _HINT)
    return context


@dataclass(slots=True)
class _VariablesReader:
    """Reads variables and collects what is wrong with them."""

    environ: Mapping[str, str]
    mistakes: list[str] = field(default_factory=list)

    def needed(self, name: str, *, optional: bool = False) -> str:
        value = self.environ.get(name, "").strip()
        if not (value or optional):
            self.mistakes.append(f"{name} is not set")
        return value

    def formed(self, name: str, form: re.Pattern[str], expected: str, *, optional: bool = False) -> str:
        value = self.needed(name, optional=optional)
        if value and not form.fullmatch(value):
            self.mistakes.append(f"{name} is {one_line(repr(value), 80)}, expected {expected}")
            return ""
        return value

    def parsed(self, name: str, parse: Callable[[str], T], *, optional: bool = False) -> T | None:
        value = self.needed(name, optional=optional)
        try:
            return parse(value) if value else None
        except MtorError as error:
            self.mistakes.append(f"{name}: {error.message}")
            return None


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file() or path.is_symlink():
        raise MtorError(f"{one_line(name)} is not a file")
    return path


def _free_folder(name: str) -> Path:
    path = Path(name)
    if not (path.is_absolute() and path.parent.is_dir()):
        raise MtorError(f"{one_line(name)} is not the absolute path of a folder in one that exists")
    if os.path.lexists(path) and (path.is_symlink() or not path.is_dir() or any(path.iterdir())):
        raise MtorError(f"{one_line(name)} already exists and is not an empty folder")
    return path


def _command(text: str) -> tuple[str, ...]:
    words = parsed_json(text)
    if not (isinstance(words, list) and words and all(isinstance(word, str) for word in words)):
        raise MtorError("not a valid command, expected a JSON list of words")
    return tuple(words)
