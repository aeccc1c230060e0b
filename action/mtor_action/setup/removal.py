"""The files that `mtor init --remove` deletes: the workflow as mtor wrote it, and the settings only on request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.setup import workflow
from mtor_action.setup.workflow import WORKFLOW_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The action's address in a step that runs one of mtor's stages.
_ADDRESS = re.compile(
    r"^(?P<key> *(?:- )?uses: *)[\w.-]+/[\w.-]+@[0-9a-f]{40}(?: +#[^\n]*)?"
    r"(?=\n *with:\n(?: *[a-z-]+: [^\n]*\n)*? *stage: )",
    re.MULTILINE,
)
_ENV = re.compile(r"^ *env:\n(?= *# mtor: your keys)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileRemoval:
    """A file: `removes` says whether it is deleted, `why` why not, "" if it is or does not exist."""

    path: str
    exists: bool
    removes: bool
    why: str = ""


def plan_removal(texts: Mapping[str, str | None], *, everything: bool, force: bool) -> list[FileRemoval]:
    """Return the deletions: the workflow unless edited outside of the own parts (or forced), settings if asked."""
    text = texts[WORKFLOW_FILE]
    is_ours = text is not None and (force or is_as_written(text))
    edited = "it was edited outside of your parts, so it stays: --force deletes it all the same"
    settings = texts[DEFAULTS_FILE] is not None
    return [
        FileRemoval(WORKFLOW_FILE, text is not None, is_ours, "" if is_ours or text is None else edited),
        FileRemoval(
            DEFAULTS_FILE,
            settings,
            settings and everything,
            "these settings are yours, so they stay: --all deletes them too" if settings and not everything else "",
        ),
    ]


def is_as_written(text: str) -> bool:
    """Return whether this or an earlier version wrote the file, but for a person's own parts and the address."""
    return fingerprint(text) in {fingerprint(workflow.render(workflow.PLACEHOLDER, ())), *_earlier()}


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a workflow without the own parts, the action's address, and `env:` before the keys."""
    text = _ENV.sub("", workflow.without_parts(text.replace("\r\n", "\n")))
    text = _ADDRESS.sub(r"\g<key>", text.replace(workflow.PLACEHOLDER, f"a/b@{'0' * 40}"))
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def remove(top: Path, path: str) -> None:
    """Delete a file, and the folders that are empty without it, up to `top`."""
    (top / path).unlink()
    for folder in (top / path).parents:
        if folder == top or any(folder.iterdir()):
            return
        folder.rmdir()


def _earlier() -> set[str]:
    text = files("mtor_action.setup").joinpath("earlier_workflows.txt").read_text(encoding="utf-8")
    return {line.split()[0] for line in text.splitlines() if line and not line.startswith("#")}
