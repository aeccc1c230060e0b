"""The output of a command: bounded while it runs, made readable afterwards."""

from __future__ import annotations

from mtor_action.lazy_patterns import lazy_pattern

HEAD_BYTES = 64 * 1024
TAIL_BYTES = 256 * 1024

# ECMA-48: control sequences, operating system commands and their kin up to their terminator (unterminated: to
# the end of the line), then two- and three-character escapes. Linear on any input.
_ESCAPE = lazy_pattern(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 and C1 without tab and newline, then the characters that reorder or hide text for a reader.
_CONTROL = lazy_pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class BoundedOutput:
    """The first `head_bytes` and the last `tail_bytes` of a stream; `total_bytes` counts all of it."""

    def __init__(self, head_bytes: int = HEAD_BYTES, tail_bytes: int = TAIL_BYTES) -> None:
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self.total_bytes = 0

    def add(self, data: bytes) -> None:
        """Append bytes that were read from the command; drop the middle of too much."""
        self.total_bytes += len(data)
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        # Trimming at twice the size moves each byte once on average.
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: -self._tail_bytes]

    def content(self) -> bytes:
        """Return all of it, or head and tail with a line between them that says how many bytes are missing."""
        tail = bytes(self._tail[max(0, len(self._tail) - self._tail_bytes) :])
        missing = self.total_bytes - len(self._head) - len(tail)
        if not missing:
            return bytes(self._head) + tail
        return bytes(self._head) + b"\n[mtor: %d bytes of output left out here]\n" % missing + tail

    def last_line(self) -> str:
        """Give the last line that has text, readable; for live progress."""
        recent = bytes((self._tail or self._head)[-2048:])
        lines = (line.strip() for line in reversed(plain_text(recent).split("\n")))
        return next((line for line in lines if line), "")


def plain_text(output: bytes) -> str:
    """Decode as UTF-8 with replacement; without escape sequences, control and bidi characters.

    A line that was redrawn with carriage returns (a progress bar) is left as it last was.
    """
    text = _ESCAPE.sub("", output.decode("utf-8", "replace"))
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROL.sub("", text)


def last_lines(text: str, limit: int) -> str:
    """Give the last whole lines of `text` within `limit` characters, under one note of how much was cut.

    A last line longer than `limit` is itself cut at its start. The note comes on top of `limit`.
    """
    text = text.rstrip()
    if len(text) <= limit:
        return text
    start = len(text) - limit
    line_start = start if text[start - 1] == "\n" else text.find("\n", start) + 1
    end = text[line_start or start :]
    cut = text[: len(text) - len(end)]
    return f"[{len(cut)} characters in {max(1, cut.count(chr(10)))} line(s) cut]\n{end}"
