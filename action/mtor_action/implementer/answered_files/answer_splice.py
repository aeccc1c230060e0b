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
from mtor_action.implementer.source_code.parsed_statements import lead_of, loose_line, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.source_code.definitions import Definition
    from mtor_action.implementer.source_code.shown_file import ShownFile


def with_definition(file: ShownFile, part: Definition, block: str) -> str:
    """Return the file with `block` in the place of `part`. Raises AnswerRefused."""
    lines = file.text.split("\n")
    answer = _without_others(file.path, lines, part, block)
    placed = _with_lead(file.path, lines, part, _placed(file, part, answer))
    text = _whole(lines, part, placed)
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
    if line := loose_line(file.path, text.split("\n"), part.first_line, part.first_line + len(placed) - 1):
        loose = text.split("\n")[line - 1].strip()[:80]
        raise AnswerRefused(f"`{loose}` is more than the definition of {part.name}; give the corrected code alone")
    return text


def _whole(lines: Sequence[str], part: Definition, placed: Sequence[str]) -> str:
    return "\n".join([*lines[: part.first_line - 1], *placed, *lines[part.last_line :]])


def _without_others(path: str, lines: Sequence[str], part: Definition, block: str) -> list[str]:
    """Return the lines of an answer without what the file has around the definition: its package, its imports."""
    others = [*lines[: part.first_line - 1], *([""] * (part.last_line - part.first_line + 1)), *lines[part.last_line :]]
    own = lines[part.first_line - 1 : part.last_line]
    present = [
        (other, is_above) for other, is_above in statements(path, others) if other[0].strip() and other[0] not in own
    ]
    answer = block.strip("\n").split("\n")
    first = _repeated(answer, present)
    last = _repeated(answer[first:][::-1], [(other[::-1], False) for other, _ in present])
    return "\n".join(answer[first : len(answer) - last]).strip("\n").split("\n")


def _repeated(answer: Sequence[str], statements: Sequence[tuple[list[str], bool]]) -> int:
    """Return how many lines at the beginning of an answer are statements of the file, with comments between them."""
    at = end = 0
    while at < len(answer):
        same = next((each for each in statements if answer[at : at + len(each[0])] == each[0]), None)
        if same is None and answer[at].strip():
            break
        lines, is_above = same or ([""], True)
        at += len(lines)
        end = end if is_above else at
    return end


def _with_lead(path: str, lines: Sequence[str], part: Definition, placed: list[str]) -> list[str]:
    """Return an answer's lines with the comments, and the attributes, that it leaves out above the definition."""
    text = _whole(lines, part, placed)
    stop = part.first_line + len(placed)
    same = [each for each in definitions_in(path, text) or () if each.name == part.name]
    head = next((each.first_line for each in same if part.first_line <= each.first_line < stop), 0)
    if not head:
        return placed
    old, new = lead_of(path, lines, part.first_line), lead_of(path, text.split("\n"), head)
    comments, marks = ([line for line, is_comment in old if is_comment is kind] for kind in (True, False))
    has_comments, has_marks = (any(is_comment is kind for _, is_comment in new) for kind in (True, False))
    above = head - part.first_line
    at = above + len(new)
    if not new:
        return [*placed[:at], *(line for line, _ in old), *placed[at:]]
    top, bottom = [] if has_comments else comments, [] if has_marks else marks
    return [*placed[:above], *top, *placed[above:at], *bottom, *placed[at:]]


def _placed(file: ShownFile, part: Definition, answer: Sequence[str]) -> list[str]:
    """Return the lines of an answer as they are in the file: indented, but what begins inside of a string.

    A line that was shown comes back as it is in the file, however that indents it.
    """
    lines = file.text.split("\n")
    own, margin = lines[part.first_line - 1 : part.last_line], lines[part.first_line - 1][: part.column]
    texts = {number - part.first_line for number in lines_in_strings(file.path, lines, part)}
    answer_texts = {
        number - part.first_line for number in string_lines(file.path, _whole(lines, part, answer).split("\n"))
    }
    code = textwrap.dedent("\n".join("" if at in answer_texts else line for at, line in enumerate(answer))).split("\n")
    dedented = [(line if at in answer_texts else code[at], at in answer_texts) for at, line in enumerate(answer)]
    excerpt = [(line, at in texts) for at, line in enumerate(file.excerpt.split("\n")[:-1])]
    placed = [line if is_text or not line else f"{margin}{line}" for line, is_text in dedented]
    for match in SequenceMatcher(None, excerpt, dedented, autojunk=False).get_matching_blocks():
        placed[match.b : match.b + match.size] = own[match.a : match.a + match.size]
    return placed


def _names(parts: Sequence[Definition]) -> Counter[str]:
    return Counter(each.name for each in parts)
