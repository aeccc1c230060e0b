"""How a region of a file differs from what a hunk looks for, so that its author can mend it in one round.

Characters that look alike are named: https://www.unicode.org/reports/tr15/ (normalisation forms), general category Cf.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.tree.file_text import FileText

_MOST_SHOWN_LINES = 8
_MOST_SHOWN_CHARACTERS = 160
_LONGEST_COMPARED = 1_000
_BLANKS = lazy_pattern(r"[ \t]+")
_ELLIPSIS = lazy_pattern(r"(?:#|//|/\*|--|;|<!--)?\s*(?:\.\.\.|[…⋮⋯︙])\s*(?:\*/|-->)?")


def excerpt(text: FileText, region: tuple[int, int], needle: Sequence[bytes]) -> list[str]:
    """Return the region's lines with their numbers on disk; below each that differs, SEARCH's line and why."""
    start, end = region
    shown: list[str] = []
    offset = _offset(text.lines[start:end], needle)
    for at in range(start, min(end, start + _MOST_SHOWN_LINES)):
        line = _decoded(text.lines[at])
        number = "new" if text.writer(at) is not None else str(text.number(at))
        shown.append(f"{number:>5} | {line[:_MOST_SHOWN_CHARACTERS]}")
        other = at - start + offset
        if other < len(needle) and text.lines[at] != needle[other]:
            shown += _against(line, _decoded(needle[other]))
    return shown


def heading(text: FileText, region: tuple[int, int]) -> str:
    """Return which lines of the file as it is on disk the region is."""
    start, end = region
    return f"the closest region, lines {text.number(start)}-{text.number(max(start, end - 1))} of the file:"


def elision_in(needle: Sequence[bytes], text: FileText) -> str:
    """Return that a line of the hunk abbreviates, if one does that the file does not have; else ""."""
    for line in needle:
        if _ELLIPSIS.fullmatch(_decoded(line).strip()) and line not in text.lines:
            shown = _decoded(line).strip()
            return (
                f'the cause: "{shown}" is compared like any other line; write the lines out, or use two hunks; '
                "with in= and was=, a line of only ⋮ matches lines left out"
            )
    return ""


def written_by(text: FileText, region: tuple[int, int]) -> list[int]:
    """Return the 1-based lines of the spec whose hunks wrote a part of the region."""
    writers = {text.writer(at) for at in range(*region)}
    return sorted(writer + 1 for writer in writers if writer is not None)


def _offset(region: Sequence[bytes], needle: Sequence[bytes]) -> int:
    """Return how many lines of the needle are before the region's first, where the region is cut."""
    return max(0, len(needle) - len(region)) if region and needle and region[-1] == needle[-1] else 0


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _against(line: str, sought: str) -> Iterator[str]:
    """Yield SEARCH's line below the file's, the characters that differ marked, and the difference in words."""
    if line.strip() == sought.strip() == "":
        yield "      ^ only blanks differ on this line"
        return
    start, end = _span(line, sought)
    yield f"  yours {sought[:_MOST_SHOWN_CHARACTERS]}".rstrip()
    reason = _reason(line, sought, start)
    if start < _MOST_SHOWN_CHARACTERS:
        marks = "^" * max(1, min(end, _MOST_SHOWN_CHARACTERS) - start)
        lead = re.sub(r"[^\t]", " ", sought[:start])
        yield f"        {lead}{marks} {reason}".rstrip()
    elif reason:
        yield f"        column {start + 1}: {reason}"


def _span(line: str, sought: str) -> tuple[int, int]:
    """Return the part of `sought` that differs."""
    most = min(len(line), len(sought))
    start = next((at for at in range(most) if line[at] != sought[at]), most)
    tail = next((at for at in range(most - start) if line[-1 - at] != sought[-1 - at]), most - start)
    return start, len(sought) - tail


def _reason(line: str, sought: str, start: int) -> str:
    if unicodedata.normalize("NFC", line) == unicodedata.normalize("NFC", sought):
        return f"the same letters in another form: {_form(sought)} here, {_form(line)} in the file"
    invisible = [*_invisible(sought, "here"), *_invisible(line, "in the file")]
    if invisible and invisible != [*_invisible(line, "here"), *_invisible(sought, "in the file")]:
        return ", ".join(invisible[:3])
    if _BLANKS.sub(" ", line.strip()) == _BLANKS.sub(" ", sought.strip()):
        return _blanks(line, sought, start)
    return ""


def _form(text: str) -> str:
    return "composed (NFC)" if unicodedata.is_normalized("NFC", text) else "decomposed (NFD)"


def _invisible(text: str, where: str) -> list[str]:
    """Name the characters that cannot be seen, or that look like a blank."""
    odd = dict.fromkeys(sign for sign in text[:_LONGEST_COMPARED] if _is_invisible(sign))
    return [f"U+{ord(sign):04X} {unicodedata.name(sign, 'control character')} {where}" for sign in odd]


def _is_invisible(sign: str) -> bool:
    return sign not in " \t" and (sign.isspace() or unicodedata.category(sign) in ("Cf", "Cc", "Zs", "Zl", "Zp"))


def _blanks(line: str, sought: str, start: int) -> str:
    ours, theirs = _run(sought, start), _run(line, start)
    if start <= len(line) - len(line.lstrip()) and ("\t" in ours) != ("\t" in theirs):
        return f"indented with {_blanks_in_words(ours)} here, with {_blanks_in_words(theirs)} in the file"
    return f"only blanks differ: {_blanks_in_words(ours)} here, {_blanks_in_words(theirs)} in the file"


def _run(text: str, at: int) -> str:
    """Return the run of blanks around a place."""
    left = len(text[:at].rstrip(" \t"))
    match = _BLANKS.match(text, left)
    return match[0] if match else ""


def _blanks_in_words(blanks: str) -> str:
    tabs, spaces = blanks.count("\t"), blanks.count(" ")
    parts = [
        f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in ((tabs, "tab"), (spaces, "blank")) if number
    ]
    return " and ".join(parts) or "none"
