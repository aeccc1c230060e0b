"""The files that decide which programs git runs, kept as they were before any command of the job could change them.

Filters cannot be switched off by name on git's command line without breaking those that a person relies on (LFS), so a
command that plants one in `.git/config` would have it run by our next `git status`. Files that the configuration
includes from elsewhere are not covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mtor_action.repository.git import Git


class Seal(NamedTuple):
    """Bytes by file, None for a file that did not exist."""

    files: Mapping[Path, bytes | None]


def seal(git: Git) -> Seal:
    """Take the seal, before the first command runs."""
    common = git.common_dir
    paths = [common / "config", git.git_dir / "config.worktree", common / "info" / "attributes"]
    if common != git.git_dir:
        paths.append(git.git_dir / "commondir")
    return Seal({path: _read(path) for path in paths})


def mend(seal: Seal) -> list[Path]:
    """Put back what differs, before the first git after the commands; return which files it was."""
    broken = [path for path, content in seal.files.items() if path.is_symlink() or _read(path) != content]
    for path in broken:
        content = seal.files[path]
        if path.is_dir() and not path.is_symlink():
            path.rename(path.with_name(f"{path.name}.mtor-moved-aside"))
        if content is None:
            path.unlink(missing_ok=True)
        else:
            temporary = path.with_name(f"{path.name}.mtor-new")
            temporary.write_bytes(content)
            temporary.replace(path)
    return broken


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
