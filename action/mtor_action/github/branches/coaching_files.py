"""The files of the branch mtor-coaching, read and written over the API, where there is no clone.

A file is changed by compare-and-swap: whoever comes second reads it again.
https://docs.github.com/rest/git/refs#update-a-reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mtor_action.coaching.note import BRANCH, PATH, Note
from mtor_action.coaching.runs import FOLDER, RunRecord, parts_among, read_runs
from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.failures import GitHubError, RequestFailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.client import Client

MOST_ATTEMPTS = 8
MOST_RUN_FILES = 24  # of 64 KiB; the newest ones
_RECENT_MONTHS = 2
_MOVED = frozenset(
    {
        RequestFailureKind.NOT_FAST_FORWARD,
        RequestFailureKind.REFERENCE_EXISTS,
        RequestFailureKind.CONFLICT,
        RequestFailureKind.NO_REFERENCE,
    }
)
Result = TypeVar("Result")


def read_file(client: Client, path: str) -> bytes | None:
    """Return a file as the branch has it now, None without the file or the branch. Raises GitHubError, MtorError."""
    head = branch_head(client, BRANCH)
    return file_bytes(client, path, head) if head else None


def recent_runs(client: Client) -> list[RunRecord]:
    """Return the runs of the latest two months that the branch records, oldest first. Raises GitHubError, MtorError."""
    head = branch_head(client, BRANCH)
    if head is None:
        return []
    parts = parts_among(_names(client, head))
    months = sorted({part.month for part in parts})[-_RECENT_MONTHS:]
    recent = [part for part in parts if part.month in months][-MOST_RUN_FILES:]
    return [run for part in recent for run in read_runs(file_bytes(client, part.path, head) or b"")]


def notes(client: Client) -> tuple[Note, ...]:
    """Return the sound notes on the branch. Raises GitHubError, MtorError."""
    from mtor_action.coaching.notes_file import read

    data = read_file(client, PATH)
    return read(data).notes if data else ()


def change(client: Client, path: str, edit: Callable[[bytes | None], tuple[bytes, Result]], message: str) -> Result:
    """Commit a file as `edit` makes it from its bytes (None: no such file), and return what `edit` says beside them.

    The branch is made if it is missing; an edit that changes nothing makes no commit. Raises GitHubError, and what
    `edit` raises.
    """
    attempts = 0
    while True:
        attempts += 1
        head = branch_head(client, BRANCH)
        before = file_bytes(client, path, head) if head else None
        after, result = edit(before)
        if after == before:
            return result
        try:
            _write(client, head, {path: after}, message)
        except GitHubError as error:
            if error.kind not in _MOVED or attempts == MOST_ATTEMPTS:
                raise
        else:
            return result


def _names(client: Client, head: str) -> list[str]:
    folder = client.find(f"contents/{FOLDER}", params={"ref": head})
    return [entry.text("name") for entry in folder.items()] if folder else []


def _write(client: Client, head: str | None, files: dict[str, bytes], message: str) -> None:
    """Commit the files on `head`, which must still be the branch's end; with None as the first commit of all."""
    entries = [
        {"path": path, "mode": "100644", "type": "blob", "content": data.decode("utf-8")}
        for path, data in files.items()
    ]
    tree: dict[str, object] = {"tree": entries}
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
