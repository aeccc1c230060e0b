"""coaching.yml: a list of notes, read with every mistake at its place. A note with a mistake is left out, no other.

    notes:
    - id: use-httpx-3fa2        letters, digits, `.`, `_` and `-`; stands once
      text: Use httpx, not requests.
      paths: [src/**]           optional; none: everywhere
      severity: should          must | should (default) | may
      state: active             proposed (default) | active | retired
      source: https://…         optional, as are author, created, count (how often it was proposed)
      forbid: {pattern: '^import requests', paths: [src/**]}
      require: make lint        a command, which only a commit may add

edits.py changes such a file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.coaching.note import Forbid, Note, Severity, State
from mtor_action.errors import MtorError
from mtor_action.spec.nearest import nearest
from mtor_action.spec.text import Lines, Part, Problems, check_characters
from mtor_action.spec.yaml_nodes import Node, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from enum import StrEnum

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.spec.yaml_nodes import YamlFault

PATH = "coaching.yml"
MOST_CHARACTERS = 2_000  # of a note's text
MOST_BYTES = 256 * 1024  # of the file: a run reads it before anything else

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_NOTES_LINE = re.compile(r"notes:\s*(?:#.*)?")
_ITEM_LINE = re.compile(r"( *)-(?: |$)")
_MOST_PATHS = 100


class CoachingFile(NamedTuple):
    """What was read. `nodes` are the notes' places, one for one; `root` is None where nothing could be parsed."""

    lines: Lines
    notes: tuple[Note, ...]
    nodes: tuple[Node, ...]
    diagnostics: tuple[Diagnostic, ...]
    root: Node | None


class CoachingRejected(MtorError):
    """coaching.yml has mistakes, so that it cannot be changed; `diagnostics` has all of them."""

    def __init__(self, diagnostics: Sequence[Diagnostic], hint: str = "") -> None:
        first = diagnostics[0]
        super().__init__(
            f"{first.path} has {len(diagnostics)} mistake(s), nothing was changed; "
            f"the first, in line {first.line}: {first.message}",
            hint or "correct it by a commit on the branch mtor-coaching; `mtor coach list` shows every mistake",
        )
        self.diagnostics = tuple(diagnostics)


@lru_cache(maxsize=2)  # an edit asks for the same bytes several times
def read(data: bytes, *, quick: bool = False) -> CoachingFile:
    """The notes in the bytes of a coaching.yml, and its mistakes in order.

    With `quick` only the notes of a file without mistakes can be relied on, not their places.
    """
    lines = Lines(Part(PATH, data))
    problems = Problems(lines)
    if len(data) > MOST_BYTES:
        problems.add("coaching-size", 0, f"the file has {len(data)} bytes, expected at most {MOST_BYTES}")
        return CoachingFile(lines, (), (), tuple(problems.found), None)
    check_characters(lines, problems)
    problems.found[:] = [found._replace(rule="coaching-text", help="remove it") for found in problems.found]
    text = lines.data.decode("utf-8", "replace").replace("\r", "\ufffd").replace("\0", "\ufffd")
    document = read_yaml(text, quick=quick)
    reader = _Reader(problems)
    if document.root is None and document.faults:
        reader.read_pieces(text, document.faults)
    elif document.root is not None:
        reader.read_whole(document.root, document.faults)
    else:
        reader.report(document.faults)
    found = tuple(sorted(problems.found, key=lambda found: (found.line, found.column)))
    return CoachingFile(lines, tuple(reader.notes), tuple(reader.nodes), found, document.root)


def refused_text(text: str) -> str:
    """Why `text` can be no note's text, or ""."""
    if not text.strip():
        return "the note is empty"
    if len(text) > MOST_CHARACTERS:
        return f"the note has {len(text)} characters, expected at most {MOST_CHARACTERS}"
    if not re.search(r"\w", text):
        return "the note has no word"
    return ""


def refused_pattern(pattern: str) -> str:
    """Why `pattern` can be no gate, or "". It is compiled, never matched: that can take for ever."""
    import warnings

    if len(pattern) > MOST_CHARACTERS:
        return f"the pattern has {len(pattern)} characters, expected at most {MOST_CHARACTERS}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern is no regular expression: {error}"
    return "" if pattern else "the pattern is empty"


