"""Carry a change made against one commit to another by git's own three-way merge, with the same result everywhere.

This merges two synthetic commits over one synthetic base, in a throwaway repository that borrows the objects. So it
needs no history, and nothing else matters: no configuration, no attributes of the machine, no merge driver. The
attributes are those of the tree that is merged into, written out, because a bare repository does not read them.
https://git-scm.com/docs/git-merge-tree (`--write-tree`: git 2.38)
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from mtor_action.errors import GitError
from mtor_action.repository.git import Git, git_failed
from mtor_action.repository.revisions.commit import file_commands
from mtor_action.repository.revisions.merge_conflicts import MARKER_SIZE, FileConflict, conflict_regions, holds_markers
from mtor_action.repository.scratch import alternate, blobs_in
from mtor_action.repository.worktree import refuse_name
from mtor_action.tree.changes import Change, FileMode, FileState

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.repository.revisions.merge_conflicts import ConflictRegion

# https://git-scm.com/docs/git-config: whatever decides a merge is set here, so that versions and machines agree.
_SETTINGS = (
    "merge.directoryRenames=false",
    "merge.renames=true",
    "merge.renameLimit=7000",
    "merge.renormalize=false",
    "merge.conflictStyle=merge",
    "diff.renames=true",
    "diff.algorithm=default",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
)
_ISOLATED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_ATTR_NOSYSTEM": "1",
}
_MODES: dict[str, FileMode] = {"100644": "100644", "100755": "100755"}
_NOTHING = "000000"
_SOMEBODY = "mtor <mtor@localhost> 0 +0000"
_MOST_CONFLICTS = 127  # https://git-scm.com/docs/git-merge-file: more are not counted, and 255 is an error
_NO_SUCH_OPTION = "usage: git merge-tree"


@dataclass(frozen=True, slots=True)
class ThreeWayMerge:
    """The `changes` that lead from the tree merged into to the merged one, sorted by path.

    Of a file with conflicts of lines, the lines there stay as they are and the rest is merged. `special` are paths that
    would change and are not regular files.
    """

    changes: tuple[Change, ...]
    conflicts: tuple[FileConflict, ...] = ()
    special: tuple[str, ...] = ()


class _MergedTree(NamedTuple):
    tree: str  # id; conflicted files in it hold markers
    stages: dict[str, dict[int, tuple[str, str]]]  # path → stage (1 before, 2 there, 3 the change) → mode and id
    kinds: dict[str, str]  # path → git's word for its conflict


class _ChangedEntry(NamedTuple):
    path: str
    old: tuple[str, str]  # mode and id
    new: tuple[str, str]

    @property
    def is_regular(self) -> bool:
        return {self.old[0], self.new[0]} <= {*_MODES, _NOTHING}


class ThreeWay:
    """A context with the throwaway repository; `attributes` are the `.gitattributes` of the tree merged into."""

    def __init__(self, git: Git, attributes: Mapping[str, bytes]) -> None:
        for path in attributes:
            refuse_name(path)
        self._source = git
        self._folder = tempfile.TemporaryDirectory(prefix="mtor-merge-")
        self._top = Path(self._folder.name)
        self._git = Git(self._top / "tree", self._top / "git", git.keep_open)
        self._git.root.mkdir()
        self._environ = {**_ISOLATED, "GIT_ALTERNATE_OBJECT_DIRECTORIES": alternate(git.common_dir / "objects")}
        self._options = [word for setting in _SETTINGS for word in ("-c", setting)]
        for path, content in attributes.items():
            place = self._git.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def merge(self, old: str, changes: Sequence[Change], new: str) -> ThreeWayMerge:
        """Carry `changes`, made against the commit `old`, to the commit `new`. Raises GitError."""
        for change in changes:
            refuse_name(change.path)
        names = self._source.run("rev-parse", f"{old}^{{tree}}", f"{new}^{{tree}}").decode("ascii").split()
        there, change_made = self._commits(names[0], names[1], changes)
        merged = self._merged(there, change_made)
        differences = self._differences(names[1], merged.tree)
        blobs = self._blobs(differences, merged)
        resolved = [self._resolved(path, merged, blobs) for path in dict.fromkeys((*merged.stages, *merged.kinds))]
        states = {
            difference.path: (_file(difference.old, blobs), _file(difference.new, blobs))
            for difference in differences
            if difference.is_regular
        }
        for conflict, state in resolved:
            states.pop(conflict.path, None)
            if state is not None:
                states[conflict.path] = (_file(merged.stages[conflict.path][2], blobs), state)
        return ThreeWayMerge(
            changes=tuple(Change(path, *pair) for path, pair in sorted(states.items()) if pair[0] != pair[1]),
            conflicts=tuple(conflict for conflict, _ in resolved),
            special=tuple(difference.path for difference in differences if not difference.is_regular),
        )

    def _commits(self, old_tree: str, new_tree: str, changes: Iterable[Change]) -> tuple[str, str]:
        """Return the two commits: the tree merged into, and the change."""
        form = "sha256" if len(old_tree) == 64 else "sha1"
        self._run("init", "--quiet", "--template=", f"--object-format={form}", "--initial-branch=none")

        def commit(mark: int, base: str, files: Iterable[bytes]) -> Iterable[bytes]:
            yield f"commit refs/heads/{mark}\nmark :{mark}\ncommitter {_SOMEBODY}\ndata 0\n{base}".encode("ascii")
            yield from files
            yield f"\nget-mark :{mark}\n".encode("ascii")

        def whole(tree: str) -> list[bytes]:
            return [f'M 040000 {tree} ""\n'.encode("ascii")]

        stream = [b"feature done\n", *commit(1, "", whole(old_tree)), *commit(2, "from :1\n", whole(new_tree))]
        stream += [*commit(3, "from :1\n", file_commands(changes)), b"done\n"]
        ids = self._run("fast-import", "--quiet", "--done", stdin=b"".join(stream)).decode("ascii").split()
        return ids[1], ids[2]

    def _merged(self, there: str, change: str) -> _MergedTree:
        args = ("merge-tree", "--write-tree", "--messages", "-z", there, change)
        with self._start(*args) as process:
            out, err = process.communicate()
        if process.returncode not in (0, 1):
            error = git_failed(args, process.returncode, err)
            hint = "update git to 2.38 or later" if _NO_SUCH_OPTION in error.message else error.hint
            raise GitError(error.message, hint)
        text = out.decode("utf-8", "surrogateescape")
        # Where a file and a folder collide, git names the file after its commit.
        for commit in (there, change):
            text = text.replace(f"~{commit}\0", "\0")
        return _read_merge(text.split("\0"), is_clean=process.returncode == 0)

    def _differences(self, old: str, new: str) -> list[_ChangedEntry]:
        out = self._run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
        words = out.decode("utf-8", "surrogateescape").split("\0")
        differences = []
        for facts, path in zip(words[:-1:2], words[1::2], strict=True):
            old_mode, new_mode, old_id, new_id, _ = facts.removeprefix(":").split()
            differences.append(_ChangedEntry(path, (old_mode, old_id), (new_mode, new_id)))
        return differences

    def _blobs(self, differences: Iterable[_ChangedEntry], merged: _MergedTree) -> dict[str, bytes]:
        """Return the contents of all files that differ or conflict, by id."""
        entries = [entry for difference in differences for entry in (difference.old, difference.new)]
        entries += [entry for stages in merged.stages.values() for entry in stages.values()]
        ids = list(dict.fromkeys(oid for mode, oid in entries if mode in _MODES))
        out = self._run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in ids).encode("ascii"))
        return dict(zip(ids, blobs_in(out), strict=True))

    def _resolved(
        self, path: str, merged: _MergedTree, blobs: Mapping[str, bytes]
    ) -> tuple[FileConflict, FileState | None]:
        """Return a path's conflict, and the file with the lines there kept where the conflict is about lines."""
        stages, kind = merged.stages.get(path, {}), merged.kinds.get(path, "")
        modes = [stages[number][0] for number in sorted(stages)]
        if len(modes) != 3 or not set(modes) <= _MODES.keys() or "binary" in kind:
            return FileConflict(path, _conflict_reason(stages, kind)), None
        sides = {number: blobs[stages[number][1]] for number in stages}
        regions, content = self._lines(sides)
        if content is None:
            return FileConflict(path, kind or "it cannot be merged by lines"), None
        mode = _MODES[modes[2] if modes[1] == modes[0] else modes[1]]
        return FileConflict(path, kind, regions), FileState(content, mode)

    def _lines(self, sides: Mapping[int, bytes]) -> tuple[tuple[ConflictRegion, ...], bytes | None]:
        """Merge the three contents by lines; no content where they are not of lines, or have no conflict of lines."""
        if holds_markers(sides.values()):
            return (), None
        names = [str(self._top / name) for name in ("there", "before", "change")]
        for name, number in zip(names, (2, 1, 3), strict=True):
            Path(name).write_bytes(sides[number])
        args = ("merge-file", "-p", f"--marker-size={MARKER_SIZE}")
        shown, count = self._status(*args, "--diff3", *names)
        kept, _ = self._status(*args, "--ours", *names)
        regions = conflict_regions(shown) if 0 < count <= _MOST_CONFLICTS else ()
        return regions, kept if regions else None

    def _status(self, *args: str) -> tuple[bytes, int]:
        with self._start(*args) as process:
            out, _ = process.communicate()
        return out, process.returncode

    def _start(self, *args: str) -> subprocess.Popen[bytes]:
        return self._git.start(*self._options, *args, environ=self._environ)

    def _run(self, *args: str, stdin: bytes = b"") -> bytes:
        return self._git.run(*self._options, *args, stdin=stdin, environ=self._environ)


