"""One replacement in many files → a `subst` block, where it says exactly what changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.authoring.block_writing import block, word
from mtor_action.authoring.line_ranges import changed_ranges
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.file_text import FileText, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.tree.changes import FileState
    from mtor_action.tree.tree import Entry, Tree

    Edited = Mapping[str, tuple[FileState, FileState]]

_LEAST_PLACES = 4  # fewer are as short as hunks
_WORD = re.compile(rb"\w")


class BulkChange(NamedTuple):
    """A block and the files that it changes, each as a whole."""

    block: bytes
    paths: tuple[str, ...]


def bulk_blocks(old: Tree, edited: Edited) -> list[BulkChange]:
    """Return a block for each replacement that alone explains several files, tried on the whole tree."""
    groups: dict[tuple[bytes, bytes], list[str]] = {}
    for path, (before, after) in edited.items():
        pairs = set(_replacements(before.content, after.content))
        if len(pairs) == 1:
            groups.setdefault(pairs.pop(), []).append(path)
    changes = (_bulk(old, edited, pair, paths) for pair, paths in groups.items())
    return [change for change in changes if change]


def _replacements(before: bytes, after: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what was replaced by what in each changed line; a pair of nothing where lines were added or removed."""
    if unreadable(before + after):
        yield b"", b""
        return
    old, new = FileText.read(before).lines, FileText.read(after).lines
    for span in changed_ranges(old, new):
        if span.old_end - span.old_start != span.new_end - span.new_start:
            yield b"", b""
        else:
            lines = zip(old[span.old_start : span.old_end], new[span.new_start : span.new_end], strict=True)
            yield from (_middle(left, right) for left, right in lines)


def _middle(left: bytes, right: bytes) -> tuple[bytes, bytes]:
    """Return the parts of both lines that differ, widened to whole words."""
    most = min(len(left), len(right))
    start = next((at for at in range(most) if left[at] != right[at]), most)
    tail = next((at for at in range(most - start) if left[-1 - at] != right[-1 - at]), most - start)
    while start and _WORD.match(left[start - 1 : start]):
        start -= 1
    while tail and _WORD.match(left[len(left) - tail :]):
        tail -= 1
    return left[start : len(left) - tail], right[start : len(right) - tail]


def _bulk(old: Tree, edited: Edited, pair: tuple[bytes, bytes], paths: Sequence[str]) -> BulkChange | None:
    search, replace = pair
    places = sum(edited[path][0].content.count(search) for path in paths) if search else 0
    if places < _LEAST_PLACES or b"\r" in search + replace or (replace and search in replace):
        return None
    for glob in _globs(paths):
        text = _block(glob, places, search, replace)
        if text is not None and _is_exact(old, text, {path: edited[path][1] for path in paths}):
            return BulkChange(text, tuple(paths))
    return None


def _globs(paths: Sequence[str]) -> Iterator[str]:
    """Yield the globs that may mean these files, the shortest first."""
    endings = {path.rpartition("/")[2].rpartition(".")[2] for path in paths}
    folders = [path.rpartition("/")[0].split("/") for path in paths]
    common = []
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1 or not names[0]:
            break
        common.append(names[0])
    name = f"*.{endings.pop()}" if len(endings) == 1 else "*"
    yield name
    if common:
        yield f"{'/'.join(common)}/**/{name}"
    if len(paths) == 1:
        yield paths[0]


def _block(glob: str, count: int, search: bytes, replace: bytes) -> bytes | None:
    name = word(glob) if "*" not in glob or " " in glob else glob
    if name is None:
        return None
    body = b"<<<<<<< SEARCH\n%b\n=======\n%b>>>>>>> REPLACE\n" % (search, replace + b"\n" if replace else b"")
    return block(glob, f"subst={name} count={count}", body)


def _is_exact(old: Tree, text: bytes, expected: Mapping[str, FileState]) -> bool:
    """Return whether the block changes these files alone, and is seen to be applied afterwards."""
    spec = parse_spec([Part("block", text)])
    if spec.diagnostics:
        return False
    plan = make_plan(spec, old)
    if plan.faults or {change.path: change.after for change in plan.changes} != expected:
        return False
    again = make_plan(spec, _TreeAfterwards(old, expected))
    return not again.faults and not again.changes


class _TreeAfterwards:
    """A tree in which the contents of some files are others."""

    def __init__(self, tree: Tree, states: Mapping[str, FileState]) -> None:
        self._tree, self._states = tree, states

    def entry(self, path: str) -> Entry | None:
        return self._tree.entry(path)

    def read(self, path: str) -> bytes:
        return self._states[path].content if path in self._states else self._tree.read(path)

    def paths(self) -> Sequence[str]:
        return self._tree.paths()
