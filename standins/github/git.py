"""A real bare repository, changed by plumbing."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from standins.github.objects import ID, Leaf, PackedError, changed, leaves, loose, store, store_tree, tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from standins.github.people import User

ZERO = "0" * 40
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "GitHub",
    "GIT_AUTHOR_EMAIL": "noreply@github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
    "LC_ALL": "C.UTF-8",
}


CONFIG = """\
[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	quotePath = false
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	denyDeleteCurrent = ignore
[gc]
	auto = 0
"""


_REF = re.compile(r"(?P<name>refs/(?:heads|tags)/[^^~:]+)(?P<peeled>\^\{\w+\})?")
_OF_OBJECTS = {"cat-file", "diff", "ls-tree", "merge-base", "merge-tree", "rev-list", "rev-parse", "show"}
_OPTIONS = {"numstat", "raw", "reverse", "count", "no-abbrev", "no-renames", "write-tree", "verify", "quiet"}
_OPTIONS |= {"end-of-options", "date=iso-strict"}
_OBJECTS = re.compile(
    rf"-\w|-U0|--(?:{'|'.join(_OPTIONS)}|format=[^\0]*)|blob"
    r"|\^?[0-9a-f]{40}(?:\.\.[0-9a-f]{40}|\^\{\w+\}|:[^\0]+)?"
)


def is_malformed(path: str) -> bool:
    """Whether GitHub takes this for no path of a file: "tree.path contains a malformed path component"."""
    parts = path.split("/")
    return not path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


class GitFailed(Exception):
    """git said no; the message is what it said."""


class Entry(NamedTuple):
    """A line of `git ls-tree -l`: mode as six digits, kind blob, tree or commit, size -1 for what has none."""

    mode: str
    kind: str
    sha: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class Git:
    """The repository at `path`."""

    path: Path

    def run(self, *arguments: str, data: bytes | None = None, environment: Mapping[str, str] | None = None) -> bytes:
        if data is None and environment is None and _asks_objects_only(arguments):
            return _remembered(self.path, arguments)
        return _run(self.path, arguments, data or b"", environment or {})

    def line(self, *arguments: str, data: bytes | None = None, environment: Mapping[str, str] | None = None) -> str:
        return self.run(*arguments, data=data, environment=environment).decode("utf-8", "replace").strip()

    def lines(self, *arguments: str) -> list[str]:
        return self.line(*arguments).splitlines()

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """The full id of what a name, a branch before a tag, or an abbreviated id stands for."""
        if name.startswith("-") or not name:
            return None
        for each in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            found = self.ref(f"{each}^{{{kind}}}")
            if found is not None:
                return found
        return None

    def ref(self, name: str) -> str | None:
        """What one ref points at, by its full name."""
        named = _REF.fullmatch(name)
        if named:
            sha = self.refs().get(named["name"])
            if sha is None or not named["peeled"]:
                return sha
            name = f"{sha}{named['peeled']}"
        sha, _, kind = name.partition("^")
        if kind == "{commit}" and (stored := loose(self.path, sha)) and stored.kind == "commit":
            return sha
        try:
            return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        except GitFailed:
            return None

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Full names and what they point at, read where git keeps them: git-scm.com/docs/gitrepository-layout."""
        refs = {}
        with suppress(FileNotFoundError):
            for line in (self.path / "packed-refs").read_text("utf-8", "replace").splitlines():
                if not line.startswith(("#", "^")):
                    sha, name = line.split(" ", 1)
                    refs[name] = sha
        for folder, _, names in os.walk(self.path / "refs"):
            for file in (Path(folder, name) for name in names if not name.endswith(".lock")):
                with suppress(FileNotFoundError):  # deleted meanwhile
                    refs[file.relative_to(self.path).as_posix()] = file.read_text().strip()
        return {name: refs[name] for name in sorted(refs) if name.startswith(prefix)}

    def kind(self, sha: str) -> str | None:
        if stored := loose(self.path, sha):
            return stored.kind
        try:
            return self.line("cat-file", "-t", sha)
        except GitFailed:
            return None

    def tree(self, treeish: str, *options: str, path: str = "") -> list[Entry]:
        if not options and ID.fullmatch(treeish):
            with suppress(PackedError):
                return list(_listed(self.path, treeish, path))
        raw = self.run("ls-tree", "-l", "-z", *options, treeish, *(["--", path] if path else []))
        entries = []
        for record in raw.decode("utf-8", "surrogateescape").split("\0"):
            if record:
                head, name = record.split("\t", 1)
                mode, kind, sha, size = head.split()
                entries.append(Entry(mode, kind, sha, -1 if size == "-" else int(size), name))
        return entries

    def blob(self, sha: str) -> bytes:
        stored = loose(self.path, sha)
        return stored.content if stored and stored.kind == "blob" else self.run("cat-file", "blob", sha)

    def is_ancestor(self, older: str, newer: str) -> bool:
        return self.line("rev-list", "-1", older, f"^{newer}") == ""

    def merged(self, ours: str, theirs: str) -> str | None:
        """The tree of the merge of two commits by their full ids, None where they conflict."""
        return _merged(self.path, ours, theirs)

    def commit(
        self,
        branch: str,
        files: Mapping[str, bytes | None],
        message: str,
        user: User,
        when: datetime,
        parent: str | None,
    ) -> str:
        """Write files (None deletes) as one commit on top of `parent` and set the branch; the new id."""
        raw = {path: None if content is None else self._stored(content) for path, content in files.items()}
        try:
            tree = self._changed(parent, raw)
        except PackedError:
            base = self.ref(f"{parent}^{{tree}}")
            lines = [(leaf.mode if leaf else "0", path, leaf.sha if leaf else None) for path, leaf in raw.items()]
            tree = self.write_tree(base, lines)
        who = f"{user.login} <{user.email}> {int(when.timestamp())} +0000"
        head = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {who}", f"committer {who}"]
        sha = store(self.path, "commit", "\n".join([*head, "", message]).encode())
        self.run("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def _changed(self, base: str | None, changes: Mapping[str, Leaf | None]) -> str:
        """A tree like that of `base` but for these paths. Raises PackedError."""
        tree = tree_of(self.path, base) if base else None
        return changed(self.path, tree, changes) or store_tree(self.path, {})

    def _stored(self, content: bytes) -> Leaf:
        """A file's content, to be put into a tree."""
        return Leaf("100755" if content.startswith(b"#!") else "100644", self.store_blob(content))

    def store_blob(self, content: bytes) -> str:
        """Write a blob; its id."""
        return store(self.path, "blob", content)

    def write_tree(self, base: str | None, changes: Sequence[tuple[str, str, str | None]]) -> str:
        """A tree from `base` and (mode, path, sha or None to delete) lines."""
        with suppress(PackedError):
            return self._changed(base, {path: Leaf(mode, _added(sha)) for mode, path, sha in changes})
        with tempfile.TemporaryDirectory(dir=self.path) as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.run("read-tree", base or "--empty", environment=index)
            lines = [line for change in changes for line in self._index_lines(base, *change)]
            self.run("update-index", "-z", "--index-info", data="".join(lines).encode(), environment=index)
            return self.line("write-tree", environment=index)

    def _index_lines(self, base: str | None, mode: str, path: str, sha: str | None) -> list[str]:
        if mode != "040000":
            return [f"{mode if sha else '0'} {sha or ZERO}\t{path}\0"]
        old = self.tree(base, "-r", path=f"{path}/") if base else []
        new = self.tree(sha, "-r") if sha else []
        gone = [f"0 {ZERO}\t{each.path}\0" for each in old]
        return gone + [f"{each.mode} {each.sha}\t{path}/{each.path}\0" for each in new]


def _added(sha: str | None) -> str:
    """The id of what a line adds. Raises PackedError: what a line removes, a file or nothing, git knows."""
    if sha is None:
        raise PackedError
    return sha


@lru_cache(10_000)
def _listed(repository: Path, treeish: str, path: str) -> tuple[Entry, ...]:
    """What `git ls-tree -l` shows of a path: itself, or with a slash at its end what is in it. Raises PackedError."""
    tree, shown = tree_of(repository, treeish), path.rpartition("/")[0]
    if path and is_malformed(path.removesuffix("/")):
        raise PackedError(path)
    for name in filter(None, shown.split("/")):
        leaf = leaves(repository, tree).get(name)
        if leaf is None or leaf.kind != "tree":
            return ()
        tree = leaf.sha
    only, found = path.rpartition("/")[2], leaves(repository, tree)
    names = [only] if only in found else [] if only else found
    prefix = f"{shown}/" if shown else ""
    return tuple(_entry(repository, f"{prefix}{name}", found[name]) for name in names)


def _entry(repository: Path, path: str, leaf: Leaf) -> Entry:
    size = -1
    if leaf.kind == "blob":
        stored = loose(repository, leaf.sha)
        if stored is None:
            raise PackedError(leaf.sha)
        size = len(stored.content)
    return Entry(leaf.mode, leaf.kind, leaf.sha, size, path)


def _run(path: Path, arguments: Sequence[str], data: bytes, environment: Mapping[str, str]) -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=path, input=data, capture_output=True, check=False, env={**ENVIRONMENT, **environment}
    )
    if done.returncode:
        raise GitFailed(done.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
    return done.stdout


@lru_cache(10_000)
def _remembered(path: Path, arguments: Sequence[str]) -> bytes:
    """What git once said of objects, which never change; that one is missing is not remembered."""
    return _run(path, arguments, b"", {})


@lru_cache(10_000)
def _merged(path: Path, ours: str, theirs: str) -> str | None:
    """The same, conflicts remembered too."""
    try:
        return Git(path).line("merge-tree", "--write-tree", ours, theirs)
    except GitFailed:
        return None


def _asks_objects_only(arguments: Sequence[str]) -> bool:
    """Whether nothing but full ids is asked for, so that no ref counts."""
    command, *others = arguments
    named = others[: others.index("--")] if "--" in others else others
    return command in _OF_OBJECTS and all(_OBJECTS.fullmatch(word) for word in named)


def create(path: Path, default_branch: str) -> Git:
    """A new bare repository that allows what GitHub's does."""
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (path / folder).mkdir(parents=True)
    (path / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n", encoding="utf-8")
    (path / "config").write_text(CONFIG, encoding="utf-8")
    return Git(path)
