"""A text file as lines and their endings, so that an edit changes what it names and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class FileText:
    """`lines[i]` ended by `ends[i]` (LF or CRLF). The last line's ending counts only if `final_newline`."""

    lines: list[bytes]
    ends: list[bytes]
    bom: bytes = b""
    final_newline: bool = True

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
        """The bytes of the file."""
        content = b"".join(part for pair in zip(self.lines, self.ends, strict=True) for part in pair)
        if not self.final_newline and self.lines:
            content = content[: -len(self.ends[-1])]
        return self.bom + content

    def end_for(self, at: int) -> bytes:
        """The ending that a new line at `at` takes: that of the line before, else of the line after, else LF."""
        if at > 0:
            return self.ends[at - 1]
        return self.ends[0] if self.ends else b"\n"


def unreadable(content: bytes) -> str:
    """Why this file cannot be edited as text, with what was expected; "" if it can."""
    if content.startswith(_UTF16_BOMS):
        return "UTF-16 text, expected UTF-8"
    if b"\0" in content:
        return "a binary file (it holds NUL bytes), expected text"
    return ""


def is_utf8(content: bytes) -> bool:
    """Whether the bytes decode."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
