"""Lines of an implementer that a reviewer should look at first. Not a verdict: a pure function of the difference.

Outside of tests: what looks for a test runner, reads a test, walks the caller's frame, answers with a value that a
test expects, and their like (look_first.toml). In tests that a setting opened: every changed line with an assertion.
"""

from __future__ import annotations

import re
import tomllib
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.report.report import ReviewLine
from mtor_action.scope.expected_values import LONGEST_LINE, Expected, answers, expected_in, holds
from mtor_action.scope.inline_tests import regions_in
from mtor_action.scope.languages import language_of
from mtor_action.scope.name_tables import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mtor_action.tree.changes import Change, FileState

MOST_LOOKS = 100
_MOST_CHARACTERS = 160
_PROSE = frozenset({"md", "rst", "txt", "markdown", "adoc"})
_ASSERTS = re.compile(
    r"\bassert|\bexpect|\bshould\b|EXPECT_|ASSERT_|\bt\.(?:Error|Fatal|Fail)|\bpanic!|\bverify\b", re.IGNORECASE
)
# Product folders and files that tests take their means from: `pkg/testing.py`, `internal/testutil/`, `test-utils.ts`.
_HELPER = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|test_?(?:utils?|lib|kit|helpers?|support)|asserts?|assertions?|matchers?)(?=[/_.-])",
    re.IGNORECASE,
)
_JUDGES = re.compile(r"\b(?:assert\w*|expect\w*|should|raise|throw|panic|return|fail\w*|t\.\w+)\b|[!=]=")
_COMMENT = re.compile(r"^\s*(?://|#(?!\[))")
_MOST_LINES = 4_000


def look_first(changes: Iterable[Change], tests: Mapping[str, str]) -> list[ReviewLine]:
    """Return the lines of `changes`, which lead from the plan to what was tested. `tests` are named_tests()'s."""
    expected = expected_in(tests)
    return [look for change in changes for look in _looks(change, expected)][:MOST_LOOKS]


def _looks(change: Change, expected: Expected) -> Iterator[ReviewLine]:
    before, after = _text(change.before), _text(change.after)
    added, removed = _difference(before.splitlines(), after.splitlines())
    if is_test_path(change.path):
        yield from _expectations(change.path, [*added, *removed])
        return
    inside = [_numbers(change.path, text) for text in (after, before)]
    yield from _expectations(change.path, [line for line in added if line[0] in inside[0]])
    yield from _expectations(change.path, [line for line in removed if line[2] in inside[1]])
    if change.path.rpartition(".")[2].lower() not in _PROSE:
        if _HELPER.search(change.path) and before:
            yield from _means(change.path, [*added, *removed])
            return
        yield from _added(change.path, [line for line in added if line[0] not in inside[0]], after, before, expected)


def _expectations(path: str, lines: Iterable[tuple[int, str, int]]) -> Iterator[ReviewLine]:
    doctest = re.compile(r"^\s*(?:>>>|\.\.\.)|^\s*\S")
    for number, line, _ in lines:
        is_session = not is_test_path(path) and path.endswith((".py", ".pyi", ".md", ".rst")) and doctest.match(line)
        if (_ASSERTS.search(line) and not _COMMENT.match(line)) or is_session:
            yield ReviewLine(path, number, _excerpt(line), "an expectation of a test changed")


def _means(path: str, lines: Iterable[tuple[int, str, int]]) -> Iterator[ReviewLine]:
    for number, line, _ in lines:
        if _JUDGES.search(line) and not _COMMENT.match(line):
            yield ReviewLine(path, number, _excerpt(line), "changes what tests judge with")


def _added(
    path: str, lines: Sequence[tuple[int, str, int]], after: str, before: str, expected: Expected
) -> Iterator[ReviewLine]:
    language = language_of(path)
    bare = (language.without_comments(after) if language else after).splitlines()
    old_lines = {line.strip() for line in before.splitlines()}
    code = [
        bare[number - 1] if number <= len(bare) and not line.startswith("//go:") else line for number, line, _ in lines
    ]
    for at, (number, line, _) in enumerate(lines):
        if not code[at].strip() or line.strip() in old_lines:
            continue
        if len(line) > LONGEST_LINE:
            yield ReviewLine(path, number, _excerpt(line), "is too long to be judged")
            continue
        reason = _suspicion(path, code[at])
        if not reason and answers(code, at, expected):
            reason = "answers with a value that a test expects"
        elif not reason and holds(code[at], before, expected):
            reason = "holds a value that a test expects"
        if reason:
            yield ReviewLine(path, number, _excerpt(line), reason)


def _suspicion(path: str, line: str) -> str:
    return next((reason for reason, only, pattern in _groups() if path.endswith(only) and pattern.search(line)), "")


@cache
def _groups() -> list[tuple[str, tuple[str, ...], re.Pattern[str]]]:
    text = (Path(__file__).parent / "look_first.toml").read_text(encoding="utf-8")
    return [
        (
            group["why"],
            tuple(group.get("only", ("",))),
            re.compile("|".join(f"(?:{pattern})" for pattern in group["patterns"])),
        )
        for group in tomllib.loads(text)["group"]
    ]


def _difference(
    before: Sequence[str], after: Sequence[str]
) -> tuple[list[tuple[int, str, int]], list[tuple[int, str, int]]]:
    """Return added and removed lines: (number in `after`, text, number in `before`), 1-based."""
    start = next(
        (at for at, (old_line, new_line) in enumerate(zip(before, after, strict=False)) if old_line != new_line),
        min(len(before), len(after)),
    )
    if len(before) + len(after) - 2 * start > _MOST_LINES:
        old_lines, new_lines = set(before), set(after)
        return [(number, line, 0) for number, line in enumerate(after, 1) if line not in old_lines], [
            (1, line, number) for number, line in enumerate(before, 1) if line not in new_lines
        ]
    added: list[tuple[int, str, int]] = []
    removed: list[tuple[int, str, int]] = []
    for _, old, old_end, new, new_end in (
        step
        for step in SequenceMatcher(None, before[start:], after[start:], autojunk=False).get_opcodes()
        if step[0] != "equal"
    ):
        added += [(number + 1, after[number], start + old + 1) for number in range(start + new, start + new_end)]
        removed += [
            (min(start + new + 1, max(len(after), 1)), before[number], number + 1)
            for number in range(start + old, start + old_end)
        ]
    return added, removed


def _numbers(path: str, text: str) -> set[int]:
    return {number for region in regions_in(path, text) for number in range(region.first, region.last + 1)}


def _excerpt(line: str) -> str:
    return line.strip()[:_MOST_CHARACTERS]


def _text(state: FileState | None) -> str:
    return state.content.decode("utf-8", "replace") if state else ""
