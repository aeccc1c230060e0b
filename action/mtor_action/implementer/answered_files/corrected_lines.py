"""A few lines of a file that a model gave back corrected → the file with them in their place."""

from __future__ import annotations

import ast
import re
import textwrap
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.code_cleanup import lines_in_texts, parses

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|default|pub|public|private|static|async)[ \t]+)*"
    r"(?:def|class|function|func|fn)[ \t]+(\w+)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"//|/\*|\*/|<!--|--\s|#(?:\s|$)")
_SIMILAR = 0.6  # of the characters of two lines, where neither word nor sign says that one stands for the other
_HEAD = re.compile(r"[\w.]+")
_ONLY_DOTS = re.compile(r"(?:(?:#|//)\s*)?(?:\.{3}|…)")
_WITH_EFFECT = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_MOST_MORE = 3  # lines beyond the ones that were asked for


def corrected(text: str, first: int, last: int, answer: str) -> str | None:
    """Return the text with an answer in place of the lines `first` to `last`, from 1; None if it is not these alone.

    What the answer quotes is taken for what it is: the old lines before the new ones, neighbours around them. Its
    indentation is that of the original. What does nothing never takes the place of code that does something.
    """
    present = text.split("\n")
    before, old, after = present[: first - 1], present[first - 1 : last], present[last:]
    new = answer.strip("\n").split("\n")
    if {line[:1] for line in new} >= {"+", "-"}:
        return None
    new = _without_repeated(_without_dots(new), before[::-1], -1)
    new = _without_dots(_without_old(_without_repeated(new, after, 1), old))
    if not 1 <= len(new) <= len(old) + _MOST_MORE:
        return None
    if (_defined(new) - _defined(old)) & _defined(present) or _is_neighbour(new, old, before, after):
        return None
    placed = _placed(new, old)
    whole = "\n".join([*before, *placed, *after]) if placed else ""
    if not parses(text):
        return whole if whole and _may_stand_for(new, old) else None
    return whole if placed and parses(whole) and not _loses_effect(new, old) else None


def begins_alike(lines: Sequence[str], answer: str) -> bool:
    """Return whether a line of the answer begins with the word that one of the lines begins with."""
    return bool(_heads(lines) & _heads(answer.split("\n")))


def _may_stand_for(new: list[str], old: list[str]) -> bool:
    """Return whether lines that no parser judges look like others corrected: no remark, no command, no output."""
    if all(_COMMENT.match(line.strip()) for line in new if line.strip()):
        return all(_COMMENT.match(line.strip()) for line in old if line.strip())
    pairs = [(line.strip(), other.strip()) for line in new for other in old if line.strip()]
    return begins_alike(old, "\n".join(new)) or any(
        SequenceMatcher(None, *pair, autojunk=False).ratio() >= _SIMILAR for pair in pairs
    )


def _heads(lines: Sequence[str]) -> set[str]:
    return {match[0] for line in lines if (match := _HEAD.match(line.strip()))}


def _defined(lines: list[str]) -> set[str]:
    return set(_DEFINITION.findall("\n".join(lines)))


def _without_dots(new: list[str]) -> list[str]:
    """Return the lines without blank ones and three dots at their ends, which say that there is more around them."""
    filled = [number for number, line in enumerate(new) if line.strip() and not _ONLY_DOTS.fullmatch(line.strip())]
    return new[filled[0] : filled[-1] + 1] if filled else []


def _without_repeated(new: list[str], neighbours: list[str], step: int) -> list[str]:
    """Return the lines without those at one end that are the neighbours there; `neighbours` from the nearest one."""
    for count in range(len(new) - 1, 0, -1):
        outer = new[:count][::-1] if step < 0 else new[-count:]
        if any(line.strip() for line in outer) and _alike(outer, neighbours[:count]):
            return new[count:] if step < 0 else new[:-count]
    return new


