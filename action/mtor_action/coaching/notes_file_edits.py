"""Changes of coaching.yml as splices of its text: what a person wrote around them stays byte for byte.

Each edit is read again and must give exactly the notes that were intended; otherwise it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mtor_action.coaching.note import PATH, Forbid, Note, NoteState, Severity
from mtor_action.coaching.note_fields import refused_text
from mtor_action.coaching.notes_file import CoachingFile, read
from mtor_action.errors import CoachingRejected, MtorError
from mtor_action.manifest.settings_block.yaml_nodes import Node, single_quoted
from mtor_action.manifest.settings_block.yaml_reading import read_yaml

HEADER = b"""\
# What mtor's workers should know about this repository. mtor adds notes here; edit them freely, comments stay.
# Active notes whose paths match are given to every run. States: proposed, active, retired. Severities: must,
# should, may. A note with `forbid: {pattern: 'REGEX', paths: ['src/**']}` is a gate: no changed line may match.
# `require: COMMAND` is a command that must pass; it can be set only here, by a commit.

notes:
"""

_BOM = b"\xef\xbb\xbf"
_REST_OF_LINE = re.compile(r"\s*|\s+#.*|\s*[,}\]].*")


def tidy(text: str) -> str:
    """Return a note's text as it is stored: LF, no white space at the ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def without_invisible(text: str) -> str:
    """Return a model's text with spaces for all characters that coaching.yml may not hold."""
    characters = (c if (c.isprintable() or c in "\n\t") and c != "\ufffd" else " " for c in text)
    return tidy("".join(characters))


def refused_new_text(text: str) -> str:
    """Return why a tidy text cannot be written into coaching.yml, or ""."""
    problem = refused_text(text)
    if problem:
        return problem
    if not read_yaml(single_quoted(text.replace("\n", " "))).faults:
        return ""
    bad = next((c for c in dict.fromkeys(text) if read_yaml(single_quoted(f"a{c}b")).faults), "")
    return f"the note has the character {f'U+{ord(bad):04X}' if bad else '?'}, expected printable characters"


def appended(data: bytes, notes: Sequence[Note]) -> bytes:
    """Return the file with `notes` at the end of its list. Raises CoachingRejected, MtorError."""
    file = _sound(data)
    if not notes:
        return data
    text = _EditableText(data)
    _append(text, file, notes)
    return _verified(text.data(), (*file.notes, *notes))


def changed(data: bytes, intended: Note) -> bytes:
    """Return the file with the note of that id as `intended`, where state, times or a first forbid may differ.

    Raises KeyError for an unknown id, CoachingRejected, MtorError.
    """
    file = _sound(data)
    at = [note.id for note in file.notes].index(intended.id) if intended.id in _ids(file) else -1
    if at < 0:
        raise KeyError(intended.id)
    text, node = _EditableText(data), file.nodes[at]
    for key, value in _differences(file.notes[at], intended):
        _set(text, node, key, value)
        node = _node_at(text, at)  # a splice moves the places of what follows
    return _verified(text.data(), (*file.notes[:at], intended, *file.notes[at + 1 :]))


def _differences(now: Note, intended: Note) -> list[tuple[str, str]]:
    differences = []
    if intended.forbid is not None and now.forbid is None:
        differences.append(("forbid", _forbid(intended.forbid)))
    if intended.state != now.state:
        differences.append(("state", str(intended.state)))
    if intended.times != now.times:
        differences.append(("count", str(intended.times)))
    return differences


def _ids(file: CoachingFile) -> set[str]:
    return {note.id for note in file.notes}


def _sound(data: bytes) -> CoachingFile:
    file = read(data)
    if file.diagnostics:
        raise CoachingRejected(file.diagnostics)
    return file


def _node_at(text: _EditableText, at: int) -> Node:
    file = read(text.data())
    if len(file.nodes) <= at:
        raise _cannot_edit()
    return file.nodes[at]


def _verified(data: bytes, intended: tuple[Note, ...]) -> bytes:
    file = read(data)
    too_large = [diagnostic for diagnostic in file.diagnostics if diagnostic.rule == "coaching-size"]
    if too_large:
        raise MtorError(f"{PATH} would be too large: {too_large[0].message}", "delete retired notes from it")
    if file.diagnostics or file.notes != intended:
        raise _cannot_edit()
    return data


def _cannot_edit() -> MtorError:
    return MtorError(
        f"{PATH} is laid out so that it cannot be changed without touching more than this note",
        "write the notes as a block list, one `key: value` a line, or make this change by hand",
    )


