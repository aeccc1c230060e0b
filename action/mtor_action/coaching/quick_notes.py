"""Read the notes of a coaching.yml without mistakes, some thirty times faster than notes_file.py.

One pattern reads a note as mtor writes it, one `key: value` a line; libyaml reads any other note by itself. If
something is a mistake, might be one, or might be read otherwise by the exact reader, the answer is None. Then
notes_file.py reads the file and reports every mistake at its place.

The first run after an edit of 500 notes may take 50 ms longer (benchmarks/coaching.py), which pays for the pattern:
libyaml alone takes 20 ms more for them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.untyped import JsonObject


from mtor_action.coaching.note import MOST_BYTES, Note
from mtor_action.coaching.note_fields import FIELDS, KEYS, Fault, note_of
from mtor_action.manifest.settings_block.yaml_nodes import Node
from mtor_action.manifest.settings_block.yaml_reading import read_yaml

_NOTHING = r"(?: *(?:#.*)?\n)*"
_HEAD = re.compile(rf"{_NOTHING}(?:--- *\n{_NOTHING})?notes:(?: +#.*| *)\n{_NOTHING}(?P<indent> *)- ")
_QUOTED = r"'[^'\n]*(?:''[^'\n]*)*'"
# https://yaml.org/spec/1.2.2/#733-plain-style, but nothing in it that could ever be a sign.
_PLAIN = r"\w[^\t\n:#]*(?::[^\s:#][^\t\n:#]*)*"
_ITEM = rf"{_QUOTED}|\w[\w./*-]*"
_PAIR = re.compile(rf"^( *)([a-z]+): ({_QUOTED}|{_PLAIN}|\[(?:(?:{_ITEM})(?:, (?:{_ITEM}))*)?\])\n", re.MULTILINE)
_ITEMS = re.compile(_ITEM)
_BETWEEN = re.compile(_NOTHING)
# What YAML's two readers, or ours, do not take as they take letters: controls, other line ends, bidi, BOM, U+FFFD.
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffd-\uffff]")
_READ_OTHERWISE = re.compile(r"[\t?]")  # in libyaml, before a value and in a list, than by the exact reader


def quick_notes(data: bytes) -> tuple[Note, ...] | None:
    """Return what `file.read(data).notes` is if it has no diagnostics; None if it has, or if that is not certain."""
    try:
        text = data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    head = _HEAD.match(text)
    if len(data) > MOST_BYTES or head is None or _UNUSUAL.search(text) or "\n..." in text:
        return None
    lead = f"{head['indent']}- "
    *pieces, last = text[head.end() :].split(f"\n{lead}")
    notes: dict[str, Note] = {}
    try:
        for piece in (*(f"{piece}\n" for piece in pieces), last):
            # A piece that is sound by itself is read so in the whole file too: nothing is left open at its end.
            note = _plain_note(piece, " " * len(lead)) or _any_note(piece, lead)
            if note is None or note.id in notes:
                return None
            notes[note.id] = note
    except Fault:
        return None
    return tuple(notes.values())


def _plain_note(piece: str, indent: str) -> Note | None:
    """Return a note in the plain layout, None for any other. Raises Fault."""
    parts = _PAIR.split(piece)
    between, indents, keys, values = parts[::4], parts[1::4], parts[2::4], parts[3::4]
    if any(between) and (between[0] or not all(map(_BETWEEN.fullmatch, between))):
        return None
    names = _names(tuple(keys))
    if not names or indents != ["", *[indent] * (len(keys) - 1)]:
        return None
    fields: JsonObject = dict(zip(names, map(_value, keys, values), strict=True))
    return Note(**fields)


@lru_cache(maxsize=64)  # most notes have the same keys, and many the same values
def _names(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields of a note that has these keys; none for keys that are not those of a note."""
    sound = {"id", "text"} <= set(keys) <= KEYS.keys() and len(set(keys)) == len(keys)
    return tuple(FIELDS.get(key, key) for key in keys) if sound else ()


@lru_cache(maxsize=512)
def _value(key: str, value: str) -> object:
    return KEYS[key](_node(value), key)


def _node(value: str) -> Node:
    if value[0] == "[":
        return Node(0, 0, items=tuple(map(_node, _ITEMS.findall(value))))
    return Node(0, 0, value[1:-1].replace("''", "'") if value[0] == "'" else value.rstrip(" "))


def _any_note(piece: str, lead: str) -> Note | None:
    """Return a note in any layout, None for what may not be a single note. Raises Fault."""
    document = read_yaml(f"notes:\n{lead}{piece}", quick=not _READ_OTHERWISE.search(piece))
    entries = document.root.entries if document.root else None
    items = entries[0][1].items if entries and len(entries) == 1 else None
    return note_of(items[0]) if items and len(items) == 1 and not document.faults else None
