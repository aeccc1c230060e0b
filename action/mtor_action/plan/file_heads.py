"""What must come first in a file besides a shebang, by its suffix: below code it would not compile or not count.

JavaScript's directives (https://tc39.es/ecma262/#directive-prologue), Go's package clause (https://go.dev/ref/spec),
Java's and Kotlin's package, Rust's inner attributes (https://doc.rust-lang.org/reference/attributes.html),
PHP's `declare` and namespace (https://www.php.net/manual/en/language.namespaces.definition.php), Ruby's magic comments
(https://docs.ruby-lang.org/en/master/syntax/comments_rdoc.html), the `---` of YAML and of front matter in Markdown,
`@charset` of CSS, the document type of HTML.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

_MOST_LINES = 400
_MOST_SHOWN = 120
_BETWEEN = lazy_pattern(rb"(?s)[ \t]*\n|[ \t]*//(?!!)[^\n]*\n|[ \t]*/\*(?!!)(?:(?!\*/).)*\*/[ \t]*\n")
_HASHES = lazy_pattern(rb"[ \t]*\n|[ \t]*#[^\n]*\n")
_NOTHING = lazy_pattern(rb"(?!)")
_COMMENTS = lazy_pattern(rb"(?s)(?:\s*(?://[^\n]*\n|/\*(?:(?!\*/).)*\*/))+\s*")
# `///` and `/**` document what follows, which an inner attribute is not.
_PLAIN_COMMENTS = lazy_pattern(rb"(?s)(?:\s*(?://(?!/)[^\n]*\n|/\*(?!\*)(?:(?!\*/).)*\*/))+\s*")
_HASH_COMMENTS = lazy_pattern(rb"(?:\s*#[^\n]*\n)+\s*")


class FileHead(NamedTuple):
    """What must come first, what may be between, and which body may be above it: comments alone."""

    first: re.Pattern[bytes]
    between: re.Pattern[bytes]
    may_precede: re.Pattern[bytes]


_DIRECTIVES = FileHead(
    lazy_pattern(rb"[ \t]*(?:'use [\w ]+'|\"use [\w ]+\")[ \t]*;?[ \t]*(?://[^\n]*)?\n"), _BETWEEN, _COMMENTS
)
_PACKAGE = FileHead(lazy_pattern(rb"(?:package[ \t]+[\w.`]+[^\n{]*|@file:[^\n]*)\n"), _BETWEEN, _COMMENTS)
_INNER = FileHead(
    lazy_pattern(rb"(?s)#!\[(?:[^\[\]]|\[[^\[\]]*\])*\][^\n]*\n|//![^\n]*\n|/\*!.*?\*/[^\n]*\n"),
    _BETWEEN,
    _PLAIN_COMMENTS,
)
_PHP = FileHead(
    lazy_pattern(rb"(?i)<\?php[ \t]*\n|declare[ \t]*\([^)\n]*\)[ \t]*;[^\n]*\n|namespace[ \t]+[\w\\]+[ \t]*;[^\n]*\n"),
    _BETWEEN,
    _NOTHING,
)
_MAGIC = FileHead(
    lazy_pattern(
        rb"(?i)#[ \t]*(?:-\*-[ \t]*)?(?:frozen[_-]string[_-]literal|(?:en)?coding|warn_indent)[ \t]*:[^\n]*\n"
    ),
    _NOTHING,
    _HASH_COMMENTS,
)
_YAML = FileHead(lazy_pattern(rb"%[^\n]*\n|---[ \t]*\n"), _HASHES, _HASH_COMMENTS)
_FRONT = FileHead(
    lazy_pattern(rb"\A---[ \t]*\n[\w-]+[ \t]*:(?:[^\n]*\n(?!---[ \t]*\n)){0,300}[^\n]*\n---[ \t]*\n"),
    _NOTHING,
    _NOTHING,
)
_CHARSET = FileHead(lazy_pattern(rb"@charset[^\n]*\n"), _NOTHING, _NOTHING)
_DOCTYPE = FileHead(lazy_pattern(rb"(?i)<!doctype[^>]*>[^\n]*\n"), _NOTHING, _NOTHING)
_HEADS = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"), _DIRECTIVES),
    **dict.fromkeys((".go", ".java", ".kt", ".kts", ".scala"), _PACKAGE),
    **dict.fromkeys((".yml", ".yaml"), _YAML),
    **dict.fromkeys((".md", ".markdown"), _FRONT),
    **dict.fromkeys((".html", ".htm"), _DOCTYPE),
    ".rs": _INNER,
    ".php": _PHP,
    ".rb": _MAGIC,
    ".css": _CHARSET,
}


def end_of_head(lines: Sequence[bytes], path: str, body: Sequence[bytes]) -> int:
    """Return the first line below what must come first; 0 if nothing must, or if `body` may be above it."""
    head = _HEADS.get(PurePosixPath(path).suffix.lower())
    if head is None:
        return 0
    added = b"".join(line + b"\n" for line in body).lstrip()
    if head.may_precede.fullmatch(added) or head.first.match(added):
        return 0
    text = b"".join(line + b"\n" for line in lines[:_MOST_LINES])
    spans = _first_spans(head, text)
    return text.count(b"\n", 0, spans[-1][1]) if spans else 0


def opening_of(lines: Sequence[bytes], path: str) -> str:
    """Return what every file of its package begins with, on one line: `package a`, `<?php namespace A;`; else ""."""
    head = _HEADS.get(PurePosixPath(path).suffix.lower())
    if head not in (_PACKAGE, _PHP):
        return ""
    text = b"".join(line + b"\n" for line in lines[:_MOST_LINES])
    parts = (text[start:end].strip() for start, end in _first_spans(head, text))
    return b" ".join(parts).decode("utf-8", "replace")[:_MOST_SHOWN]


def _first_spans(head: FileHead, text: bytes) -> list[tuple[int, int]]:
    """Return where what must come first is in the text."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        match = head.first.match(text, at)
        if match is not None:
            spans.append((at, match.end()))
        else:
            match = head.between.match(text, at)
        if match is None or match.end() == at:
            break
        at = match.end()
    return spans
