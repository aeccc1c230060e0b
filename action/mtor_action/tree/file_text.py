"""A text file as lines and their endings, so that an edit changes what it names and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum

from mtor_action.lazy_dataclasses import dataclass, field

_BLANKS = b" \t"
_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


class View(Enum):
    """The lines of a file as one look compares them."""

    EXACT = "exact"
    TRAILING = "without blanks at the end"
    LEADING = "without blanks at the start"
    BARE = "without white space at both ends"

    def of(self, line: bytes) -> bytes:
        """Return one line as this view shows it, for comparing."""
        if self is View.TRAILING:
            return line.rstrip(_BLANKS)
        if self is View.LEADING:
            return line.lstrip(_BLANKS)
        return line.strip() if self is View.BARE else line


@dataclass(slots=True)
class FileText:
    """`lines[i]` ended by `ends[i]` (LF or CRLF). The last line's ending counts only if `final_newline`.

    Lines are replaced by `splice` alone: what was derived from them is kept for the next hunk.
    """

    lines: list[bytes]
    ends: list[bytes]
    bom: bytes = b""
    final_newline: bool = True
    _as_read: list[bytes] | None = field(default=None, repr=False, compare=False)
    _origins: list[int] | None = field(default=None, repr=False, compare=False)
    _views: dict[View, list[bytes]] = field(default_factory=dict, repr=False, compare=False)
    _times: Counter[bytes] | None = field(default=None, repr=False, compare=False)
    _joined: dict[View, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, content: bytes) -> FileText:
        """Split on LF and CRLF; a carriage return anywhere else is an ordinary character."""
        bom = _BOM if content.startswith(_BOM) else b""
        pieces = content[len(bom) :].split(b"\n")
        final_newline = pieces[-1] == b""
        if final_newline:
            pieces.pop()
        if b"\r" not in content:
            return cls(pieces, [b"\n"] * len(pieces), bom, final_newline)
        ends = [b"\r\n" if piece.endswith(b"\r") else b"\n" for piece in pieces]
        if not final_newline:
            # A last line without LF has no ending of its own, so a CR there is content.
            ends[-1] = ends[-2] if len(ends) > 1 else b"\n"
        last = len(pieces) - 1
        lines = [
            piece[:-1] if piece.endswith(b"\r") and (final_newline or index < last) else piece
            for index, piece in enumerate(pieces)
        ]
        return cls(lines, ends, bom, final_newline)

    def write(self) -> bytes:
        """Return the text, with its own line endings, as the bytes of the file."""
        content = b"".join(part for pair in zip(self.lines, self.ends, strict=True) for part in pair)
        if not self.final_newline and self.lines:
            content = content[: -len(self.ends[-1])]
        return self.bom + content

    def splice(self, start: int, stop: int, lines: Sequence[bytes], ends: Sequence[bytes], writer: int = 0) -> None:
        """Put `lines` with their endings in place of the lines `start` up to `stop`.

        `writer` is kept with lines that are new: the 0-based line of the spec that wrote them.
        """
        self._trace(start, stop, lines, writer)
        self.lines[start:stop] = lines
        self.ends[start:stop] = ends
        self._joined.clear()
        if self._times is not None:
            self._times.subtract(self._views[View.BARE][start:stop])
            self._times.update(View.BARE.of(line) for line in lines)
        for view, derived in self._views.items():
            derived[start:stop] = [view.of(line) for line in lines]

    def _trace(self, start: int, stop: int, lines: Sequence[bytes], writer: int) -> None:
        """Keep where each line came from: its number as the file was read, or `writer` as a negative number."""
        if self._origins is None:
            self._origins = list(range(len(self.lines)))
            self._as_read = list(self.lines)
        old = self.lines[start:stop]
        most = min(len(old), len(lines))
        head = next((at for at in range(most) if old[at] != lines[at]), most)
        tail = next((at for at in range(most - head) if old[-1 - at] != lines[-1 - at]), most - head)
        kept = self._origins[start:stop]
        new = [-1 - writer] * (len(lines) - head - tail)
        self._origins[start:stop] = [*kept[:head], *new, *kept[len(kept) - tail :]]

    def part(self, start: int, stop: int) -> FileText:
        """Return the lines `start` up to `stop` as a text of their own, which knows their numbers."""
        origins = self._origins if self._origins is not None else range(len(self.lines))
        return FileText(self.lines[start:stop], self.ends[start:stop], _origins=list(origins[start:stop]))

    def put_back(self, part: FileText, start: int, stop: int) -> None:
        """Put a part that was edited in the place of the lines that it was made of."""
        self.splice(start, stop, part.lines, part.ends)
        if self._origins is not None and part._origins is not None:
            self._origins[start : start + len(part.lines)] = part._origins

    def number(self, at: int) -> int:
        """Return the 1-based number that line `at`, or the last one above it that was read, had in the file as read."""
        if self._origins is None:
            return at + 1
        above = range(min(at, len(self._origins) - 1), -1, -1)
        return next((self._origins[line] + 1 for line in above if self._origins[line] >= 0), 1)

    def writer(self, at: int) -> int | None:
        """Return the 0-based line of the spec that wrote line `at`; None if the file had it when it was read."""
        origin = self._origins[at] if self._origins is not None else at
        return None if origin >= 0 else -1 - origin

    def was_at(self, lines: Sequence[bytes]) -> int | None:
        """Return where the lines were in the file as it was read, if they are not there any more; else None."""
        if self._as_read is None or not lines:
            return None
        wanted = list(lines)
        starts = (at for at, line in enumerate(self._as_read) if line == wanted[0])
        return next((at for at in starts if self._as_read[at : at + len(wanted)] == wanted), None)

    def changers(self, start: int, stop: int) -> list[int]:
        """Return the writers of what is now between the lines `start - 1` and `stop` of the file as it was read."""
        origins = self._origins or []
        first = max((at for at, number in enumerate(origins) if 0 <= number < start), default=-1)
        last = min((at for at, number in enumerate(origins) if number >= stop), default=len(origins))
        return sorted({-1 - number for number in origins[first + 1 : last] if number < 0})

    def viewed(self, view: View) -> list[bytes]:
        """Return every line in this view. Not to be changed."""
        if view is View.EXACT:
            return self.lines
        if view not in self._views:
            self._views[view] = [view.of(line) for line in self.lines]
        return self._views[view]

    def may_hold(self, lines: Sequence[bytes]) -> bool:
        """Return whether each line, white space aside, is somewhere in the file. Looks only after a first miss."""
        if self._times is None:
            if View.BARE not in self._views:
                return True
            self._times = Counter(self._views[View.BARE])
        return all(self._times[View.BARE.of(line)] > 0 for line in lines)

    def joined(self, view: View) -> bytes:
        """Return every line in this view, each with a line feed before and after it."""
        if view not in self._joined:
            self._joined[view] = b"\n%b\n" % b"\n".join(self.viewed(view))
        return self._joined[view]

    def end_for(self, at: int) -> bytes:
        """Return the ending that a new line at `at` takes: that of the line before, else of the line after, else LF."""
        if at > 0:
            return self.ends[at - 1]
        return self.ends[0] if self.ends else b"\n"


def unreadable(content: bytes) -> str:
    """Return why this file cannot be edited as text, with what was expected; "" if it can."""
    if content.startswith(_UTF16_BOMS):
        return "UTF-16 text, expected UTF-8"
    if b"\0" in content:
        return "a binary file (it contains NUL bytes), expected text"
    return ""


def is_utf8(content: bytes) -> bool:
    """Return whether the bytes are valid UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
