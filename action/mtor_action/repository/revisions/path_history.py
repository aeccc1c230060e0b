"""The earlier contents of a path: the proof that a removal has been made, for the rare spec that looks applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.repository.git import Git

_MOST_VERSIONS = 20


class History:
    """The first-parent history of one commit, from that commit on. Nothing is asked of git before it is called."""

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self._commit = commit

    def __call__(self, path: str) -> Iterator[bytes]:
        """The contents of `path` at the commit and before each of the newest commits that touched it, newest first.

        Raises GitError.
        """
        options = ("--first-parent", f"--max-count={_MOST_VERSIONS}", self._commit, "--", path)
        touching = self._git.run("rev-list", *options).decode("ascii").split()
        for name in (self._commit, *(f"{commit}^1" for commit in touching)):
            content = self._content(f"{name}:{path}")
            if content is not None:
                yield content

    def _content(self, name: str) -> bytes | None:
        query = f"{name}\n".encode("utf-8", "surrogateescape")
        header, _, content = self._git.run("cat-file", "--batch", stdin=query).partition(b"\n")
        words = header.rsplit(b" ", 2)
        return content[: int(words[2])] if len(words) == 3 and words[1] == b"blob" else None
