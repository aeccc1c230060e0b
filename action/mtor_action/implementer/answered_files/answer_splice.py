"""A definition that a model gave back, in a language other than Python → the file with it in its place.

The file must parse afterwards and have all that it had, once: only then has the block a single reading.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.refusals import AnswerRefused
from mtor_action.implementer.source_code.definitions import definitions_in
from mtor_action.implementer.source_code.lost_definitions import new_placeholder
from mtor_action.implementer.source_code.parsed_lines import lines_in_strings, string_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.source_code.definitions import Definition
    from mtor_action.implementer.source_code.shown_file import ShownFile


def with_definition(file: ShownFile, part: Definition, block: str) -> str:
    """Return the file with `block` in the place of `part`. Raises AnswerRefused."""
    lines = file.text.split("\n")
    placed = _placed(file, part, block.strip("\n").split("\n"))
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


def _placed(file: ShownFile, part: Definition, answer: Sequence[str]) -> list[str]:
    """Return the lines of an answer as they are in the file: indented, but what begins inside of a string.

    A line that was shown comes back as it is in the file, however that indents it.
    """
    lines = file.text.split("\n")
    own = lines[part.first_line - 1 : part.last_line]
    kept = [number - part.first_line for number in lines_in_strings(file.path, lines, part)]
    whole = [*lines[: part.first_line - 1], *answer, *lines[part.last_line :]]
    inside = {number - part.first_line for number in string_lines(file.path, whole)}
    code = textwrap.dedent("\n".join("" if at in inside else line for at, line in enumerate(answer))).split("\n")
    flat = [line if at in inside else code[at] for at, line in enumerate(answer)]
    shown = [(line, at in kept) for at, line in enumerate(file.excerpt.split("\n")[:-1])]
    given = [(line, at in inside) for at, line in enumerate(flat)]
    placed = [line if at in inside or not line else f"{own[0][: part.column]}{line}" for at, line in enumerate(flat)]
    for same in SequenceMatcher(None, shown, given, autojunk=False).get_matching_blocks():
        placed[same.b : same.b + same.size] = own[same.a : same.a + same.size]
    return placed


def _names(parts: Sequence[Definition]) -> Counter[str]:
    return Counter(each.name for each in parts)
