"""A spec that is longer than one text of GitHub → texts that are one spec again: at headings, never inside a block.

A continuation begins with the line `/mtor spec`, as a comment on the issue does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mtor_action.errors import MtorError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part

MOST_CHARACTERS = 65_536  # of an issue's body and of a comment, on GitHub
CONTINUATION = "/mtor spec\n\n"
_CONTINUES = lazy_pattern(rb"\A[ \t]*/mtor[ \t]+spec(?=[ \t\r\n]|\Z)[^\n]*")


class _Piece(NamedTuple):
    """Lines that stay together; `begins` says whether a heading begins them."""

    text: str
    line: int  # of its first line, 1-based
    begins: bool


def continues(data: bytes) -> bool:
    """Return whether a text is the continuation of another one."""
    return _CONTINUES.match(data) is not None


def without_command(data: bytes) -> bytes:
    """Return a continuation as the parser reads it: its first line is a command, not Markdown."""
    return _CONTINUES.sub(b"", data)


def split(text: str, most_characters: int = MOST_CHARACTERS) -> list[str]:
    """Return texts of at most so many characters that are the same spec, the later ones as comments continue it.

    Raises MtorError for a block that is too long for any of them, and where the texts would not be the same spec.
    """
    text = text.replace("\r\n", "\n")
    if len(text) <= most_characters:
        return [text]
    room = most_characters - len(CONTINUATION) - 1
    first, *others = _packed(list(_pieces(text, room)), room)
    texts = [first, *(CONTINUATION + other.lstrip("\n") for other in others)]
    _check(text, texts)
    return texts


def spec_of(texts: Sequence[str]) -> Spec:
    """Return the spec that the texts are together."""
    return parse_spec([Part(f"spec part {n}", without_command(text.encode())) for n, text in enumerate(texts, 1)])


def _packed(pieces: Sequence[_Piece], room: int) -> list[str]:
    """Fill each text as far as it goes, and end it before a heading if one is in its second half."""
    texts: list[str] = []
    index = 0
    while index < len(pieces):
        end, length = index, 0
        while end < len(pieces) and length + len(pieces[end].text) <= room:
            length += len(pieces[end].text)
            end += 1
        if end < len(pieces):
            headings = [number for number in range(index + 1, end + 1) if pieces[number].begins]
            end = headings[-1] if headings else end
        texts.append("".join(piece.text for piece in pieces[index:end]))
        index = end
    return texts


def _pieces(text: str, room: int) -> Iterator[_Piece]:
    """Yield the blocks of the document; each must fit by itself. Raises MtorError."""
    from markdown_it import MarkdownIt

    lines = text.split("\n")
    tokens = [token for token in MarkdownIt("commonmark").parse(text) if token.level == 0 and token.map]
    starts = sorted({0, *(token.map[0] for token in tokens if token.map)})
    headings = {token.map[0] for token in tokens if token.type == "heading_open" and token.map}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        piece = "\n".join(lines[start:end]) + ("\n" if end < len(lines) else "")
        if len(piece) > room:
            raise _too_long(lines[start], start + 1, len(piece))
        yield _Piece(piece, start + 1, start in headings)


def _too_long(opening: str, line: int, length: int) -> MtorError:
    name = re.search(r"(?:create|write|edit|replace|insert|subst)=(\"[^\"]*\"|'[^']*'|\S+)", opening)
    block = f"the block of {name[1]}" if name else "the block"
    return MtorError(
        f"{block} at line {line} has {length:,} characters, and GitHub takes {MOST_CHARACTERS:,} in one text",
        "make it smaller, or commit the spec as a .md file to a branch and comment /mtor run PATH@BRANCH on an issue",
    )


def _check(text: str, texts: Sequence[str]) -> None:
    """Compare what is read from the whole and from its parts. Raises MtorError where that differs."""
    whole, parts = spec_of([text]), spec_of(texts)
    if not whole.diagnostics and (parts.diagnostics or _without_places(whole) != _without_places(parts)):
        raise MtorError(
            "the spec cannot be split at its headings: its parts would not be the same spec",
            "close every HTML element and list before the next heading, or split it into several specs",
        )


def _without_places(spec: Spec) -> str:
    values = repr((spec.settings._replace(places=()), spec.moves, spec.deletes, spec.operations))
    return re.sub(r"Place\([^)]*\)", "", values)
