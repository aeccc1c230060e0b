"""The files that a killed run leaves behind: where neither is there, nothing has to be put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.repository.git import Git


def journal_path(git: Git) -> Path:
    """Return the path of this working tree's journal, which is there while a run has something to undo."""
    return git.state_dir / "journal.json"


def loan_path(git: Git) -> Path:
    """Return the path of the record that exists while the tree is lent."""
    return git.state_dir / "lent.json"


def is_unfinished(git: Git) -> bool:
    """Return whether a run may have been killed before it put everything back."""
    return journal_path(git).exists() or loan_path(git).exists()
