"""The files by which a step talks to the runner: kept from commands, and written at the very end.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mtor_action.repository.config_guard import Seal, mend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MOST_SUMMARY_BYTES = 1024 * 1024


def guard(files: Iterable[Path]) -> Seal:
    """Close them to other users and remember what is in them: some runners make them writable for everybody."""
    contents = {}
    for path in files:
        with contextlib.suppress(PermissionError):  # somebody else's: then commands cannot write it either
            path.chmod(0o600)
        contents[path] = path.read_bytes()
    return Seal(contents)


def put_back(seal: Seal) -> list[str]:
    """Undo what commands wrote into them; the names of those files."""
    return [path.name for path in mend(seal)]


def set_outputs(path: Path, values: Mapping[str, str]) -> None:
    """Set outputs of the step, whatever is in the values."""
    import secrets

    lines = []
    for name, value in values.items():
        end = f"mtor-{secrets.token_hex(16)}"
        lines.append(f"{name}<<{end}\n{value}\n{end}\n")
    _append(path, "".join(lines))


def add_summary(path: Path, markdown: str) -> None:
    """Append to the step's summary; GitHub drops one that is too large."""
    data = f"{markdown}\n".encode("utf-8", "replace")
    if len(data) <= MOST_SUMMARY_BYTES:
        _append(path, data.decode("utf-8"))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)
