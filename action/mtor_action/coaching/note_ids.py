"""The ids of notes, made from their texts."""

from __future__ import annotations

import re
from collections.abc import Collection

_MOST_WORDS = 5
_LONGEST_SLUG = 32


def normalised(text: str) -> str:
    """Equal for texts that differ in case, punctuation and white space only."""
    import unicodedata

    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def free_id(text: str, taken: Collection[str]) -> str:
    """The first words of `text` and four hexadecimal digits of its hash, or more where that is taken."""
    import hashlib
    import unicodedata

    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode("ascii").lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain)[:_MOST_WORDS])
    slug = words[:_LONGEST_SLUG].strip("-") or "note"
    digest = hashlib.sha256(normalised(text).encode("utf-8", "replace")).hexdigest()
    return next(f"{slug}-{digest[:n]}" for n in range(4, 65) if f"{slug}-{digest[:n]}" not in taken)