class _Fault(Exception):
    """One value is wrong: the note is left out."""

    def __init__(self, node: Node, rule: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.rule = rule
        self.message = message
        self.hint = hint


class _Reader:
    """Collects the good notes; every mistake becomes a diagnostic."""

    def __init__(self, problems: Problems) -> None:
        self.notes: list[Note] = []
        self.nodes: list[Node] = []
        self._problems = problems
        self._seen: dict[str, int] = {}
        self._first_line = 0

    def read_whole(self, root: Node, faults: Sequence[YamlFault]) -> None:
        self.report(faults)
        if root.entries is None:
            if root.form != "nothing":
                self._add(_Fault(root, "coaching-value", f"the file is {root.form}, expected `notes:` and a list"))
            return
        starts = [key.line for key, _ in root.entries]
        listed: Node | None = None
        for key, value in root.entries:
            if key.scalar != "notes":
                self._add(_Fault(key, "coaching-key", f'unknown key "{key.scalar}", expected "notes"'))
            elif listed is None:
                listed = value
        if listed is None or listed.form == "nothing":
            return
        if listed.items is None:
            self._add(_Fault(listed, "coaching-value", f"notes is {listed.form}, expected a list"))
            return
        self._items(listed.items, faults, starts)

    def read_pieces(self, text: str, faults: Sequence[YamlFault]) -> None:
        """One note that is not YAML must not silence the others: each is read by itself."""
        lines = text.split("\n")
        starts = _item_starts(lines)
        before = len(self._problems.found)
        for start, end in pairwise([*starts, len(lines)]):
            self._first_line = start
            document = read_yaml("\n".join(lines[start:end]))
            self.report(document.faults)
            if document.root is not None:
                self._items(document.root.items or (), document.faults, [])
        self._first_line = 0
        if len(self._problems.found) == before:
            self.report(faults)

    def report(self, faults: Iterable[YamlFault]) -> None:
        told = {found.line for found in self._problems.found if found.rule == "coaching-text"}
        for fault in faults:
            line = fault.line + self._first_line
            if line + 1 not in told:
                self._problems.add("coaching-yaml", line, fault.message, column=fault.column, help=fault.help)

    def _items(self, items: Sequence[Node], faults: Sequence[YamlFault], starts: Sequence[int]) -> None:
        ends = sorted([*(item.line for item in items), *starts, 1 << 60])
        for item in items:
            end = next(line for line in ends if line > item.line)
            broken = any(item.line <= fault.line < end for fault in faults)
            self._item(item, broken=broken)

    def _item(self, item: Node, *, broken: bool) -> None:
        try:
            note = _note(item)
            self._check_new(note.id, item)
        except _Fault as fault:
            if not broken:
                self._add(fault)
            return
        self._seen[note.id] = item.line + self._first_line + 1
        if not broken:
            self.notes.append(note)
            self.nodes.append(item)

    def _check_new(self, name: str, item: Node) -> None:
        if name in self._seen:
            raise _Fault(
                next(value for key, value in item.entries or () if key.scalar == "id"),
                "coaching-id",
                f'the id "{name}" stands twice, expected it once',
                f"the first is in line {self._seen[name]}; give this note another id",
            )

    def _add(self, fault: _Fault) -> None:
        node = fault.node
        width = max(1, len((node.scalar or "").partition("\n")[0]))
        self._problems.add(
            fault.rule,
            node.line + self._first_line,
            fault.message,
            column=node.column,
            width=width,
            help=fault.hint,
        )


def _item_starts(lines: Sequence[str]) -> list[int]:
    """The lines at which the items below `notes:` begin, by their indentation."""
    first = next((number for number, line in enumerate(lines) if _NOTES_LINE.fullmatch(line)), len(lines))
    found = [(number, _ITEM_LINE.match(lines[number])) for number in range(first, len(lines))]
    indents = {number: len(match[1]) for number, match in found if match}
    return [number for number, indent in indents.items() if indent == next(iter(indents.values()))]


def _note(node: Node) -> Note:
    values = _mapping(node, "a note", _KEYS, "write `- id: …` and, below it, `text: …`")
    if "text" not in values:
        raise _Fault(node, "coaching-key", "the note has no text", "add `text: …`")
    if "id" not in values:
        from mtor_action.coaching.edits import free_id

        hint = f"for example `id: {free_id(values['text'].scalar or '', ())}`"
        raise _Fault(node, "coaching-id", "the note has no id", hint)
    fields: dict[str, Any] = {_FIELDS.get(key, key): _KEYS[key](value, key) for key, value in values.items()}
    return Note(**fields)


def _mapping(node: Node, name: str, known: Collection[str], hint: str) -> dict[str, Node]:
    if node.entries is None:
        raise _Fault(node, "coaching-value", f"{name} is {node.form}, expected a mapping", hint)
    for key, _ in node.entries:
        if key.scalar not in known:
            meant = nearest(key.scalar or "", known)
            help_ = f"write {meant}" if meant else ""
            expected = ", ".join(known)
            raise _Fault(key, "coaching-key", f'unknown key "{key.scalar}" in {name}, expected {expected}', help_)
    return {key.scalar or "": value for key, value in reversed(node.entries)}


def _text(node: Node, key: str) -> str:
    text = _string(node, key)
    problem = refused_text(text)
    if problem:
        raise _Fault(node, "coaching-value", problem)
    return text


def _string(node: Node, key: str) -> str:
    if node.scalar is None or not node.scalar.strip():
        raise _Fault(node, "coaching-value", f"{key} is {node.form}, expected a text", "quote it if it is text")
    return node.scalar.strip()


def _line(node: Node, key: str) -> str:
    text = _string(node, key)
    if "\n" in text or len(text) > MOST_CHARACTERS:
        expected = f"one line of at most {MOST_CHARACTERS} characters"
        raise _Fault(node, "coaching-value", f"{key} is longer than expected: {expected}")
    return text


def _optional(node: Node, key: str) -> str:
    return "" if node.scalar is not None and not node.scalar.strip() else _line(node, key)


def _id(node: Node, _key: str) -> str:
    if node.scalar is None or not _ID.fullmatch(node.scalar):
        raise _Fault(node, "coaching-id", "this is no id, expected up to 100 letters, digits, `.`, `_` and `-`")
    return node.scalar


def _paths(node: Node, key: str) -> tuple[str, ...]:
    items = (node,) if node.scalar else node.items
    if items is None or len(items) > _MOST_PATHS:
        expected = f"a list of at most {_MOST_PATHS} globs"
        raise _Fault(node, "coaching-value", f"{key} is {node.form}, expected {expected}", f"write {key}: ['src/**']")
    globs = tuple(_line(item, f"an item of {key}") for item in items)
    for item, glob in zip(items, globs, strict=True):
        if glob.startswith("/"):
            raise _Fault(item, "coaching-value", "a glob begins with /, expected it relative to the repository")
    return globs


def _one_of(kind: type[StrEnum]) -> Callable[[Node, str], StrEnum]:
    names = tuple(kind)

    def read_one(node: Node, key: str) -> StrEnum:
        if node.scalar in names:
            return kind(node.scalar)
        meant = nearest(node.scalar or "", names)
        said = f'"{node.scalar}"' if node.scalar else node.form
        raise _Fault(
            node,
            "coaching-value",
            f"{key} is {said}, expected {', '.join(names)}",
            f"write {key}: {meant}" if meant else "",
        )

    return read_one


def _count(node: Node, key: str) -> int:
    if node.scalar is None or not _COUNT.fullmatch(node.scalar):
        raise _Fault(node, "coaching-value", f"{key} is no whole number above 0")
    return int(node.scalar)


def _forbid(node: Node, key: str) -> Forbid:
    hint = "write forbid: {pattern: 'REGEX', paths: ['src/**']}"
    values = _mapping(node, key, ("pattern", "paths"), hint)
    if "pattern" not in values:
        raise _Fault(node, "coaching-key", "forbid has no pattern", hint)
    pattern = values["pattern"]
    # White space may be what is forbidden: nothing is stripped.
    problem = refused_pattern(pattern.scalar or "")
    if problem:
        raise _Fault(pattern, "coaching-pattern", problem)
    return Forbid(pattern.scalar or "", _paths(values["paths"], "paths") if "paths" in values else ())


_FIELDS = {"count": "times"}  # `count` is a method of tuples
_KEYS: dict[str, Callable[[Node, str], object]] = {
    "id": _id,
    "text": _text,
    "paths": _paths,
    "severity": _one_of(Severity),
    "state": _one_of(State),
    "source": _optional,
    "author": _optional,
    "created": _optional,
    "count": _count,
    "forbid": _forbid,
    "require": _line,
}
