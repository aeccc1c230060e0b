"""Finds changes that make tests pass by not testing: a pure function over a file's text before and after."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.scope.languages import Language, language_of
from mtor_action.scope.name_tables import is_test_path

GUTTED_SHARE = 1 / 3
GUTTED_MINIMUM_LINES = 10  # below that, two thirds are a few lines


def cheats(path: str, before: str | None, after: str | None) -> list[str]:
    """Return what in a change keeps tests from failing instead of fixing them, one sentence each.

    `before` and `after` are the file's text, None where it did not or does not exist. In any file: early
    exits added, skips raised by Python code, more than two thirds of ten or more lines gone. In test files,
    and in Rust sources that hold tests, also: skips added, assertions or whole tests removed (comments and
    strings do not count), the file deleted.
    """
    tests = is_test_path(path) or (path.endswith(".rs") and "#[test]" in (before or after or ""))
    if after is None:
        return [f"{path}: test file deleted"] if is_test_path(path) and before else []
    sentences = _gutted(path, before or "", after)
    language = language_of(path)
    if language is None:
        return sentences
    old, new = language.code(before or ""), language.code(after)
    sentences += _added(path, "early exit added", _exits(language, old, tests), _exits(language, new, tests))
    skip = language.skip if tests else language.skip_by_code
    sentences += _added(path, "skip added", skip.findall(old), skip.findall(new))
    if tests:
        sentences += _removed(path, "assertions", language.assertions(old), language.assertions(new))
        sentences += _removed(path, "tests", len(language.test.findall(old)), len(language.test.findall(new)))
    return sentences


def _exits(language: Language, code: str, tests: bool) -> list[str]:
    exits = [match.group() for match in language.leave.finditer(code)]
    # A test has no business handing an exit status on either.
    return exits if tests else exits[len(language.handed_on.findall(code)) :]


def _added(path: str, subject: str, old: Sequence[object], new: Sequence[object]) -> list[str]:
    return [f"{path}: {subject} ({len(new) - len(old)})"] if len(new) > len(old) else []


def _removed(path: str, subject: str, old: int, new: int) -> list[str]:
    return [f"{path}: {subject} removed ({old} before, {new} after)"] if new < old else []


def _gutted(path: str, before: str, after: str) -> list[str]:
    old, new = (sum(bool(line.strip()) for line in text.split("\n")) for text in (before, after))
    if old < GUTTED_MINIMUM_LINES or new >= old * GUTTED_SHARE:
        return []
    return [f"{path}: {old - new} of {old} lines removed"]
