"""The conflicts of a merge as values: which lines both sides changed, and what each made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MARKER_SIZE = 31  # longer than those that files are likely to hold; a file that has such a line is not taken apart
_BEGIN, _BEFORE, _MIDDLE, _END = (sign * MARKER_SIZE for sign in (b"<", b"|", b"=", b">"))


@dataclass(frozen=True, slots=True)
class ConflictRegion:
    """Lines that both sides changed: as they were, as they are in the tree merged into, as the change has them.

    `line` is the 1-based line in the file there at which they begin. Lines are without their endings.
    """

    line: int
    before: tuple[bytes, ...]
    there: tuple[bytes, ...]
    change: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FileConflict:
    """A path that cannot be merged, named as in the tree merged into; `why` follows that name in a sentence.

    Without `regions` it is not about lines.
    """

    path: str
    why: str
    regions: tuple[ConflictRegion, ...] = ()


def holds_markers(contents: Iterable[bytes]) -> bool:
    """Return whether one of the contents has a line that looks like one of our markers."""
    return any(marker in content for content in contents for marker in (_BEGIN, _BEFORE, _MIDDLE, _END))


def conflict_regions(merged: bytes) -> tuple[ConflictRegion, ...]:
    """Return the conflicts in what `git merge-file --diff3` printed with markers of MARKER_SIZE."""
    regions: list[ConflictRegion] = []
    sides: dict[bytes, list[bytes]] = {}
    side, line = b"", 1
    for text in merged.split(b"\n"):
        marker = text[:MARKER_SIZE]
        if marker == _BEGIN:
            side, sides = marker, {_BEGIN: [], _BEFORE: [], _MIDDLE: []}
        elif side and marker in (_BEFORE, _MIDDLE):
            side = marker
        elif side and marker == _END:
            there, before, change = (tuple(sides[name]) for name in (_BEGIN, _BEFORE, _MIDDLE))
            regions.append(ConflictRegion(line, before, there, change))
            line += len(there)
            side = b""
        elif side:
            sides[side].append(text.removesuffix(b"\r"))
        else:
            line += 1
    return tuple(regions)
