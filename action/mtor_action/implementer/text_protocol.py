"""The tools for models that cannot call tools: asked for in text, in the manifest's own grammar.

    ```edit=PATH              SEARCH/REPLACE hunks
    ```write=PATH             a whole file
    @read PATH [START-END]    @search TEXT    @run_tests    @finish     each alone on a line

`replies/` reads this form, and the others that models use instead of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.implementer.replies.reply_blocks import ReplySubject
from mtor_action.implementer.replies.reply_text import read_reply

if TYPE_CHECKING:
    from mtor_action.model.chat import ToolCall


def calls_in(text: str, turn: int, subject: ReplySubject | None = None) -> tuple[ToolCall, ...]:
    """Return the calls that a reply asks for, in order."""
    return read_reply(text, turn, subject or ReplySubject())


_FORM = re.compile(
    r"^[ \t]*(?:```|~~~)[^\n]*\b(?:edit|write)=|^[ \t]*@(?:read|search|run_tests|finish)\b", re.MULTILINE
)


def speaks_protocol(text: str) -> bool:
    """Return whether a reply uses the protocol's own form."""
    return bool(_FORM.search(text))
