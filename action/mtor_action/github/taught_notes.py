"""What people teach in comments, written to the branch mtor-coaching over the API by compare-and-swap.

The file is edited by the functions that `mtor coach` uses, so that its comments and its layout survive.
https://docs.github.com/rest/git/refs#update-a-reference
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH, PATH, Note, NoteState
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.repositories import branch_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.coaching import notebook
    from mtor_action.github.client import Client

MOST_ATTEMPTS = 8
MOST_RECENT = 100
_MOVED = frozenset(
    {
        RequestFailureKind.NOT_FAST_FORWARD,
        RequestFailureKind.REFERENCE_EXISTS,
        RequestFailureKind.CONFLICT,
        RequestFailureKind.NO_REFERENCE,
    }
)


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
    attempts = 0
    while True:
        attempts += 1
        head = branch_head(client, BRANCH)
        before = _file(client, head) if head else None
        after, outcome = edit(before)
        if after == before:
            return outcome
        try:
            _write(client, head, after, f"{subject}\n\n{_trailer(remark)}\n")
        except GitHubError as error:
            if error.kind not in _MOVED or attempts == MOST_ATTEMPTS:
                raise
        else:
            return outcome


def _file(client: Client, commit: str) -> bytes | None:
    try:
        return b64decode(client.call("GET", f"contents/{PATH}", params={"ref": commit}).text("content"))
    except GitHubError as error:
        if error.kind is RequestFailureKind.NOT_FOUND:
            return None
        raise


def _write(client: Client, head: str | None, data: bytes, message: str) -> None:
    """A commit on `head`, which must still be the branch's end; with None the first commit of all."""
    entry = {"path": PATH, "mode": "100644", "type": "blob", "content": data.decode("utf-8")}
    tree: dict[str, object] = {"tree": [entry]}
    if head:
        tree["base_tree"] = client.call("GET", f"git/commits/{head}").text("tree", "sha")
    # Objects that are made twice are the same, or nobody's.
    tree_id = client.call("POST", "git/trees", tree, look=lambda: None).text("sha")
    commit = {"message": message, "tree": tree_id, "parents": [head] if head else []}
    commit_id = client.call("POST", "git/commits", commit, look=lambda: None).text("sha")
    if head:
        client.call("PATCH", f"git/refs/heads/{BRANCH}", {"sha": commit_id, "force": False})
    else:
        client.call("POST", "git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": commit_id})


def _is_written(client: Client, remark: ReviewRemark) -> bool:
    """Whether an earlier try has written it: the same again would count as said twice."""
    if branch_head(client, BRANCH) is None:
        return False
    commits = client.pages("commits", params={"sha": BRANCH, "path": PATH, "per_page": MOST_RECENT}, most=1)
    return any(_trailer(remark) in listed.text("commit", "message") for listed in commits)


def _trailer(remark: ReviewRemark) -> str:
    return f"Mtor-Said: {' '.join(remark.source.split())}"
