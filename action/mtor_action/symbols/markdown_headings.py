"""The headings of a Markdown text, and the sections that they begin.

A section goes to the next heading of the same or a higher level. Headings in fences, lists and quotes begin none.
The library decides which lines are headings; front matter is hidden from it, since it would read that as one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from mtor_action.symbols.extent import Extent
from mtor_action.symbols.naming import plain
from mtor_action.symbols.outline import SymbolDefinition
from mtor_action.symbols.section_paths import MOST_CHARACTERS, heading_form, joined
from mtor_action.symbols.sections import MOST_SECTIONS, BeyondLimitsError, SectionOutline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

# The library takes Python's idea of white space: what is not CommonMark's is a letter to it while it looks for lines.
_OTHER_BLANKS = {code: 0xE000 + code for code in (0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0)}
_OTHER_BLANKS |= {0x1680: 0xF680, 0x2028: 0xF028, 0x2029: 0xF029, 0x202F: 0xF02F, 0x205F: 0xF05F, 0x3000: 0xF300}
_OTHER_BLANKS |= {code: code + 0xD000 for code in range(0x2000, 0x200B)}
_AS_WRITTEN = {mark: code for code, mark in _OTHER_BLANKS.items()}


class _Heading(NamedTuple):
    """A heading at a 0-based row, of level 1 to 6."""

    row: int
    level: int
    text: str


def read_sections(text: str) -> SectionOutline:
    """Return the sections of the text, each with its heading's line as the first."""
    rows = text.split("\n")
    _hide_front_matter(rows)
    headings = list(_headings("\n".join(rows)))
    if len(headings) > MOST_SECTIONS:
        raise BeyondLimitsError
    return SectionOutline("Markdown", tuple(_definitions(headings, text.count("\n"))))


def _hide_front_matter(rows: list[str]) -> None:
    if rows[0].rstrip() != "---":
        return
    end = next((row for row, line in enumerate(rows[1:], 1) if line.rstrip() in ("---", "...")), 0)
    if end:
        rows[: end + 1] = [""] * (end + 1)


def _headings(text: str) -> Iterator[_Heading]:
    parser = MarkdownIt("commonmark")
    tokens: list[Token] = []
    parser.block.parse(text.translate(_OTHER_BLANKS), parser, {}, tokens)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            content = tokens[at + 1].content.translate(_AS_WRITTEN)
            yield _Heading(token.map[0], int(token.tag[1:]), plain(content))


def _definitions(headings: Sequence[_Heading], end: int) -> Iterator[SymbolDefinition]:
    forms = Counter(heading_form(heading.level, heading.text) for heading in headings)
    stops = _stops(headings, end)
    around: list[tuple[int, str | None]] = []
    for heading, stop in zip(headings, stops, strict=True):
        while around and around[-1][0] >= heading.level:
            around.pop()
        path = joined(around[-1][1] if around else "", heading.text) if heading.text else None
        form = heading_form(heading.level, heading.text)
        depth = len(around)
        around.append((heading.level, path))
        if not heading.text or not heading.text.isprintable() or len(heading.text) > MOST_CHARACTERS:
            continue
        is_short = path is None or forms[form] == 1
        also = (form, path) if path is not None else (form,)
        yield SymbolDefinition(
            path=form if is_short else path or form,
            kind="heading",
            line=heading.row,
            header="",
            parameters="",
            extent=Extent(heading.row, stop, b""),
            depth=depth,
            also=also,
        )


def _stops(headings: Sequence[_Heading], end: int) -> list[int]:
    """The row after each section: that of the next heading of the same or a higher level."""
    stops = [end] * len(headings)
    open_ones: list[int] = []
    for at, heading in enumerate(headings):
        while open_ones and headings[open_ones[-1]].level >= heading.level:
            stops[open_ones.pop()] = heading.row
        open_ones.append(at)
    return stops
