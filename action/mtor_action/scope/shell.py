"""A shell command as words. Not a shell: where one would have to run it to know, more is taken than less."""

from __future__ import annotations

import re
from typing import NamedTuple

_CONTINUED = re.compile(r"\\\r?\n")
# The folder that a command starts in, in the words of shells and CI systems.
_HERE = re.compile(
    r"\$\(\s*(?:pwd|git rev-parse --show-toplevel)\s*\)|`\s*pwd\s*`"
    r"|\$\{?(?:PWD|GITHUB_WORKSPACE|CI_PROJECT_DIR|WORKSPACE)\b\}?"
)
_SUBSTITUTION = re.compile(r"[$<>]\(([^()]*)\)|`([^`]*)`")
_VARIABLE = re.compile(r"\$\{\w*(?:[^{}]*)\}|\$\w+|\$[@*#?!$-]|%\w+%")
_BRACES = re.compile(r"\{([^{},\s]*(?:,[^{},\s]*)+)\}")
_MOST_SPELLINGS = 64
UNKNOWN = "\0"  # in a word: what only a run would tell


class Segment(NamedTuple):
    """One simple command: its words without quotes, and the words of every command of its pipeline."""

    words: tuple[str, ...]
    pipeline: tuple[tuple[str, ...], ...]


def segments(text: str) -> list[Segment]:
    """Return the simple commands of `text`, also those inside `$(…)`, `<(…)` and backticks, in order."""
    text = _HERE.sub(".", _CONTINUED.sub(" ", text))
    segments_inside: list[Segment] = []
    while (match := _SUBSTITUTION.search(text)) is not None:
        inner = match[1] or match[2] or ""
        # What is inserted may be run: `sh -c "$(cat run.sh)"`.
        segments_inside += [Segment(segment.words, (*segment.pipeline, (UNKNOWN,))) for segment in segments(inner)]
        text = f"{text[: match.start()]}{UNKNOWN}{text[match.end() :]}"
    return segments_inside + [Segment(words, tuple(pipeline)) for pipeline in _pipelines(text) for words in pipeline]


def _pipelines(text: str) -> list[list[tuple[str, ...]]]:
    pipelines: list[list[tuple[str, ...]]] = [[]]
    words: list[str] = []
    for token in [*_TOKEN.finditer(text), None]:
        if token is not None and token["word"]:
            words.append(_plain(token["word"]))
        elif token is None or token["operator"]:
            if token is not None and token["operator"] in "<>":
                continue
            if words:
                pipelines[-1].append(tuple(words))
                words = []
            if token is not None and token["operator"] not in ("|", "|&"):
                pipelines.append([])
    return pipelines


_TOKEN = re.compile(
    r"""(?P<comment>(?:(?<=\s)|^)\#[^\n]*)"""
    r"""|(?P<word>(?:'[^']*'?|"(?:\\.|[^"\\])*"?|\\.|[^\s'"\\;&|()<>])+)"""
    r"""|(?P<operator>\|\||&&|\|&|[;&|()<>\n])""",
    re.DOTALL | re.MULTILINE,
)
_QUOTED = re.compile(r"""'([^']*)'?|"((?:\\.|[^"\\])*)"?|\\(.)""", re.DOTALL)


def _plain(word: str) -> str:
    bare = _QUOTED.sub(lambda match: next((part for part in match.groups() if part is not None), ""), word)
    return _VARIABLE.sub(UNKNOWN, bare)


def spellings(word: str) -> list[str]:
    """Return the words that braces expand to: `{a,b}.sh` is `a.sh` and `b.sh`."""
    words = [word]
    while len(words) < _MOST_SPELLINGS and (match := _BRACES.search(words[0])):
        first = words.pop(0)
        words += [f"{first[: match.start()]}{part}{first[match.end() :]}" for part in match[1].split(",")]
    return words
