"""The keys of a JSON text, by a scanner that takes exactly RFC 8259: comments and trailing commas are errors."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtor_action.symbols.key_tree import KeyTree, TextSpot
from mtor_action.symbols.sections import SectionError, SectionOutline

_BLANKS = re.compile(r"[ \t\r\n]*+")
_TOKEN = re.compile(
    r"""(?P<string>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")"""
    r"|(?P<scalar>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null)|(?P<sign>[{}\[\]:,])"
)
# What may come next → what it is called in a message.
_EXPECTED = {
    "value": "a value",
    "first": "a value or ]",
    "key": "a key in double quotes",
    "first key": "a key in double quotes or }",
    "colon": "a colon",
    "comma": "a comma or the closing bracket",
    "end": "the end of the file",
}


@dataclass(slots=True)
class _JsonScanner:
    text: str
    tree: KeyTree
    breaks: Sequence[int]  # the offset of each line end
    state: str = "value"
    brackets: list[tuple[str, TextSpot]] = field(default_factory=list)

    def spot(self, offset: int) -> TextSpot:
        row = bisect_right(self.breaks, offset - 1) if offset else 0
        return TextSpot(row, offset - (self.breaks[row - 1] + 1 if row else 0))

    def refused(self, offset: int) -> SectionError:
        rest = self.text[offset : offset + 1]
        found = "a comment, which JSON does not have" if rest in ("/", "#") else repr(rest) if rest else "the end"
        return SectionError(self.spot(offset).row, f"found {found}, expected {_EXPECTED[self.state]}")

    def scan(self) -> None:
        at = _end_of_blanks(self.text, 0)
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self.refused(at)
            if match["sign"]:
                self._sign(match["sign"], at)
            else:
                self._scalar(match, at)
            at = _end_of_blanks(self.text, match.end())
        if self.state != "end":
            raise self.refused(len(self.text))

    def _sign(self, sign: str, at: int) -> None:
        if sign in "{[" and self.state in ("value", "first"):
            self.tree.open(is_mapping=sign == "{")
            self.brackets.append((sign, self.spot(at)))
            self.state = "first key" if sign == "{" else "first"
        elif sign == ":" and self.state == "colon":
            self.state = "value"
        elif sign == "," and self.state == "comma":
            self.state = "key" if self.brackets[-1][0] == "{" else "value"
        elif sign in "}]" and self._closes(sign):
            _, start = self.brackets.pop()
            self.tree.close(start, self.spot(at + 1))
            self._after_value()
        else:
            raise self.refused(at)

    def _closes(self, sign: str) -> bool:
        opening = self.brackets[-1][0] if self.brackets else ""
        states = ("comma", "first key") if sign == "}" else ("comma", "first")
        return opening == {"}": "{", "]": "["}[sign] and self.state in states

    def _scalar(self, match: re.Match[str], at: int) -> None:
        start, end = self.spot(at), self.spot(match.end())
        if self.state in ("key", "first key") and match["string"]:
            self.tree.scalar(json.loads(match["string"]), start, end)
            self.state = "colon"
        elif self.state in ("value", "first"):
            self.tree.scalar("", start, end)
            self._after_value()
        else:
            raise self.refused(at)

    def _after_value(self) -> None:
        self.state = "comma" if self.brackets else "end"


def _end_of_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def read_sections(text: str) -> SectionOutline:
    """Return the keys of the text. Raises SectionError and BeyondLimitsError."""
    tree = KeyTree("JSON", text.split("\n"))
    breaks = [match.start() for match in re.finditer("\n", text)]
    _JsonScanner(text, tree, breaks).scan()
    return tree.outline()