class _EditableText:
    """Lines without their endings, and the endings apart, so that places in both LF and CRLF files are the same."""

    def __init__(self, data: bytes) -> None:
        self._bom = _BOM if data.startswith(_BOM) else b""
        pieces = data.removeprefix(_BOM).decode("utf-8").split("\n")
        self.lines = [piece.removesuffix("\r") for piece in pieces]
        self._ends = [piece[len(line) :] + "\n" for piece, line in zip(pieces, self.lines, strict=True)]
        if not self.lines[-1]:
            del self.lines[-1], self._ends[-1]
        else:
            self._ends[-1] = ""

    def insert(self, at: int, lines: Sequence[str]) -> None:
        """Put `lines` before line `at`, with the endings of the line before."""
        if at and not self._ends[at - 1]:
            self._ends[at - 1] = self._ends[at - 2] if at > 1 else "\n"
        end = self._ends[at - 1] if at else "\n"
        self.lines[at:at] = lines
        self._ends[at:at] = [end] * len(lines)

    def replace(self, line: int, column: int, length: int, new: str) -> None:
        old = self.lines[line]
        self.lines[line] = old[:column] + new + old[column + length :]

    def data(self) -> bytes:
        joined = "".join(line + end for line, end in zip(self.lines, self._ends, strict=True))
        return self._bom + joined.encode("utf-8")


def _append(text: _EditableText, file: CoachingFile, notes: Sequence[Note]) -> None:
    entries = file.root.entries if file.root is not None else None
    key, listed = next(((key, value) for key, value in entries or () if key.scalar == "notes"), (None, None))
    if key is None or listed is None:
        text.insert(len(text.lines), ["notes:", *_written(notes, 0, 1, blank_between=False)])
        return
    if listed.items and text.lines[listed.line].startswith("-", listed.column):
        first = listed.items[0]
        gap = first.column - listed.column - 1 if first.line == listed.line else 1
        blank = len(listed.items) > 1 and not text.lines[listed.items[1].line - 1].strip()
        lines = _written(notes, listed.column, gap, blank_between=blank)
        text.insert(len(text.lines), ["", *lines] if blank and text.lines[-1].strip() else lines)
        return
    if listed.items is not None:
        _open_empty_list(text, listed)
    text.insert(len(text.lines), _written(notes, key.column, 1, blank_between=False))


def _open_empty_list(text: _EditableText, listed: Node) -> None:
    """Return the text with `notes: []` replaced by `notes:`."""
    match = re.compile(r" *\[ *\]").search(text.lines[listed.line])
    if listed.items or match is None:
        raise _cannot_edit()
    text.replace(listed.line, match.start(), len(match[0]), "")


def _written(notes: Sequence[Note], column: int, gap: int, *, blank_between: bool) -> list[str]:
    lines: list[str] = []
    for note in notes:
        pairs = _pairs(note)
        lead, indent = " " * column + "-" + " " * gap, " " * (column + 1 + gap)
        if lines and blank_between:
            lines.append("")
        for number, (key, value) in enumerate(pairs):
            first, *more = value.split("\n")
            lines.append(f"{lead if not number else indent}{key}: {first}")
            lines.extend(f"{indent}  {line}" if line else "" for line in more)
    return lines


def _pairs(note: Note) -> list[tuple[str, str]]:
    """Return keys and values as they are written. Texts are quoted: YAML gives some words and signs a meaning."""
    pairs = [("id", note.id), ("text", _text(note.text))]
    if note.paths:
        pairs.append(("paths", _list(note.paths)))
    if note.severity is not Severity.SHOULD:
        pairs.append(("severity", note.severity))
    if note.state is not NoteState.PROPOSED:
        pairs.append(("state", note.state))
    pairs += [(key, single_quoted(value)) for key in ("source", "author", "created") if (value := getattr(note, key))]
    if note.times > 1:
        pairs.append(("count", str(note.times)))
    if note.forbid is not None:
        pairs.append(("forbid", _forbid(note.forbid)))
    if note.require:
        pairs.append(("require", single_quoted(note.require)))
    return pairs


def _text(text: str) -> str:
    return f"|-\n{text}" if "\n" in text else single_quoted(text)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(single_quoted(text) for text in texts)}]"


def _forbid(forbid: Forbid) -> str:
    paths = f", paths: {_list(forbid.paths)}" if forbid.paths else ""
    return f"{{pattern: {single_quoted(forbid.pattern)}{paths}}}"


def _set(text: _EditableText, note: Node, key: str, value: str) -> None:
    """Change the value of `key`, or add it after the last value that certainly ends on its own line."""
    anchor: tuple[Node, int] | None = None
    for name, node in note.entries or ():
        length = _length(text.lines[node.line], node) if node.line == name.line else 0
        if name.scalar == key:
            if not length:
                raise _cannot_edit()
            quote = text.lines[node.line][node.column] if length > len(node.scalar or "") else ""
            text.replace(node.line, node.column, length, quote + value + quote)
            return
        if length:
            anchor = node, length
    if anchor is None:
        raise _cannot_edit()
    node, length = anchor
    if text.lines[note.line].startswith("{", note.column):
        text.replace(node.line, node.column + length, 0, f", {key}: {value}")
    else:
        text.insert(node.line + 1, [f"{' ' * note.column}{key}: {value}"])


def _length(line: str, node: Node) -> int:
    """Return how many characters a scalar takes if it is written in full on this line, else 0."""
    scalar = node.scalar
    if not scalar:
        return 0
    for form in (scalar, single_quoted(scalar), f'"{scalar}"'):
        end = node.column + len(form)
        if line.startswith(form, node.column) and _REST_OF_LINE.fullmatch(line[end:]):
            return len(form)
    return 0
