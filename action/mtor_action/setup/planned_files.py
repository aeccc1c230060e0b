"""The two files that a repository needs, against those that it has; written whole or not at all."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.setup import settings_text as settings_file
from mtor_action.setup import workflow
from mtor_action.setup.project_folder import MOST_BYTES
from mtor_action.setup.provider_keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mtor_action.setup.guess import ProjectNeeds


class SetupFileState(StrEnum):
    """The state of a file, compared with the text that mtor would write."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    INVALID = "invalid"


class PlannedFile(NamedTuple):
    """A file: `wanted` is its text after writing, `details` are lines about why it is not current."""

    path: str
    state: SetupFileState
    wanted: str
    details: tuple[str, ...] = ()


def plan_workflow(existing: str | None, action: str, project: ProjectNeeds, models: Sequence[str] = ()) -> PlannedFile:
    """Return the workflow; the parts that are a person's stay as they are, but for keys of `models` that they lack.

    `existing` is the file's text, None if there is none; `action` is what `uses:` is given.
    """
    keys = keys_of(models)
    fresh = {"runner": workflow.runner_part(project.services), "keys": workflow.keys_part(keys)}
    if existing is None:
        text = workflow.render(action, project.steps, fresh)
        return PlannedFile(workflow.WORKFLOW_FILE, SetupFileState.MISSING, text)
    compared = workflow.compare(existing, action, project.steps, keys=keys, fresh=fresh)
    lost = tuple(f"the lines `# mtor: your {name}` are gone: it gets what a new file has" for name in compared.lost)
    unpassed = tuple(f"{keys[name]} needs {name}, which `your keys` does not pass on" for name in compared.unpassed)
    state = SetupFileState.OUTDATED if compared.diff or lost else SetupFileState.CURRENT
    return PlannedFile(workflow.WORKFLOW_FILE, state, compared.wanted, (*lost, *unpassed, *compared.diff))


def plan_settings(
    existing: str | None, project: ProjectNeeds, *, replace: bool, models: Sequence[str] = ()
) -> PlannedFile:
    """Return the settings. A file that is there is the person's: it is current if it is valid and says how to test.

    `models` are the implementers of a new file.
    """
    from mtor_action.diagnostics import explaining_commands, render

    rendered = settings_file.render(project.setup, project.test, models)
    if existing is None:
        return PlannedFile(DEFAULTS_FILE, SetupFileState.MISSING, rendered)
    settings, mistakes = settings_file.read(existing.encode("utf-8", "surrogateescape"))
    if mistakes:
        lines = (line for mistake in mistakes for line in render(mistake).split("\n"))
        return PlannedFile(DEFAULTS_FILE, SetupFileState.INVALID, rendered, (*lines, *explaining_commands(mistakes)))
    if settings.test is None:
        return PlannedFile(DEFAULTS_FILE, SetupFileState.INVALID, rendered, ("it has no `test`, so every spec must",))
    if replace and existing != rendered:
        return PlannedFile(DEFAULTS_FILE, SetupFileState.OUTDATED, rendered, ("--test names other commands",))
    return PlannedFile(DEFAULTS_FILE, SetupFileState.CURRENT, existing)


def existing_text(top: Path, name: str) -> str | None:
    """Return the file's text, None if there is none. Raises MtorError for anything but a plain file of the project."""
    path = top / name
    for part in (path, *path.parents[: name.count("/")]):
        if part.is_symlink():
            raise MtorError(f"{part.relative_to(top)} is a symbolic link", "replace it by a real file or folder first")
    if not path.exists():
        return None
    if not path.is_file():
        raise MtorError(f"{name} is not a file", "move it away first")
    if path.stat().st_size > MOST_BYTES:
        raise MtorError(f"{name} has more than {MOST_BYTES >> 20} MiB", "move it away first")
    return path.read_bytes().decode("utf-8", "surrogateescape")


def write(top: Path, planned: PlannedFile) -> None:
    """Write the file, so that a reader sees the old one or the new one, never a part."""
    from tempfile import NamedTemporaryFile

    path = top / planned.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".mtor-", delete=False) as file:
        try:
            file.write(planned.wanted.encode("utf-8", "surrogateescape"))
            file.close()
            os.chmod(file.name, 0o666 & ~_umask())  # noqa: PTH101  as open() would have made it
            os.replace(file.name, path)  # noqa: PTH105
        except BaseException:
            os.unlink(file.name)  # noqa: PTH108
            raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
