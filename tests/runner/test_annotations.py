from __future__ import annotations

import pytest

from mtor_action.diagnostics import Diagnostic
from mtor_action.report.report import CommandReport, Outcome, Report
from mtor_action.runner.annotations import MOST_ERRORS, errors_of

_PATHS = frozenset({"tests/test_a.py", "src/a.js", "a.go", "src/lib.rs", "with space.py"})
_ROOT = "/srv/runner/w/w"


def _places(output: str) -> list[tuple[str, int, str]]:
    report = Report("j", Outcome.FAILING, commands=[CommandReport("test", "make test", 1, 1.0, output)])
    _, *found = errors_of(report, _PATHS, _ROOT)
    return [(each.path, each.line, each.message) for each in found]


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ("E   assert 1 == 2\n\ntests/test_a.py:7: AssertionError", ("tests/test_a.py", 7, "assert 1 == 2")),
        (f"{_ROOT}/tests/test_a.py:7: in <module>", ("tests/test_a.py", 7, "in <module>")),
        (
            f'  File "{_ROOT}/with space.py", line 3, in f',
            ("with space.py", 3, f'File "{_ROOT}/with space.py", line 3, in f'),
        ),
        ("    a.go:12: got 1, want 2", ("a.go", 12, "got 1, want 2")),
        ("./a.go:12:5: undefined: x", ("a.go", 12, "undefined: x")),
        (f"      at f ({_ROOT}/src/a.js:5:17)", ("src/a.js", 5, f"at f ({_ROOT}/src/a.js:5:17)")),
        (f"at file://{_ROOT}/src/a.js:5:17", ("src/a.js", 5, f"at file://{_ROOT}/src/a.js:5:17")),
        ("  --> src/lib.rs:10:5", ("src/lib.rs", 10, "--> src/lib.rs:10:5")),
    ],
)
def test_a_failing_line_is_found_as_runners_name_it(output: str, place: tuple[str, int, str]) -> None:
    assert _places(output) == [place]


@pytest.mark.parametrize(
    "output",
    [
        "/usr/lib/python3/a.py:3: x",
        "../tests/test_a.py:3: x",
        "tests/test_a.py:0: x",
        "tests/../../etc/passwd:3: x",
        "10:20:30 done",
        "other.py:3: x",
        "a.go:1.5: x",
        ":" * 100_000,
        "a" * 100_000 + ":3",
    ],
)
def test_what_is_not_a_line_of_the_repository_gets_no_annotation(output: str) -> None:
    assert _places(output) == []


def test_each_place_counts_once_and_there_are_ten_at_most_the_reason_first() -> None:
    output = "".join(f"a.go:{number // 2 + 1}: x\n" for number in range(100))
    report = Report("j", Outcome.FAILING, "it is red", commands=[CommandReport("test", "make", 1, 1.0, output)])
    found = errors_of(report, _PATHS, _ROOT)
    assert len(found) == MOST_ERRORS
    assert (found[0].path, found[0].message.splitlines()[0]) == ("", "it is red")
    assert [each.line for each in found[1:]] == list(range(1, 10))


def test_a_mistake_in_the_spec_says_where_and_one_in_a_file_is_shown_there() -> None:
    places = [Diagnostic("yaml", path, 4, 1, "m") for path in ("#12", "a.go")]
    _, text, file = errors_of(Report("j", Outcome.REJECTED, diagnostics=places), _PATHS, _ROOT)
    assert text == ("mtor: #12:4", "m [yaml]", "", 0)
    assert file == ("mtor: rejected", "m [yaml]", "a.go", 4)


@pytest.mark.parametrize("outcome", [Outcome.CLEAN, Outcome.FIXED, Outcome.EMPTY])
def test_a_green_run_has_no_errors(outcome: Outcome) -> None:
    red = CommandReport("test", "make", 1, 1.0, "a.go:3: x")
    assert errors_of(Report("j", outcome, commands=[red]), _PATHS, _ROOT) == []
