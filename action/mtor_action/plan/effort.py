"""The effort that one plan may spend on hunks that do not match exactly.

Counted in lines compared, never in time, so that the bot, the runner and publish decide alike.
"""

from __future__ import annotations

from mtor_action.lazy_dataclasses import dataclass

_REGION_LINES = 2_000_000
_SHIFT_LINES = 200_000
_PATHS = 30_000
_BYTES_SEARCHED = 200 * 1024 * 1024
_CHARACTER_PAIRS = 3_000_000


@dataclass(slots=True)
class Effort:
    """The effort left: lines to compare for closest regions and second looks, paths to compare for similar names.

    `likeness` counts pairs of characters, which are compared for the region that is most alike. A spec of ordinary size
    uses a small part. A text of nothing but near misses uses it up, and what is left of it gets shorter answers.
    """

    regions: int = _REGION_LINES
    shifts: int = _SHIFT_LINES
    paths: int = _PATHS
    likeness: int = _CHARACTER_PAIRS
    bytes_searched: int = _BYTES_SEARCHED

    def take_region(self, lines: int) -> bool:
        """Pay for a search that compares this many lines; return whether it may be made."""
        if lines > self.regions:
            return False
        self.regions -= lines
        return True

    def take_likeness(self, pairs: int) -> bool:
        """Pay for comparing two lines with this many pairs of characters; return whether they may be compared."""
        if pairs > self.likeness:
            return False
        self.likeness -= pairs
        return True

    def take_search(self, size: int) -> bool:
        """Pay for searching a text of this many bytes for what a subst block names; return whether it may be made."""
        if size > self.bytes_searched:
            return False
        self.bytes_searched -= size
        return True

    def take_shift(self, lines: int) -> bool:
        """Pay for comparing one candidate of this many lines; return whether it may be compared."""
        if lines > self.shifts:
            self.shifts = 0  # a shorter one would be a look at some candidates only
            return False
        self.shifts -= lines
        return True

    def take_paths(self, paths: int) -> bool:
        """Pay for comparing this many paths with one; return whether they may be compared."""
        if paths > self.paths:
            return False
        self.paths -= paths
        return True
