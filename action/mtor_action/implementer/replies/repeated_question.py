"""An answer that repeats the question around its code → the answer without what it repeats.

A weak model copies the question, corrects the code in it, and may put all of it into one more block.
"""

from __future__ import annotations

import re

FAILS = "This fails:"

_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+-]*[ \t]*")


def without_question(text: str, head: str) -> str:
    """Return the text without the failing output, the line `head` above its code, and a block around both."""
    lines = text.split("\n")
    if head not in lines:
        return text
    at = lines.index(head)
    fences = [number for number in range(at) if _FENCE.fullmatch(lines[number])]
    before = lines[: fences[-1]] if len(fences) % 2 else lines[:at]
    after = lines[at + 1 :]
    if FAILS in after:
        start = after.index(FAILS)
        ends = [number for number in range(start, len(after)) if _FENCE.fullmatch(after[number])]
        after = after[:start] + (after[ends[1] + 1 :] if len(ends) > 1 else [])
    return "\n".join([*before, *after])
