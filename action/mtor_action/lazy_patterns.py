"""Regular expressions that are compiled when they are first used.

Compiling takes 0.2 ms each, matching next to nothing. A green run imports three hundred, for mistakes, formats and
languages that most specs do not have, and uses few.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def lazy_pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` would, but compile it at the first look at one of its methods or attributes.

    Only those: it is not an instance of `re.Pattern`, and functions of `re` do not take it. A source that cannot be
    compiled raises re.error then; tests/test_lazy_patterns.py compiles all.
    """
    return cast("re.Pattern[AnyStr]", LazyPattern(source, flags))


def is_plain(text: str) -> bool:
    """Return whether all of it is printable ASCII, on one line: no pattern for other characters has to be compiled."""
    return text.isascii() and text.isprintable()


class LazyPattern:
    """A pattern that has not been looked at yet, and after that what of it was looked at."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._arguments = (source, flags)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the compiled pattern, and keep it so that the next look does not come here."""
        if name.startswith("__"):
            raise AttributeError(name)
        source, flags = self._arguments
        value = getattr(re.compile(source, flags), name)
        setattr(self, name, value)
        return value
