"""What people teach in comments, written to the branch mtor-coaching over the API.

The file is edited by the functions that `mtor coach` uses, so that its comments and its layout survive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH, PATH, Note, NoteState
from mtor_action.github.branches import coaching_files
from mtor_action.github.branches.repositories import branch_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.coaching import notebook
    from mtor_action.github.client import Client

MOST_RECENT = 100


@dataclass(frozen=True, slots=True)
class ReviewRemark:
    """What somebody said; `source` is a link or a name of the comment, `paths` what it is about (none: everything)."""

    text: str
    author: str
    source: str
    paths: tuple[str, ...] = ()


def keep(client: Client, remark: ReviewRemark) -> str:
    """Make it an active note, unless the same is known; the note's id. Raises UsageError, CoachingRejected."""
    today = datetime.now(UTC).date().isoformat()
    from mtor_action.coaching import notebook

    notes = notebook.sound(
        [
            Note(
                "",
                remark.text,
                remark.paths,
                state=NoteState.ACTIVE,
                source=remark.source,
                author=remark.author,
                created=today,
            )
        ]
    )
    outcome = _change(client, remark, notebook.message("add", notes), lambda data: notebook.with_added(data, notes))
    return (*outcome.added, *outcome.known)[0].id


def propose(client: Client, remark: ReviewRemark) -> None:
    """Make it a proposed note, once. Raises CoachingRejected, GitHubError."""
    from mtor_action.coaching import notebook

    candidate = notebook.Candidate(remark.text, remark.paths, source=remark.source, author=remark.author)
    notes, _refused = notebook.as_notes([candidate])
    if notes and not _is_written(client, remark):
        _change(client, remark, notebook.message("propose", notes), lambda data: notebook.with_proposed(data, notes))


def _change(
    client: Client,
    remark: ReviewRemark,
    subject: str,
    edit: Callable[[bytes | None], tuple[bytes, notebook.NotesChange]],
) -> notebook.NotesChange:
    return coaching_files.change(client, PATH, edit, f"{subject}\n\n{_trailer(remark)}\n")


def _is_written(client: Client, remark: ReviewRemark) -> bool:
    """Whether an earlier try has written it: the same again would count as said twice."""
    if branch_head(client, BRANCH) is None:
        return False
    commits = client.pages("commits", params={"sha": BRANCH, "path": PATH, "per_page": MOST_RECENT}, most=1)
    return any(_trailer(remark) in listed.text("commit", "message") for listed in commits)


def _trailer(remark: ReviewRemark) -> str:
    return f"Mtor-Said: {' '.join(remark.source.split())}"
