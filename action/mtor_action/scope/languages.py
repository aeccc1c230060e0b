"""Languages' notations for what is not code, tests, assertions, skips and exits."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Language:
    """A language's notation for what is not code, assertions, skips and exits."""

    not_code: re.Pattern[str]  # comments and strings; every alternative also ends at the end of the text
    test: re.Pattern[str]  # where a test begins
    assertion: re.Pattern[str]
    vacuous: re.Pattern[str]  # assertions that cannot fail
    skip: re.Pattern[str]
    leave: re.Pattern[str]
    handed_on: re.Pattern[str]  # `sys.exit(main())` ends a program as it should
    skip_by_code: re.Pattern[str] = _NEVER  # how code under test skips the test that calls or imports it

    def code(self, text: str) -> str:
        """Return the text with comments and the contents of strings blanked; lines stay."""
        return self.not_code.sub(lambda match: _blank(match[0]), text)

    def without_comments(self, text: str) -> str:
        """Return the text with comments and Python's block strings blanked; lines stay."""
        return self.not_code.sub(lambda match: match[0] if _is_string(match[0]) else _blank(match[0]), text)

    def assertions(self, code: str) -> int:
        """Count the assertions that can fail in text of which `code` was made."""
        return len(self.assertion.findall(code)) - len(self.vacuous.findall(code))


def _is_string(text: str) -> bool:
    return text[0] in "\"'`r" and not text.startswith(('"""', "'''"))


def _blank(text: str) -> str:
    lines = "\n" * text.count("\n")
    return f'""{lines}' if text[0] in "\"'`r" else lines


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_LINE_STRINGS = (r'"(?:\\.|[^"\\\n])*"?', r"'(?:\\.|[^'\\\n])*'?")
_C_COMMENTS = (r"//[^\n]*", r"(?s:/\*.*?(?:\*/|\Z))")

_PYTHON_SKIPS = (
    r"\bpytest\.(?:skip|xfail|importorskip)\b",
    r"(?m:^[ \t]*from pytest import [^\n]*\b(?:skip|xfail|importorskip|exit)\b)",
    r"\bSkipTest\b",
)
_PYTHON = Language(
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
_JAVASCRIPT = Language(
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
_GO = Language(
    not_code=_any(*_C_COMMENTS, _LINE_STRINGS[0], r"'(?:\\.|[^'\\\n])'", r"`[^`]*`?"),
    test=re.compile(r"(?m:^func (?:Test|Fuzz|Example)\w*\()"),
    assertion=_any(r"\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(", r"\b(?:assert|require)\.\w+\("),
    vacuous=_any(r"\b(?:assert|require)\.True\(t, true\b"),
    skip=_any(r"\b[tb]\.(?:Skip|Skipf|SkipNow)\("),
    leave=_any(r"\bos\.Exit\(", r"\bsyscall\.Exit\(", r"\bruntime\.Goexit\("),
    handed_on=_any(r"\bos\.Exit\(\s*[A-Za-z_][\w.]*\("),
)
_RUST = Language(
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


def language_of(path: str) -> Language | None:
    """Return the language of a source by its ending; None for one that is not known."""
    return _LANGUAGES.get(path.rpartition(".")[2].lower())
