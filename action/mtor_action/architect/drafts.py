"""An architect's answer → specs by name, or the questions of one who will not guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_SPECS = 20
_VAGUE = re.compile(r"\A\W{0,4}too vague\b\W{0,4}:?[ \t]*(?P<reason>.*)", re.IGNORECASE | re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_SEPARATOR = re.compile(r"(?m)^=== (?P<name>[^\n=]{1,80}?)(?:\.md)? ===[ \t]*\n")
_WRAPPED = re.compile(r"\A(?P<fence>`{3,}|~{3,})(?:markdown|md)?[ \t]*\n(?P<body>.*?)\n(?P=fence)[ \t]*\Z", re.DOTALL)
_BLOCK = re.compile(r"(?m)^ {0,3}(?:`{3,}|~{3,})[^\n]*(?:mtor|=|\bpatch\b)")


@dataclass(frozen=True, slots=True)
class Drafts:
    """The specs of one answer, by file name, in their order; `vague` are the questions instead, "" for none."""

    specs: tuple[tuple[str, str], ...] = ()
    vague: str = ""


def read_drafts(answer: str) -> Drafts:
    """Return what a model answered. Names become plain file names in one folder, whatever they were."""
    text = _unwrapped(_THOUGHT.sub("", answer.replace("\r\n", "\n")).strip())
    vague = _VAGUE.match(text)
    if vague and not _BLOCK.search(text):
        return Drafts(vague=vague["reason"].strip() or "the task")
    marks = list(_SEPARATOR.finditer(text))
    if not marks:
        return Drafts((("spec.md", text + "\n"),))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    bodies = [(mark["name"], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return Drafts(tuple(_named(bodies[:MOST_SPECS])))


def _named(bodies: list[tuple[str, str]]) -> list[tuple[str, str]]:
    specs: dict[str, str] = {}
    for name, body in bodies:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "spec"
        while f"{plain}.md" in specs:
            plain += "-2"
        specs[f"{plain}.md"] = _unwrapped(body.strip()) + "\n"
    return list(specs.items())


def _unwrapped(text: str) -> str:
    """Return an answer without the one fence around all of it that many models add."""
    match = _WRAPPED.match(text)
    return match["body"].strip() if match and _BLOCK.search(match["body"]) else text
