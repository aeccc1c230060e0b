"""The files of a commit on GitHub as a tree that a spec can be planned against.

https://docs.github.com/rest/git/trees#get-a-tree · https://docs.github.com/rest/git/blobs#get-a-blob
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from mtor_action.errors import TreeTooLarge
from mtor_action.tree.tree import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.client import Client

# A webhook has to be answered in seconds: a spec that reads more is left to the runner.
MOST_READS = 100
MOST_BYTES = 2_000_000
_KINDS: dict[str, EntryKind] = {"120000": "symlink", "160000": "submodule", "040000": "directory"}


class RemoteTree:
    """The files of a commit as a `mtor_action.tree.tree.Tree`. Its methods raise TreeTooLarge, GitHubError."""

    def __init__(self, client: Client, commit: str) -> None:
        self._client = client
        listing = client.call("GET", f"git/trees/{commit}", params={"recursive": 1})
        if listing.flag("truncated"):
            raise TreeTooLarge("GitHub does not list all files of this repository at once")
        self._entries: dict[str, Entry] = {}
        self._sizes: dict[str, int] = {}
        for item in listing.items("tree"):
            mode, path = item.text("mode"), item.text("path")
            self._entries[path] = Entry(mode, _KINDS.get(mode, "file"), item.text("sha"))
            self._sizes[path] = item.number("size")
        self._paths = sorted(path for path, entry in self._entries.items() if entry.kind != "directory")
        self._contents: dict[str, bytes] = {}
        self._bytes = 0

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`, or None (see Tree.entry)."""
        return self._entries.get(path)

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`. Raises LookupError if there is no regular file."""
        entry = self._entries[path]
        if entry.kind != "file":
            raise KeyError(path)
        if entry.oid not in self._contents:
            self._bytes += self._sizes[path]
            if len(self._contents) >= MOST_READS or self._bytes > MOST_BYTES:
                raise TreeTooLarge("the spec touches more files than are read here")
            blob = self._client.call("GET", f"git/blobs/{entry.oid}")
            self._contents[entry.oid] = b64decode(blob.text("content"))
        return self._contents[entry.oid]

    def paths(self) -> Sequence[str]:
        """Return every path that is not a directory, sorted."""
        return self._paths