def _without_old(new: list[str], old: list[str]) -> list[str]:
    """Return the lines without the old ones before them, if nothing comes of those: each is written once more after."""
    code = [line for line in new if line.strip() and not line.lstrip().startswith("#")]
    quoted, rest = code[: len(old)], code[len(old) :]
    if len(rest) != len(old) or [_words(line) for line in quoted] != [_words(line) for line in old]:
        return new
    return rest if all(_supersedes(*pair) for pair in zip(old, rest, strict=True)) else new


def _words(line: str) -> str:
    """Return the code of a line for comparison: without blanks, a comment after it, and which quotes it has."""
    return "".join(re.sub(r"\s#[^'\"]*$", "", line).split()).replace("'", '"')


def _supersedes(line: str, later: str) -> bool:
    """Return whether both cannot be meant: of two heads, two ends or two values of one name the second counts."""
    if line.rstrip().endswith(":"):
        return later.rstrip().endswith(":") and begins_alike([line], later)
    first, second = _statements([line]), _statements([later])
    if not first or not second:
        return False
    if isinstance(first[0], (ast.Return, ast.Raise)):
        return type(first[0]) is type(second[0])
    if not (isinstance(first[0], ast.Assign) and isinstance(second[0], ast.Assign)):
        return False
    targets = [[ast.unparse(target) for target in each.targets] for each in (first[0], second[0])]
    return targets[0] == targets[1] and not set(targets[0]) & {ast.unparse(each) for each in _values(second[0])}


def _values(node: ast.Assign) -> list[ast.AST]:
    return [each for each in ast.walk(node.value) if isinstance(each, (ast.Name, ast.Attribute, ast.Subscript))]


def _alike(lines: list[str], others: list[str]) -> bool:
    return [line.strip() for line in lines] == [line.strip() for line in others]


def _is_neighbour(new: list[str], old: list[str], before: list[str], after: list[str]) -> bool:
    """Return whether the answer is only a copy of what is right before or after the lines."""
    count = len(new)
    return not _alike(new, old) and (_alike(new, before[-count:]) or _alike(new, after[:count]))


def _placed(new: list[str], old: list[str]) -> list[str] | None:
    """Return the lines at the indentation of the old ones; None if theirs does not fit it. Texts stay as they are."""
    lead, margin = _margin(new[0]), _margin(old[0])
    flat = textwrap.dedent("\n".join(new))
    inside = {number - 1 for number in lines_in_texts(flat)} if parses(flat) else set()
    moved = [number for number, line in enumerate(new) if line.strip() and number not in inside]
    if len(new) == len(old) and not any(_margin(line) for line in new):
        margins = [_margin(line) for line in old]
    else:
        margins = [margin] * len(new)
    if all(new[number].startswith(lead) for number in moved):
        return [margins[number] + line[len(lead) :] if number in moved else line for number, line in enumerate(new)]
    if margin.startswith(lead):
        return [margin[len(lead) :] + line if number in moved else line for number, line in enumerate(new)]
    cut = lead[len(margin) :]
    if not lead.startswith(margin) or not all(new[number].startswith(cut) for number in moved):
        return None
    return [line[len(cut) :] if number in moved else line for number, line in enumerate(new)]


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _loses_effect(new: list[str], old: list[str]) -> bool:
    """Return whether the new lines are comments, or expressions without an effect, in place of code that has one."""
    statements = _statements(new)
    if statements is None or any(_has_effect(each) for each in statements):
        return False
    if not statements:
        return not all(line.lstrip().startswith("#") for line in old)
    return any(_has_effect(each) for each in _statements(old) or ())


def _statements(lines: list[str]) -> list[ast.stmt] | None:
    code = textwrap.dedent("\n".join(lines))
    return ast.parse(code).body if parses(code) else None


def _has_effect(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    if isinstance(node, ast.Expr):
        return any(isinstance(each, _WITH_EFFECT) for each in ast.walk(node))
    return not isinstance(node, ast.Pass)
