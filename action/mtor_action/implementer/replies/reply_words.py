"""What a reply says in words before its code: for reports, for coaching, and for whoever is asked next."""

from __future__ import annotations

import re

from mtor_action.implementer.replies.reasoning import without_reasoning

_CODE = re.compile(
    r"^[ \t]*(?:```|~~~|(?:async )?def \w+\(|class \w+[(:]|import \w+(?:\.\w+)*(?: as \w+)?$|from [\w.]+ import \w"
    r"|<{7} ?SEARCH)",
    re.MULTILINE,
)
_TOKENS = re.compile(r"<\|[^|>\n]{1,40}\|>")
# "**src/m.py**", "### Corrected code", "Here is the corrected file:": they announce the code.
_ANNOUNCEMENT = re.compile(r"^\s*(?:#{1,6} .*|\*\*[^*]*\*\*:?|`?[\w./-]+\.\w{1,10}`?:?|.{0,80}:)\s*$")


def words_of(text: str) -> str:
    """Return the words before the code of a reply, in one line; "" if there are none."""
    words = _TOKENS.sub(" ", _CODE.split(without_reasoning(text), maxsplit=1)[0])
    lines = [line for line in words.split("\n") if line.strip()]
    while len(lines) > 1 and _ANNOUNCEMENT.match(lines[-1]):
        lines.pop()
    return " ".join(" ".join(lines).split())
