"""Deleted and created files that are one file under another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence

    from mtor_action.tree.tree import Tree

_LEAST_SIMILAR = 0.5  # git's own default: https://git-scm.com/docs/git-diff#Documentation/git-diff.txt--Mn
_MOST_PAIRS = 10_000
_MOST_BYTES = 1024 * 1024


def exact_renames(old: Tree, removed: Iterable[str], new: Tree, added: Iterable[str]) -> dict[str, str]:
    """Return old path → new path where content and mode are equal; of several, those with one name go together."""
    targets: dict[tuple[str, str], list[str]] = {}
    for path in added:
        targets.setdefault(_identity(new, path), []).append(path)
    pairs: dict[str, str] = {}
    sources = [(path, targets.get(_identity(old, path), [])) for path in removed]
    for same_name in (True, False):
        for path, candidates in sources:
            target = next((other for other in candidates if not same_name or _name(other) == _name(path)), None)
            if path not in pairs and target is not None:
                pairs[path] = target
                candidates.remove(target)
    return pairs


def _identity(tree: Tree, path: str) -> tuple[str, str]:
    entry = tree.entry(path)
    return (entry.oid or _digest(tree.read(path)), entry.mode) if entry else ("", "")


def _digest(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def similar_renames(old: Tree, removed: Sequence[str], new: Tree, added: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs that share at least half of their lines by size, the most similar first; each path once."""
    if not removed or not added or len(removed) * len(added) > _MOST_PAIRS:
        return []
    left, right = _all_lines(old.read, removed), _all_lines(new.read, added)
    scored = [
        (_similarity(left[source], right[target]), _name(source) == _name(target), source, target)
        for source in left
        for target in right
    ]
    pairs: dict[str, str] = {}
    for score, _, source, target in sorted(scored, key=lambda pair: (-pair[0], not pair[1], pair[2:])):
        if score >= _LEAST_SIMILAR and source not in pairs and target not in pairs.values():
            pairs[source] = target
    return list(pairs.items())


def _all_lines(read: Callable[[str], bytes], paths: Iterable[str]) -> dict[str, Counter[bytes]]:
    from collections import Counter

    contents = ((path, read(path)) for path in paths)
    return {path: Counter(content.splitlines()) for path, content in contents if 0 < len(content) <= _MOST_BYTES}


def _similarity(left: Counter[bytes], right: Counter[bytes]) -> float:
    return _size(left & right) / max(_size(left), _size(right))


def _size(lines: Counter[bytes]) -> int:
    return sum((len(line) + 1) * count for line, count in lines.items())