def _file(entry: tuple[str, str], blobs: Mapping[str, bytes]) -> FileState | None:
    return None if entry[0] == _NOTHING else FileState(blobs[entry[1]], _MODES[entry[0]])


def _conflict_reason(stages: Mapping[int, tuple[str, str]], kind: str) -> str:
    """Return why a path is in conflict, in words that follow its name."""
    if set(stages) == {1, 2}:
        return "it was changed there, and the change deletes it or moves it away"
    if set(stages) == {1, 3}:
        return "it was deleted or moved away there, and the change edits it"
    if set(stages) == {2, 3}:
        return "it was added there with other content"
    return f"it cannot be merged ({kind or 'two changes of one path'})"


def _read_merge(words: list[str], *, is_clean: bool) -> _MergedTree:
    """https://git-scm.com/docs/git-merge-tree#OUTPUT, with -z."""
    stages: dict[str, dict[int, tuple[str, str]]] = {}
    kinds: dict[str, str] = {}
    if is_clean:
        return _MergedTree(words[0], stages, kinds)
    at = 1
    while words[at]:
        facts, _, path = words[at].partition("\t")
        mode, oid, number = facts.split()
        stages.setdefault(path, {})[int(number)] = (mode, oid)
        at += 1
    at += 1
    while at < len(words) and words[at]:
        count = int(words[at])
        paths, kind = words[at + 1 : at + 1 + count], words[at + 1 + count]
        if kind.startswith("CONFLICT") and paths:
            kinds.setdefault(paths[0], kind)
        at += count + 3
    return _MergedTree(words[0], stages, kinds)


def renamed_between(git: Git, old: str, new: str) -> dict[str, str]:
    """Return the paths in the commit `new` whose file git finds under another name in `old`, with that name."""
    out = git.run("diff-tree", "-r", "-z", "-M", "-l7000", "--diff-filter=R", "--name-status", old, new, "--")
    words = out.decode("utf-8", "surrogateescape").split("\0")
    return dict(zip(words[2::3], words[1::3], strict=False))
