"""The definitions that a new text of a file lacks: models leave out what they do not change.

They come from Python's own parser, else from the grammar where it is installed (the extra `symbols`), else from the
words that open them.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.definitions import definitions, installed_outline
from mtor_action.symbols.grammar import grammar_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_NAMED = 3
_PROSE = (".md", ".markdown", ".rst", ".txt", ".adoc")
_DOTS = re.compile(r"^(?:(?://|#|--|;+|/\*+|\*|<!--)\s*)?(?:\.{3,}|…)[\s.…]*(?:\*/|-->)?$")
_OPENED = re.compile(
    r"^[ \t]*(?:(?:export|default|pub(?:\([^)\n]*\))?|public|private|protected|static|async|abstract|final)\s+)*"
    r"(?:class|function\*?|func(?:\s*\([^)\n]*\))?|fn|def|struct|enum|trait|interface|module)\s+(?P<name>[A-Za-z_]\w*)"
    r"|^(?:export\s+)?(?:const|let|var)\s+(?P<bound>[A-Za-z_]\w*)"
    r"|^[ \t]+(?:[\w<>\[\]]+[ \t]+){0,4}(?!(?:if|for|while|switch|catch|function|return|match)\b)"
    r"(?P<method>[A-Za-z_]\w*)\([^;\n]{0,200}\)[^;\n]{0,80}\{[ \t]*$",
    re.MULTILINE,
)


def lost_definitions(path: str, before: str, after: str) -> str:
    """Return what `after` lacks of `before`, in words for the model; "" for nothing."""
    if path.endswith(".py"):
        own = _python_names(before)
        if own is not None:
            return _said(own, _python_names(after), path)
    if placeholder := new_placeholder(path, before, after):
        return placeholder
    if path.endswith(".py"):  # that does not parse: of Python 2, or with the syntax error that was asked about
        return _said(opened_names(before), opened_names(after), path)
    if grammar_of(path) is None:
        return ""
    return _said(_names(path, before), _names(path, after), path)


def new_placeholder(path: str, before: str, after: str) -> str:
    """Return, in words for the model, which line of `after` stands for code and is not in `before`; "" for none."""
    present = {line.strip() for line in before.split("\n")}
    for number, line in enumerate(after.split("\n"), 1):
        if line.strip() not in present and _DOTS.match(line.strip()) and not path.endswith(_PROSE):
            return f"line {number} of the answer, `{line.strip()}`, is a placeholder for code; write the code itself"
    return ""


def _said(before: Sequence[str], after: Sequence[str] | None, path: str) -> str:
    if after is None:
        return ""
    lost: list[str] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        # As many others in their place are other names for the same; what comes again elsewhere has moved.
        if kind == "delete" or (kind == "replace" and end - start > new_end - new_start):
            lost += list(Counter(before[start:end]) - Counter(after))
    return f"the text leaves out {', '.join(lost[:_MOST_NAMED])}; give the whole of {path}" if lost else ""


def _python_names(text: str) -> list[str] | None:
    own = definitions(text)
    return None if own is None else [each.name for each in own]


def _names(path: str, text: str) -> list[str]:
    outline = installed_outline(path, text)
    return opened_names(text) if outline is None else [each.path for each in outline.definitions]


def opened_names(text: str) -> list[str]:
    """Return the names after the words that open a definition in many languages, in their order."""
    return [match["name"] or match["bound"] or match["method"] for match in _OPENED.finditer(text)]
