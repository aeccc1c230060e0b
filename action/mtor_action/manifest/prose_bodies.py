"""Fences that say nothing to mtor and whose body, or whose heading, shows that they were meant to.

What would be prose is an error if it is settings, a patch or hunks, or if it is alone under a heading that is a path
while other blocks have attributes. An example of one belongs inside a longer fence.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.settings_block.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.fences.fenced_blocks import Fence
    from mtor_action.manifest.text import Lines

_HEADING = lazy_pattern(r" {0,3}#{1,6}[ \t]+(?P<text>.*)")
_AFTER_HEADING = " \t#"  # cut off, not matched: a pattern would try every place in a long row of them
_PATH = lazy_pattern(r"(?:[\w.@+-]+/)*[\w.@+-]+\.[A-Za-z]\w{0,7}")
_AROUND_PATH = "`*_\"' \t:"
_TOP_KEY = lazy_pattern(rb"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t].*)?")
_HUNK = lazy_pattern(rb"(?m)^<{7,} SEARCH[ \t]*$")
_PATCH = lazy_pattern(rb"(?:\s*\n)?(?:diff --git \S|--- (?:a/|/dev/null).*\n\+\+\+ (?:b/|/dev/null).*\n@@)")
# Keys that many other YAML files have too.
_ORDINARY = frozenset({"title", "base", "after", "test", "setup", "format"})
_YAML = frozenset({"", "yaml", "yml"})
# What a listing under a file's name may be without being the file.
_LISTINGS = frozenset({"console", "text", "txt", "output", "diff", "log", "shell-session", "mermaid"})
_MOST_BYTES = 100_000
_EXAMPLE = "put an example inside a longer fence"


class MeantFence(NamedTuple):
    """What a fence seems to be, and the line to write."""

    message: str
    help: str


class Sections:
    """The headings of a text and the fences below each."""

    def __init__(self, lines: Lines, fences: Sequence[Fence], operations: Sequence[int]) -> None:
        """`operations` are the 0-based lines at which manifest blocks begin; without fences no heading counts."""
        self._with_blocks: set[int] = set()
        self._starts: list[int] = []
        self._texts: list[str] = []
        if not fences:
            return
        for number in _outside(fences, len(lines)):
            if b"#" in lines.raw(number)[:4]:
                match = _HEADING.fullmatch(lines.text(number))
                if match:
                    self._starts.append(number)
                    self._texts.append(match["text"].rstrip(_AFTER_HEADING).strip(_AROUND_PATH))
        self._with_blocks = {bisect_right(self._starts, line) for line in operations}

    def path_above(self, line: int) -> str:
        """Return the path that is the heading above a line, if no manifest block is in the same section; else ""."""
        section = bisect_right(self._starts, line)
        text = self._texts[section - 1] if section else ""
        return text if _PATH.fullmatch(text) and section not in self._with_blocks else ""


def _outside(fences: Sequence[Fence], count: int) -> Iterator[int]:
    """Yield those of `count` lines that are in no fence."""
    after = 0
    for fence in fences:
        yield from range(after, fence.line)
        after = fence.end
    yield from range(after, count)


def meant_by_body(fence: Fence, lines: Lines) -> MeantFence | None:
    """Return what a fence without a word for mtor seems to be, by its body; None if it is plainly a listing."""
    body = lines.block(*fence.body)[:_MOST_BYTES]
    marker = fence.marker
    lang = fence.info.words[0].text if fence.info.words else ""
    if _HUNK.search(body):
        message = "hunks in a fence that names no file, expected edit=PATH after the language"
        return MeantFence(message, f"write {marker}{lang} edit=PATH, or edit=PATH after the language; {_EXAMPLE}")
    if _PATCH.match(body):
        message = 'a patch in a fence that nobody runs, expected "diff patch"'
        return MeantFence(message, f"write {marker}diff patch; {_EXAMPLE}")
    if lang.lower() in _YAML and _is_settings(body):
        message = 'settings in a fence that nobody reads, expected "yaml mtor"'
        return MeantFence(message, f"write {marker}yaml mtor; {_EXAMPLE}")
    return None


def meant_by_heading(fence: Fence, sections: Sections) -> MeantFence | None:
    """Return that a fence seems to be the file that its heading names, in a spec whose other blocks name theirs."""
    lang = fence.info.words[0].text if fence.info.words else ""
    path = "" if lang.lower() in _LISTINGS or fence.info.attributes else sections.path_above(fence.line)
    if not path:
        return None
    line = f"{fence.marker}{lang} create={path}".replace("` create", "`create").replace("~ create", "~create")
    message = f'a fence under the heading "{path}" that names no file, while other blocks do'
    return MeantFence(message, f"write {line} (or write=, edit=); give a listing the language text")


def _is_settings(body: bytes) -> bool:
    """Return whether every key of the mapping is one of our settings, and one of them is hardly anybody else's."""
    keys = []
    for line in body.split(b"\n"):
        if not line.strip() or line[:1] in (b" ", b"\t", b"#", b"-", b"]", b"}"):
            continue
        match = _TOP_KEY.fullmatch(line.rstrip())
        if match is None:
            return False
        keys.append(match["key"].decode())
    own = [key for key in keys if key in SETTINGS]
    return bool(own) and own == keys and (len(set(own)) > 1 or not set(own) <= _ORDINARY)
