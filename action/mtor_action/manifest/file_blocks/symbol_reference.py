"""A definition as a spec names it: `Client.send`, `"impl Display for A.fmt"`, `Client.send#2` with `sig="…"`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mtor_action.lazy_patterns import lazy_pattern

_TWIN = lazy_pattern(r"(?P<path>.+)#(?P<number>[1-9][0-9]{0,3})", re.DOTALL)
_HASH = lazy_pattern(r"[0-9a-f]{8,64}")
WAS_LENGTH = 12


@dataclass(frozen=True, slots=True)
class SymbolReference:
    """`text` is the path as written; `sig` tells twins apart; `was` proves that the author saw what is overwritten."""

    text: str
    sig: str = ""
    was: str = ""

    @property
    def path(self) -> str:
        """The path as written, without the number of a twin."""
        match = _TWIN.fullmatch(self.text)
        return match["path"] if match else self.text

    @property
    def twin(self) -> int:
        """The number of a twin, from 1; 0 if none is named."""
        match = _TWIN.fullmatch(self.text)
        return int(match["number"]) if match else 0


def symbol_fault(text: str) -> str:
    """Return why this cannot be the path of a definition; "" if it can."""
    if not text.strip():
        return "names no symbol, expected the path of a definition such as Client.send"
    if not text.isprintable():
        return "contains characters that cannot be seen, expected the path of a definition such as Client.send"
    return ""


def is_hash(text: str) -> bool:
    """Return whether this may be what `mtor show` prints as `was`, or the beginning of it."""
    return _HASH.fullmatch(text) is not None
