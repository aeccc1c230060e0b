"""Lines put into a file's text with the endings that are usual where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.tree.file_text import FileText


def put_lines(text: FileText, start: int, stop: int, lines: Sequence[bytes]) -> None:
    """Put `lines` in the place of the lines `start` up to `stop`; a line that was there keeps its ending."""
    usual = text.end_for(start)
    old = dict(zip(text.lines[start:stop], text.ends[start:stop], strict=True))
    text.splice(start, stop, list(lines), [old.get(line, usual) for line in lines])
