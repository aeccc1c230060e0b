"""Finds changes that make tests pass by not testing: a pure function over a file's text before and after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GUTTED_SHARE = 1 / 3
GUTTED_MINIMUM_LINES = 10  # below that, two thirds are a few lines


_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language writes what is not code, assertions, skips and exits."""

    not_code: re.Pattern[str]  # comments and strings; every alternative also ends at the end of the text
    test: re.Pattern[str]  # where a test begins
    assertion: re.Pattern[str]
    vacuous: re.Pattern[str]  # assertions that cannot fail
    skip: re.Pattern[str]
    leave: re.Pattern[str]
    handed_on: re.Pattern[str]  # `sys.exit(main())` ends a program as it should
    skip_by_code: re.Pattern[str] = _NEVER  # how code under test skips the test that calls or imports it


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_LINE_STRINGS = (r'"(?:\\.|[^"\\\n])*"?', r"'(?:\\.|[^'\\\n])*'?")
_C_COMMENTS = (r"//[^\n]*", r"(?s:/\*.*?(?:\*/|\Z))")

_PYTHON_SKIPS = (
    r"\bpytest\.(?:skip|xfail|importorskip)\b",
    r"(?m:^[ \t]*from pytest import [^\n]*\b(?:skip|xfail|importorskip|exit)\b)",
    r"\bSkipTest\b",
)
_PYTHON = _Language(
    not_code=_any(r"(?s:\"\"\".*?(?:\"\"\"|\Z))", r"(?s:'''.*?(?:'''|\Z))", *_LINE_STRINGS, r"#[^\n]*"),
    test=re.compile(r"(?m:^[ \t]*(?:async )?def test\w*\()"),
    assertion=_any(
        r"(?m:^[ \t]*assert\b)",
        r"\bself\.(?:assert|fail)\w*\(",
        r"\bpytest\.(?:raises|warns|fail)\b",
        r"\.assert_\w+\(",
        r"\bassert_\w+\(",
    ),
    vacuous=_any(
        r"(?m:^[ \t]*assert (?:True|1|not False|1 == 1|True == True)[ \t]*(?:,|$))", r"\.assertTrue\(True\)"
    ),
    skip=_any(
        r"\bmark\.(?:skip|skipif|xfail)\b",
        *_PYTHON_SKIPS,
        r"\b(?:unittest\.|@)(?:skip|skipIf|skipUnless|expectedFailure)\b",
        r"\.skipTest\(",
        r"\b__test__ = False",
        r"\bcollect_ignore(?:_glob)?\b",
    ),
    leave=_any(
        r"\bsys\.exit\b", r"\bos\.(?:_exit|abort)\b", r"\braise SystemExit\b", r"\bpytest\.exit\(",
        r"(?<![\w.])(?:exit|quit)\(",
    ),
    handed_on=_any(r"\b(?:sys\.exit|raise SystemExit)\([ \t]*[A-Za-z_][\w.]*\("),
    skip_by_code=_any(*_PYTHON_SKIPS, r"\b_pytest\b"),
)  # fmt: skip
_JAVASCRIPT = _Language(
    not_code=_any(*_C_COMMENTS, *_LINE_STRINGS, r"`(?:\\.|[^`\\])*`?"),
    test=re.compile(r"(?<![\w.])(?:it|test)(?:\.\w+){0,3}\s*[(`]"),
    assertion=_any(r"\bexpect\s*\(", r"\bassert(?:\.\w+)?\s*\(", r"\.should\b"),
    vacuous=_any(r"\bexpect\s*\(\s*(?:true|1)\s*\)\.(?:toBe|toEqual|toBeTruthy)\(", r"\bassert(?:\.ok)?\s*\(\s*true\b"),
    skip=_any(
        r"\b(?:it|test|describe|context|suite|specify)\.(?:skip|only|todo|fixme|failing)\b",
        r"(?<![\w.])(?:xit|xtest|xdescribe|xcontext|fit|fdescribe)\s*[(.]",
        r"\b(?:this|t)\.skip\(",
    ),
    leave=_any(r"\bprocess\.(?:exit|abort|reallyExit)\b", r"\bprocess\.exitCode\s*=", r"\bDeno\.exit\b"),
    handed_on=_any(r"\bprocess\.exit\(\s*(?:await\s+)?[A-Za-z_$][\w$.]*\("),
)
_GO = _Language(
    not_code=_any(*_C_COMMENTS, _LINE_STRINGS[0], r"'(?:\\.|[^'\\\n])'", r"`[^`]*`?"),
    test=re.compile(r"(?m:^func (?:Test|Fuzz|Example)\w*\()"),
    assertion=_any(r"\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(", r"\b(?:assert|require)\.\w+\("),
    vacuous=_any(r"\b(?:assert|require)\.True\(t, true\b"),
    skip=_any(r"\b[tb]\.(?:Skip|Skipf|SkipNow)\("),
    leave=_any(r"\bos\.Exit\(", r"\bsyscall\.Exit\(", r"\bruntime\.Goexit\("),
    handed_on=_any(r"\bos\.Exit\(\s*[A-Za-z_][\w.]*\("),
)
_RUST = _Language(
    not_code=_any(*_C_COMMENTS, r"(?s:\br(#{0,8})\".*?(?:\"\1|\Z))", r'(?s:"(?:\\.|[^"\\])*"?)', r"'(?:\\.|[^'\\\n])'"),
    test=re.compile(r"#\[(?:\w+::)?test\b"),
    assertion=_any(r"\b(?:debug_)?assert(?:_\w+)?!", r"\bpanic!", r"#\[should_panic"),
    vacuous=_any(r"\bassert!\(\s*true\b"),
    skip=_any(r"#\[ignore\b", r"#\[cfg\(any\(\)\)\]", r"#\[cfg_attr\([^\]\n]{0,200}\bignore\b"),
    leave=_any(r"\bprocess::(?:exit|abort)\b"),
    handed_on=_any(r"\bprocess::exit\(\s*[A-Za-z_][\w:.]*\("),
)
_LANGUAGES = {
    **dict.fromkeys(("py", "pyi"), _PYTHON),
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"), _JAVASCRIPT),
    "go": _GO,
    "rs": _RUST,
}
_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|specs)/|(?:^|/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go)$"
    r"|\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)tests?\.(?:py|rs)$"
)


