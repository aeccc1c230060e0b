"""The first line of a comment, as a command has it.

    /mtor WORD [ARGUMENT]

It must begin with `/mtor`: a quoted or indented one is somebody else's. Upper case and lower case are alike. Which
words are commands, `access/command.py` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"/mtor(?:[ \t]+(?P<word>\S+)(?:[ \t]+(?P<argument>.*?))?)?[ \t]*", re.IGNORECASE)
# Phone keyboards and mail programs put these characters at a line's end, or in place of blanks.
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u200b": "", "\ufeff": ""})


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command's line, "" where it has no word or argument; `rest` is the text below it, with LF endings."""

    word: str
    argument: str
    rest: str

    def has_word(self, *words: str) -> bool:
        """Return whether the word is one of these, which are in lower case."""
        return self.word.lower() in words


def read_command_line(body: str) -> CommandLine | None:
    """Return the first line of a comment's text and what is below it, None if it is not for mtor."""
    first, _, rest = body.replace("\r\n", "\n").partition("\n")
    match = _LINE.fullmatch(first[:5] + first[5:].translate(_BLANKS))
    return CommandLine(match["word"] or "", match["argument"] or "", rest) if match else None
