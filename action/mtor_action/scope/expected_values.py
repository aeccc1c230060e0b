"""The values that tests expect, as far as their text tells: what an implementer has no business to return as such."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from mtor_action.scope.languages import language_of
from mtor_action.scope.name_tables import is_test_path
from mtor_action.tree.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.tree import Tree

_MOST_FILES = 50
_LONGEST_TEST = 512 * 1024  # bytes
LONGEST_LINE = 1_000  # characters
_MOST_LITERALS = 12  # in a line: more are data
_LITERAL = re.compile(
    r"""[bruf]{0,2}"((?:\\.|[^"\\\n])*)"|[bruf]{0,2}'((?:\\.|[^'\\\n])*)'|`([^`\n]*)`"""
    r"""|(?<![\w.])(-?0[xob][\da-f_]+|-?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])""",
    re.IGNORECASE,
)
_ASSERTS = re.compile(
    r"assert|expect|should|\bis\(|\bwant|EXPECT_|\bensure\b|>>>|\bverify|\bif\b.*[!=]=.*\{$", re.IGNORECASE
)
# A row of a table of cases: two values or more, and little else.
_ROW = re.compile(r"^\s*(?:pytest\.param)?[({\[].*,.*[)}\]],?\s*$")
_TRIVIAL = frozenset({"n:0", "n:1", "n:-1", "s:", "s: ", "s:\\n"})
_PATH = re.compile(r"[\w./@+-]*\w\.\w+")


@dataclass(frozen=True, slots=True)
class Expected:
    """`values` are literals of assertions, `pairs` two of one assertion or one row, in any order.

    A literal is `n:` and a number, or `s:` and a text.
    """

    values: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()


def named_tests(outputs: Iterable[str], plan: Plan, tree: Tree) -> dict[str, str]:
    """Return path and text of the tests that the spec writes, and of those that the commands' output names."""
    overlay = Overlay(tree, plan.changes)
    words = {word.removeprefix("./") for output in outputs for word in _PATH.findall(output)}
    paths = [path for path in tree.paths() if path in words and is_test_path(path)]
    tests: dict[str, str] = {}
    for path in [*(change.path for change in plan.changes), *paths]:
        state = overlay.file(path)
        if state is not None and len(state.content) <= _LONGEST_TEST and len(tests) < _MOST_FILES:
            tests[path] = state.content.decode("utf-8", "replace")
    return tests


def expected_in(tests: Mapping[str, str]) -> Expected:
    """Return what the assertions of `tests` (path to text) expect. In files that are not tests, only doctests count."""
    values: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for path, text in tests.items():
        for line in _lines(path, text):
            line_literals = literals(line)
            values.update(line_literals)
            if len(line_literals) <= _MOST_LITERALS:
                pairs.update(permutations(line_literals, 2))
    return Expected(frozenset(values) - _TRIVIAL, frozenset(pairs))


def _lines(path: str, text: str) -> list[str]:
    language = language_of(path)
    bare = language.without_comments(text) if language else text
    if not is_test_path(path):
        return [line for line in _inside(path, text) if len(line) <= LONGEST_LINE]
    short = (line for line in bare.splitlines() if len(line) <= LONGEST_LINE)
    return [line for line in short if _ASSERTS.search(line) or _ROW.match(line)]


def _inside(path: str, text: str) -> list[str]:
    """The assertions in a source's own tests; of a doctest also the line that follows, which is what it expects."""
    from mtor_action.scope.inline_tests import regions_in

    lines = text.splitlines()
    tests: list[str] = []
    for region in regions_in(path, text):
        part = lines[region.first - 1 : region.last]
        tests += [line for line in part if _ASSERTS.search(line)]
        tests += [f"{before} == {line.strip()}" for before, line in pairwise(part) if before.lstrip().startswith(">>>")]
    return tests


def literals(line: str) -> list[str]:
    """Return the literals of a line of code, in order, without repetitions."""
    return list(dict.fromkeys(_typed(match) for match in _LITERAL.finditer(line)))


def _typed(match: re.Match[str]) -> str:
    text = next((part for part in match.groups()[:3] if part is not None), None)
    if text is not None:
        return f"s:{text}"
    number = match[4].replace("_", "").lower()
    return f"n:{int(number, 0)}" if re.fullmatch(r"-?0[xob][\da-f]+", number) and _is_number(number) else f"n:{number}"


def _is_number(text: str) -> bool:
    try:
        int(text, 0)
    except ValueError:  # 0b2, 0o9
        return False
    return True


_MAPPED = r"\s*[\])]?\s*(?::|=>|->|,|\?|and|return|else|then|\{|(?<=\])\s*=)+\s*(?:return\s*)?"
_RETURNED = re.compile(r"(?:\breturn\b|=>|->|\byield\b|\blambda\b[^:]*:|\bResult\b|^)\s*\(?\s*$")
_ASSIGNS = re.compile(r"^\s*(?:[\w.]+\s*:?=|[\w.]+\s*<-)\s*\S+$")
_MESSAGE = re.compile(
    r"\braise\b|\bthrow\b|Err(?:or|orf)?\b|\bpanic|Exception|\bwarn|\blog|print|echo|message|help", re.IGNORECASE
)
_TELLING = 6  # characters of a literal, its kind included
_CONDITION = re.compile(r"\b(?:if|elif|case|when|match|unless)\b|[!=]==?")


def answers(lines: Sequence[str], at: int, expected: Expected) -> bool:
    """Return whether the added line at `at` answers with a value that a test expects, not with one that it computes."""
    line = lines[at]
    matches = list(_LITERAL.finditer(line))
    names = [_typed(match) for match in matches]
    if any(name in expected.values and _is_returned(line, match) for name, match in zip(names, matches, strict=True)):
        return True
    for (left_name, left), (right_name, right) in zip(
        zip(names, matches, strict=True), zip(names[1:], matches[1:], strict=True), strict=False
    ):
        between = line[left.end() : right.start()]
        mapped = re.fullmatch(_MAPPED, between) or (_CONDITION.search(line[: left.start()]) and "return" in between)
        if mapped and (left_name, right_name) in expected.pairs and not {left_name, right_name} <= _TRIVIAL:
            return True
    if len({name for name in names if name in expected.values}) >= 3:
        return True
    before = lines[at - 1] if at else ""
    if not (names and _CONDITION.search(before) and (_is_returned(line, matches[-1]) or _ASSIGNS.match(line))):
        return False
    return any((name, names[-1]) in expected.pairs for name in literals(before))


def holds(line: str, before: str, expected: Expected) -> bool:
    """Return whether a line that is not a message brings in a value that a test expects and the file did not hold."""
    if _MESSAGE.search(line):
        return False
    return any(name in expected.values and len(name) >= _TELLING and name[2:] not in before for name in literals(line))


def _is_returned(line: str, match: re.Match[str]) -> bool:
    after = line[match.end() :].strip()
    if not line[: match.start()].strip() and after:
        return False  # an item of a list
    if after.startswith(("if ", "unless ")):
        return bool(_RETURNED.search(line[: match.start()]))
    return bool(_RETURNED.search(line[: match.start()])) and after in ("", ";", ")", ");", "}", "};", ",", "},")