def is_test_path(path: str) -> bool:
    """Say whether a path is a test file by the usual names of Python, JavaScript, Go and Rust."""
    return _TEST_PATH.search(path) is not None


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
    found = _gutted(path, before or "", after)
    language = _LANGUAGES.get(path.rpartition(".")[2].lower())
    if language is None:
        return found
    old, new = _code(language, before or ""), _code(language, after)
    found += _added(path, "early exit added", _exits(language, old, tests), _exits(language, new, tests))
    skip = language.skip if tests else language.skip_by_code
    found += _added(path, "skip added", skip.findall(old), skip.findall(new))
    if tests:
        found += _removed(path, "assertions", _assertions(language, old), _assertions(language, new))
        found += _removed(path, "tests", len(language.test.findall(old)), len(language.test.findall(new)))
    return found


def _code(language: _Language, text: str) -> str:
    """Return the text with comments and the contents of strings blanked; lines stay."""
    return language.not_code.sub(lambda match: _blank(match[0]), text)


def _blank(text: str) -> str:
    lines = "\n" * text.count("\n")
    return f'""{lines}' if text[0] in "\"'`r" else lines


def _exits(language: _Language, code: str, tests: bool) -> list[str]:
    found = [match.group() for match in language.leave.finditer(code)]
    # A test has no business handing an exit status on either.
    return found if tests else found[len(language.handed_on.findall(code)) :]


def _assertions(language: _Language, code: str) -> int:
    return len(language.assertion.findall(code)) - len(language.vacuous.findall(code))


def _added(path: str, what: str, old: Sequence[object], new: Sequence[object]) -> list[str]:
    return [f"{path}: {what} ({len(new) - len(old)})"] if len(new) > len(old) else []


def _removed(path: str, what: str, old: int, new: int) -> list[str]:
    return [f"{path}: {what} removed ({old} before, {new} after)"] if new < old else []


def _gutted(path: str, before: str, after: str) -> list[str]:
    old, new = (sum(bool(line.strip()) for line in text.split("\n")) for text in (before, after))
    if old < GUTTED_MINIMUM_LINES or new >= old * GUTTED_SHARE:
        return []
    return [f"{path}: {old - new} of {old} lines removed"]
