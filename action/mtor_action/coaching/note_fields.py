"""The keys of a note in coaching.yml, and what their values may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.coaching.note import Forbid, Note, NoteState, Severity
from mtor_action.manifest.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from enum import StrEnum

    from mtor_action.manifest.settings_block.yaml_nodes import Node
    from mtor_action.untyped import JsonObject

MOST_CHARACTERS = 2_000  # of a note's text

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_MOST_PATHS = 100


class Fault(Exception):
    """One value is wrong: the note is left out."""

    def __init__(self, node: Node, rule: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.rule = rule
        self.message = message
        self.hint = hint


def refused_text(text: str) -> str:
    """Return why `text` cannot be a note's text, or ""."""
    if not text.strip():
        return "the note is empty"
    if len(text) > MOST_CHARACTERS:
        return f"the note has {len(text)} characters, expected at most {MOST_CHARACTERS}"
    if not re.search(r"\w", text):
        return "the note has no word"
    return ""


def refused_pattern(pattern: str) -> str:
    """Return why `pattern` cannot be a gate, or "". It is compiled but never matched: a match can take forever."""
    import warnings

    if len(pattern) > MOST_CHARACTERS:
        return f"the pattern has {len(pattern)} characters, expected at most {MOST_CHARACTERS}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern is not a valid regular expression: {error}"
    return "" if pattern else "the pattern is empty"


def note_of(node: Node) -> Note:
    """Return the note that a mapping is. Raises Fault at the first value that is wrong."""
    values = _mapping(node, "a note", KEYS, "write `- id: …` and, below it, `text: …`")
    if "text" not in values:
        raise Fault(node, "coaching-key", "the note has no text", "add `text: …`")
    if "id" not in values:
        from mtor_action.coaching.note_ids import free_id

        hint = f"for example `id: {free_id(values['text'].scalar or '', ())}`"
        raise Fault(node, "coaching-id", "the note has no id", hint)
    fields: JsonObject = {FIELDS.get(key, key): KEYS[key](value, key) for key, value in values.items()}
    return Note(**fields)


def _mapping(node: Node, name: str, keys: Collection[str], hint: str) -> dict[str, Node]:
    if node.entries is None:
        raise Fault(node, "coaching-value", f"{name} is {node.form}, expected a mapping", hint)
    for key, _ in node.entries:
        if key.scalar not in keys:
            closest = nearest(key.scalar or "", keys)
            help_ = f"write {closest}" if closest else ""
            expected = ", ".join(keys)
            raise Fault(key, "coaching-key", f'unknown key "{key.scalar}" in {name}, expected {expected}', help_)
    return {key.scalar or "": value for key, value in reversed(node.entries)}


def _text(node: Node, key: str) -> str:
    text = _string(node, key)
    problem = refused_text(text)
    if problem:
        raise Fault(node, "coaching-value", problem)
    return text


def _string(node: Node, key: str) -> str:
    if node.scalar is None or not node.scalar.strip():
        raise Fault(node, "coaching-value", f"{key} is {node.form}, expected a string", "quote it if it is text")
    return node.scalar.strip()


def _line(node: Node, key: str) -> str:
    text = _string(node, key)
    if "\n" in text or len(text) > MOST_CHARACTERS:
        expected = f"one line of at most {MOST_CHARACTERS} characters"
        raise Fault(node, "coaching-value", f"{key} is longer than expected: {expected}")
    return text


def _optional(node: Node, key: str) -> str:
    return "" if node.scalar is not None and not node.scalar.strip() else _line(node, key)


def _id(node: Node, _key: str) -> str:
    if node.scalar is None or not _ID.fullmatch(node.scalar):
        raise Fault(node, "coaching-id", "not a valid id, expected up to 100 letters, digits, `.`, `_` and `-`")
    return node.scalar


def _paths(node: Node, key: str) -> tuple[str, ...]:
    items = (node,) if node.scalar else node.items
    if items is None or len(items) > _MOST_PATHS:
        expected = f"a list of at most {_MOST_PATHS} globs"
        raise Fault(node, "coaching-value", f"{key} is {node.form}, expected {expected}", f"write {key}: ['src/**']")
    globs = tuple(_line(item, f"an item of {key}") for item in items)
    for item, glob in zip(items, globs, strict=True):
        if glob.startswith("/"):
            raise Fault(item, "coaching-value", "a glob begins with /, expected one relative to the repository")
    return globs


def _one_of(kind: type[StrEnum]) -> Callable[[Node, str], StrEnum]:
    names = tuple(kind)

    def read_one(node: Node, key: str) -> StrEnum:
        if node.scalar in names:
            return kind(node.scalar)
        closest = nearest(node.scalar or "", names)
        value = f'"{node.scalar}"' if node.scalar else node.form
        raise Fault(
            node,
            "coaching-value",
            f"{key} is {value}, expected {', '.join(names)}",
            f"write {key}: {closest}" if closest else "",
        )

    return read_one


def _count(node: Node, key: str) -> int:
    if node.scalar is None or not _COUNT.fullmatch(node.scalar):
        raise Fault(node, "coaching-value", f"{key} is not a whole number above 0")
    return int(node.scalar)


def _forbid(node: Node, key: str) -> Forbid:
    hint = "write forbid: {pattern: 'REGEX', paths: ['src/**']}"
    values = _mapping(node, key, ("pattern", "paths"), hint)
    if "pattern" not in values:
        raise Fault(node, "coaching-key", "forbid has no pattern", hint)
    pattern = values["pattern"]
    # White space may be what is forbidden: nothing is stripped.
    problem = refused_pattern(pattern.scalar or "")
    if problem:
        raise Fault(pattern, "coaching-pattern", problem)
    return Forbid(pattern.scalar or "", _paths(values["paths"], "paths") if "paths" in values else ())


FIELDS = {"count": "times"}  # `count` is a method of tuples
KEYS: dict[str, Callable[[Node, str], object]] = {
    "id": _id,
    "text": _text,
    "paths": _paths,
    "severity": _one_of(Severity),
    "state": _one_of(NoteState),
    "source": _optional,
    "author": _optional,
    "created": _optional,
    "count": _count,
    "forbid": _forbid,
    "require": _line,
}
