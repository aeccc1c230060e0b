"""Objects of a repository, read and written where git keeps those that are in no pack: starting git takes longer.

git-scm.com/book/en/v2/Git-Internals-Git-Objects, git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = re.compile(r"[0-9a-f]{40}")
TREE = "040000"
_KINDS = {TREE: "tree", "160000": "commit"}


class Loose(NamedTuple):
    """An object: blob, tree or commit, and its content."""

    kind: str
    content: bytes


class Leaf(NamedTuple):
    """What a tree has below a name: the mode as six digits, and an id."""

    mode: str
    sha: str

    @property
    def kind(self) -> str:
        return _KINDS.get(self.mode, "blob")


class PackedError(Exception):
    """An object is in a pack, or not there at all: git has to be asked."""


def loose(repository: Path, sha: str) -> Loose | None:
    """The object with this full id; None if it is packed, or not there."""
    if not ID.fullmatch(sha):
        return None
    try:
        stored = (repository / "objects" / sha[:2] / sha[2:]).read_bytes()
    except FileNotFoundError:
        return None
    head, _, content = zlib.decompress(stored).partition(b"\0")
    return Loose(head.split()[0].decode(), content)


def tree_of(repository: Path, sha: str) -> str:
    """The tree of a commit or of a tree, by its full id. Raises PackedError."""
    stored = _needed(repository, sha)
    if stored.kind == "tree":
        return sha
    if stored.kind != "commit":
        raise PackedError(sha)
    return stored.content[len("tree ") :][:40].decode()


@lru_cache(10_000)
def leaves(repository: Path, tree: str) -> Mapping[str, Leaf]:
    """What a tree has, in its order. Raises PackedError."""
    content, at, found = _needed(repository, tree).content, 0, {}
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        found[name.decode("utf-8", "surrogateescape")] = Leaf(mode.decode().zfill(6), content[end + 1 : end + 21].hex())
        at = end + 21
    return found


def changed(repository: Path, tree: str | None, changes: Mapping[str, Leaf | None]) -> str | None:
    """A tree like this one but for some paths (None deletes); None if nothing is left. Raises PackedError."""
    made = dict(leaves(repository, tree)) if tree else {}
    below: dict[str, dict[str, Leaf | None]] = {}
    for path, leaf in changes.items():
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = leaf
        elif leaf is None:
            made.pop(name, None)
        else:
            made[name] = leaf
    for name, inner in below.items():
        old = made.get(name)
        folder = changed(repository, old.sha if old and old.mode == TREE else None, inner)
        if folder:
            made[name] = Leaf(TREE, folder)
        elif old and old.mode == TREE:
            del made[name]
    return store_tree(repository, made) if made else None


def store_tree(repository: Path, made: Mapping[str, Leaf]) -> str:
    """Write a tree; its id."""
    raw = {name.encode("utf-8", "surrogateescape"): leaf for name, leaf in made.items()}
    # A folder comes where its name with a slash would.
    ordered = sorted(raw.items(), key=lambda item: item[0] + (b"/" if item[1].mode == TREE else b""))
    rows = [b"%s %s\0%s" % (leaf.mode.lstrip("0").encode(), name, bytes.fromhex(leaf.sha)) for name, leaf in ordered]
    return store(repository, "tree", b"".join(rows))


def store(repository: Path, kind: str, content: bytes) -> str:
    """Write an object; its id."""
    raw = b"%s %d\0%s" % (kind.encode(), len(content), content)
    sha = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    path = repository / "objects" / sha[:2] / sha[2:]
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="tmp_obj_")
        with os.fdopen(handle, "wb") as file:
            file.write(zlib.compress(raw, 1))
        Path(name).chmod(0o444)
        Path(name).rename(path)
    return sha


def _needed(repository: Path, sha: str) -> Loose:
    stored = loose(repository, sha)
    if stored is None:
        raise PackedError(sha)
    return stored
