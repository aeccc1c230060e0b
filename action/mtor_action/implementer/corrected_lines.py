"""A few lines of a file that a model gave back corrected → the file with them in their place."""

from __future__ import annotations

import re
import textwrap

from mtor_action.implementer.code_text import parses

_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_MOST_MORE = 3  # lines beyond the ones that were asked for


def corrected(text: str, first: int, last: int, answer: str) -> str | None:
    """Return the text with an answer in place of the lines `first` to `last`, from 1; None if it is not these alone.

    Neighbours that the answer repeats around them are taken for what they are. Its indentation is that of the original.
    """
    present = text.split("\n")
    before, old, after = present[: first - 1], present[first - 1 : last], present[last:]
    new = answer.strip("\n").split("\n")
    if {line[:1] for line in new} >= {"+", "-"}:
        return None
    new = _without_repeated(new, before[::-1], -1)
    new = _without_repeated(new, after, 1)
    if not 1 <= len(new) <= len(old) + _MOST_MORE or not "".join(new).strip():
        return None
    if (_defined(new) - _defined(old)) & _defined(present):
        return None
    indentation = old[0][: len(old[0]) - len(old[0].lstrip())]
    placed = textwrap.indent(textwrap.dedent("\n".join(new)), indentation)
    whole = "\n".join([*before, placed, *after])
    return whole if parses(whole) or not parses(text) else None


def _defined(lines: list[str]) -> set[str]:
    return set(_DEFINITION.findall("\n".join(lines)))


def _without_repeated(new: list[str], neighbours: list[str], step: int) -> list[str]:
    """Return the lines without those at one end that are the neighbours there; `neighbours` from the nearest one."""
    for count in range(len(new) - 1, 0, -1):
        outer = new[:count][::-1] if step < 0 else new[-count:]
        if any(line.strip() for line in outer) and _alike(outer, neighbours[:count]):
            return new[count:] if step < 0 else new[:-count]
    return new


def _alike(lines: list[str], others: list[str]) -> bool:
    return [line.strip() for line in lines] == [line.strip() for line in others]
