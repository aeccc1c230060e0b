"""A definition that a model gave back, in a language other than Python → the file with it in its place.

The file must parse afterwards and have all that it had, once: only then has the block a single reading.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.answer_merge import AnswerRefused
from mtor_action.implementer.source_code.definitions import definitions_in
from mtor_action.implementer.source_code.lost_definitions import new_placeholder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.source_code.definitions import Definition
    from mtor_action.implementer.source_code.shown_file import ShownFile


def with_definition(file: ShownFile, part: Definition, block: str) -> str:
    """Return the file with `block` in the place of `part`. Raises AnswerRefused."""
    lines = file.text.split("\n")
    own = lines[part.first_line - 1 : part.last_line]
    indent = own[0][: part.column]
    # A line that was shown comes back as it is in the file: inside of a text it need not be indented as the code is.
    originals = dict(zip(file.excerpt.split("\n"), own, strict=False))
    answer_lines = textwrap.dedent(block).strip("\n").split("\n")
    placed = [originals.get(line, f"{indent}{line}" if line.strip() else line) for line in answer_lines]
    text = "\n".join([*lines[: part.first_line - 1], *placed, *lines[part.last_line :]])
    if placeholder := new_placeholder(file.path, file.text, text):
        raise AnswerRefused(placeholder)
    after = definitions_in(file.path, text)
    if after is None:
        raise AnswerRefused(f"with it {file.path} does not parse; give {part.name} whole and nothing else")
    before, now = _names(definitions_in(file.path, file.text) or ()), _names(after)
    if before - now:
        raise AnswerRefused(f"the block has no {min(before - now)}; give {part.name} whole, under its name")
    if repeated := (now - before).keys() & before.keys():
        raise AnswerRefused(f"{file.path} has {min(repeated)} already; give {part.name} and nothing else of the file")
    return text


def _names(parts: Sequence[Definition]) -> Counter[str]:
    return Counter(each.name for each in parts)
