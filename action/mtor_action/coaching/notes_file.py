"""coaching.yml: a list of notes, read with every mistake at its place. A note with a mistake is left out, no other.

    notes:
    - id: use-httpx-3fa2        letters, digits, `.`, `_` and `-`; unique
      text: Use httpx, not requests.
      paths: [src/**]           optional; none: everywhere
      severity: should          must | should (default) | may
      state: active             proposed (default) | active | retired
      source: https://…         optional, as are author, created, count (how often it was proposed)
      forbid: {pattern: '^import requests', paths: [src/**]}
      require: make lint        a command, which only a commit may add

note_fields.py has the rules for these values, quick_notes.py reads a file without mistakes, notes_file_edits.py changes
one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.note import MOST_BYTES, PATH, Note
from mtor_action.coaching.note_fields import Fault, note_of
from mtor_action.manifest.settings_block.yaml_reading import read_yaml
from mtor_action.manifest.text import Lines, Part, Problems, check_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.manifest.settings_block.yaml_nodes import Node, YamlFault

_NOTES_LINE = re.compile(r"notes:\s*(?:#.*)?")
_ITEM_LINE = re.compile(r"( *)-(?: |$)")


class CoachingFile(NamedTuple):
    """A coaching.yml that was read. `nodes` are the notes' places, one for one; `root` is None if it did not parse."""

    lines: Lines
    notes: tuple[Note, ...]
    nodes: tuple[Node, ...]
    diagnostics: tuple[Diagnostic, ...]
    root: Node | None


@lru_cache(maxsize=2)  # an edit asks for the same bytes several times
def read(data: bytes) -> CoachingFile:
    """Return the notes in the bytes of a coaching.yml, and its mistakes in order."""
    lines = Lines(Part(PATH, data))
    problems = Problems(lines)
    if len(data) > MOST_BYTES:
        problems.add("coaching-size", 0, f"the file has {len(data)} bytes, expected at most {MOST_BYTES}")
        return CoachingFile(lines, (), (), tuple(problems.found), None)
    check_characters(lines, problems)
    problems.found[:] = [replace(diagnostic, rule="coaching-text", help="remove it") for diagnostic in problems.found]
    text = lines.data.decode("utf-8", "replace").replace("\r", "\ufffd").replace("\0", "\ufffd")
    document = read_yaml(text)
    reader = _NotesReader(problems)
    if document.root is None and document.faults:
        reader.read_pieces(text, document.faults)
    elif document.root is not None:
        reader.read_whole(document.root, document.faults)
    else:
        reader.report(document.faults)
    diagnostics = tuple(sorted(problems.found, key=lambda diagnostic: (diagnostic.line, diagnostic.column)))
    return CoachingFile(lines, tuple(reader.notes), tuple(reader.nodes), diagnostics, document.root)


class _NotesReader:
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
                self._add(Fault(root, "coaching-value", f"the file is {root.form}, expected `notes:` and a list"))
            return
        starts = [key.line for key, _ in root.entries]
        listed: Node | None = None
        for key, value in root.entries:
            if key.scalar != "notes":
                self._add(Fault(key, "coaching-key", f'unknown key "{key.scalar}", expected "notes"'))
            elif listed is None:
                listed = value
        if listed is None or listed.form == "nothing":
            return
        if listed.items is None:
            self._add(Fault(listed, "coaching-value", f"notes is {listed.form}, expected a list"))
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
        reported = {diagnostic.line for diagnostic in self._problems.found if diagnostic.rule == "coaching-text"}
        for fault in faults:
            line = fault.line + self._first_line
            if line + 1 not in reported:
                self._problems.add("coaching-yaml", line, fault.message, column=fault.column, help=fault.help)

    def _items(self, items: Sequence[Node], faults: Sequence[YamlFault], starts: Sequence[int]) -> None:
        ends = sorted([*(item.line for item in items), *starts, 1 << 60])
        for item in items:
            end = ends[bisect_right(ends, item.line)]
            broken = any(item.line <= fault.line < end for fault in faults)
            self._item(item, broken=broken)

    def _item(self, item: Node, *, broken: bool) -> None:
        try:
            note = note_of(item)
            self._check_new(note.id, item)
        except Fault as fault:
            if not broken:
                self._add(fault)
            return
        self._seen[note.id] = item.line + self._first_line + 1
        if not broken:
            self.notes.append(note)
            self.nodes.append(item)

    def _check_new(self, name: str, item: Node) -> None:
        if name in self._seen:
            raise Fault(
                next(value for key, value in item.entries or () if key.scalar == "id"),
                "coaching-id",
                f'the id "{name}" appears twice, expected once',
                f"the first is in line {self._seen[name]}; give this note another id",
            )

    def _add(self, fault: Fault) -> None:
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
    """Return the lines at which the items below `notes:` begin, by their indentation."""
    first = next((number for number, line in enumerate(lines) if _NOTES_LINE.fullmatch(line)), len(lines))
    starts = [(number, _ITEM_LINE.match(lines[number])) for number in range(first, len(lines))]
    indents = {number: len(match[1]) for number, match in starts if match}
    return [number for number, indent in indents.items() if indent == next(iter(indents.values()))]
