"""Placeholders for code that was left out: `# ... existing code ...`, `// rest unchanged`.

Written into a file, they would delete the code that they stand for. So would a lone `⋮`, which stands for lines in a
SEARCH. Only a line without anything else counts. The signs around its words (of a comment, dots, brackets) are taken
off first and decide how plain the words must be: between two ellipses a hint is enough; in a bare comment only a whole
phrase counts that ordinary comments never are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from mtor_action.lazy_patterns import lazy_pattern

_WORDS = (
    b"existing",
    b"unchanged",
    b"rest",
    b"remain",
    b"omitted",
    b"before",
    b"snip",
    b"elided",
    b"truncated",
    b"previous",
    b"other ",
    b"same ",
    b"brevity",
    b"code",
    b"implementation",
    b"no changes",
    b"original",
)
# "##" opens a heading and "*" a list item in Markdown, so alone they make no comment.
_LEADER = lazy_pattern(r"(?P<sure>\{/\*+|/\*+|//+|<!--|\(\*|#(?!#)|--+|;+|%+|rem\b)|\*+|#+|\"{3}|'{3}")
_TRAILER = lazy_pattern(r"(?:\*+/\}?|-->|\*\)|\"{3}|'{3})$")
_FRAME = " \t.…-=[](){}<>*"
# What every placeholder looks like: signs, then words with nothing between them but what the patterns below allow, then
# signs. A line of code mostly ends the look at its first comma, quote or operator.
_SHAPE = lazy_pattern(rb"[\s\x1c-\x1f\x80-\xff]*+(?:rem\b)?+[^\w]*+[\w\s()\[\]./'\x1c-\x1f\x80-\xff-]*+[^\w]*+")
_CODE = (
    r"(?:code|file|functions?|class|methods?|implementation|contents?|imports?|fields|lines|tests|logic|module|body|"
    r"stuff|definitions?|config|configuration|styles|routes|jsx|html|markup|component|page|schema|script)"
)
_KEPT = (
    r"(?:(?: (?:is|are))? (?:unchanged|omitted|elided|truncated|the same|as before|as is)|"
    r" (?:remains?|stays?)(?: (?:unchanged|the same|as before|as is|here))?| goes here| here)"
)
_BREVITY = r"(?: (?:here )?for brevity)?"
_REST = rf"(?:the )?(?:rest|remainder)(?: of (?:the |this |your )?(?:[\w.]+ )?{_CODE})?"
# The words of a comment that says nothing else.
_PLAIN = (
    rf"(?:keep )?{_REST}{_KEPT}{_BREVITY}",
    rf"(?:keep )?(?:the )?(?:rest|remainder) of (?:the |this |your )?{_CODE}",
    rf"(?:keep )?(?:your |the |all )?existing (?:code|imports|contents?|implementation|styles|logic|jsx){_KEPT}?",
    rf"(?:your |the |all )?(?:existing|remaining|previous|other|original) {_CODE}{_KEPT}",
    rf"(?:(?:existing|remaining|previous|other|original) )?{_CODE} (?:unchanged|omitted|elided|truncated){_BREVITY}",
    r"(?:omitted|truncated|elided|shortened|snipped) for brevity",
    r"lines \d+ ?(?:-|\u2013|to) ?\d+ (?:are )?(?:unchanged|omitted)",
    r"no changes (?:here|below|above|below this line|above this line|needed here)",
    r"unchanged|snip|same as before",
)
# What a bracket, or an ellipsis at one end, makes plain.
_MARKED = (
    r"(?:your |the |all |keep )?(?:existing|remaining|previous|original)(?: [\w/]+){1,3}",
    rf"(?:all )?(?:the )?(?:other|more) {_CODE}(?: [\w']+){{0,3}}",
    rf"{_REST}(?: [\w']+){{0,4}}",
    r"(?:\w+ ){0,3}(?:unchanged|omitted|elided|truncated|snipped|snip)" + _BREVITY,
    r"no changes|previous code|as before|same as (?:before|above)",
    rf"{_CODE} (?:continues|before|after|above|below)",
)
_DOTTED = (r"(?:\w+ ){0,3}(?:existing|remaining|unchanged|previous|rest|omitted)(?: [\w']+){0,6}", _CODE)
_BARE = (rf"{_REST}{_KEPT}",)
_LONGEST_PLACEHOLDER = 120
LEFT_OUT = "⋮".encode()  # in the SEARCH of a hunk inside of a definition, the lines between its neighbours
_DOTS = tuple(sign.encode() for sign in "⋮⋯︙")
# "..." and "…" alone are Python, or a listing's own.
_LONE_DOTS = lazy_pattern(r"(?:#|//|/\*|\{/\*|--|;|%|<!--)?\s*[⋮⋯︙]\s*(?:\*/\}?|-->)?")


def placeholders(body: bytes) -> list[int]:
    """Return the 0-based numbers of the body's lines that replace code that was left out."""
    lowered = body.lower()
    has_words, has_dots = any(word in lowered for word in _WORDS), any(sign in body for sign in _DOTS)
    if not has_words and not has_dots:
        return []
    return [
        number
        for number, line in enumerate(lowered.split(b"\n"))
        if (has_words and _may_be(line) and _is_placeholder(line)) or (has_dots and _is_lone_dots(line))
    ]


def _is_lone_dots(line: bytes) -> bool:
    text = line.decode("utf-8", "replace").strip() if len(line) < _LONGEST_PLACEHOLDER else ""
    return _LONE_DOTS.fullmatch(text) is not None


def _may_be(line: bytes) -> bool:
    return len(line) < 400 and _SHAPE.fullmatch(line) is not None and any(word in line for word in _WORDS)


def _is_placeholder(line: bytes) -> bool:
    text = line.decode("utf-8", "replace").strip()
    if len(text) > _LONGEST_PLACEHOLDER:
        return False
    leader = _LEADER.match(text)
    inner = _TRAILER.sub("", text[leader.end() :] if leader else text).strip()
    words = inner.strip(_FRAME)
    # Only an ellipsis or brackets at the very ends frame a phrase; brackets that open and close inside do not.
    head, _, tail = inner.partition(words)
    dots = sum("..." in end or "…" in end for end in (head, tail))
    bracketed = any(sign in head for sign in "[(<") and any(sign in tail for sign in "])>")
    words = re.sub(r"[\s()\[\]]+", " ", words).strip()
    return any(pattern.fullmatch(words) for pattern in _patterns(dots, bool(leader and leader["sure"]), bracketed))


def _patterns(dots: int, is_comment: bool, bracketed: bool) -> Iterable[re.Pattern[str]]:
    if dots == 2:
        return _compiled(_PLAIN + _MARKED + _DOTTED)
    if dots or (bracketed and is_comment):
        return _compiled(_PLAIN + _MARKED)
    if is_comment:
        return _compiled(_PLAIN)
    return _compiled(_PLAIN if bracketed else _BARE)


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    # Compiled on first need: most specs hold none of the words, and these take longer to compile than to match.
    return tuple(re.compile(pattern) for pattern in patterns)
