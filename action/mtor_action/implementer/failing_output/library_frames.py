"""Frames of foreign code: installed packages, the language's own library, the test runner."""

from __future__ import annotations

import re

# The repository's own paths were made relative before (`failure_excerpt.own_paths`), so an absolute one is foreign.
_FOREIGN_PATH = re.compile(
    r"^(?:/|\.\./|[A-Za-z]:\\|<frozen )|(?:^|/)(?:site-packages|dist-packages|lib/python\d[\d.]*|node_modules)/"
)
_PYTHON_FRAME = re.compile(
    r"^[ \t]*File \"(?P<path>[^\"\n]+)\", line \d+.*\n(?:(?![ \t]*File \")[ \t]+.*\n)*", re.MULTILINE
)
_OTHER_FRAMES = re.compile(
    # node: `at f (node:internal/…:1:2)`, `node:internal/…:1:2`, `f (/x/node_modules/y.js:1:2)`, and the same in TAP
    r"^[ \t]*+(?:at )?+(?:[^\n(]*+\()?(?:file://)?"
    r"(?:node:[\w/-]+|[^\s()]*/node_modules/[^\s()]+):\d+(?::\d+)?\)?[ \t]*\n"
    # go: a function, and below it a path in the toolchain or the module cache
    r"|^(?!\s)[^\n]+\n\t/[^\n]*/(?:go/src|go/pkg/mod|pkg/mod|libexec/src)/[^\n]*\n"
    # rust: `  3: core::panicking::panic_fmt`, and below it `at /rustc/…`
    r"|^ +\d+: [^\n]+\n +at /[^\n]*\n"
    # java: `at java.base/…`, `at org.junit…`
    r"|^[ \t]++at (?:java\.|javax\.|jdk\.|sun\.|org\.junit|org\.gradle|org\.apache\.maven)[^\n]*\n",
    re.MULTILINE,
)


def is_foreign(path: str) -> bool:
    """Return whether a path is outside of the repository, or belongs to an installed package."""
    return bool(_FOREIGN_PATH.search(path))


def without_foreign_frames(text: str) -> str:
    """Return a traceback without frames that are not the repository's; all of it where none would be left."""
    ended = text if text.endswith("\n") else f"{text}\n"
    own_frames = _PYTHON_FRAME.sub(lambda match: "" if is_foreign(match["path"]) else match[0], ended)
    if _PYTHON_FRAME.search(ended) and not _PYTHON_FRAME.search(own_frames):
        own_frames = ended
    return _OTHER_FRAMES.sub("", own_frames)
