"""The pull request's own words: what was asked, what was done by whom, the tests before and after."""

from __future__ import annotations

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.publish.pull_text import pull_text
from mtor_action.report.model_records import ReportedTurn
from mtor_action.report.report import CommandReport, OperationReport, Outcome, Report, Usage

SPEC = """\
# Greet

<!-- hidden -->

Names come with blanks, so strip them.
@everyone, closes #7 <img src=x>

More words.

```python create=a.py
a = 1
```
"""


def text(report: Report, beyond: str = "", spec: str = SPEC) -> str:
    return "\n\n".join(pull_text(parse_spec([Part("#1", spec.encode())]), report, beyond))


def test_it_says_what_was_asked_what_the_spec_did_and_how_many_tests_ran() -> None:
    report = Report("j", Outcome.CLEAN, commands=[CommandReport("test", "pytest -q", 0, 1.0, "12 passed in 0.1s")])
    report.operations = [OperationReport("create", "a.py", 1, "exact", 1, 0)]
    said = text(report)
    assert "### What was asked\n\n> Names come with blanks, so strip them." in said
    assert "More words" not in said
    assert "**By the spec, exactly as written:** creates `a.py`." in said
    assert "**Tests:** 12 tests ran, all green." in said
    assert "implementer" not in said


def test_what_the_implementer_did_comes_in_words_and_as_the_difference_from_the_specs_code() -> None:
    commands = [
        CommandReport("test", "pytest -q", 1, 1.0, "FAILED t.py::a\n1 failed, 11 passed in 0.1s", failures=["t.py::a"]),
        CommandReport("test", "pytest -q", 0, 1.0, "12 passed in 0.1s"),
    ]
    report = Report(
        "j", Outcome.FIXED, commands=commands, usage=Usage(requests=1), turns=[ReportedTurn(1, text="I strip.")]
    )
    report.operations = [OperationReport("edit", "a.py", 1, "model", 1, 0)]
    said = text(report, "--- a/a.py\n+++ b/a.py\n-a = 1\n+a = 2 # ``` @everyone\n")
    assert "**By the implementer:** changes `a.py`." in said
    assert "> I strip." in said
    assert "How the result differs from the spec's own code" in said
    assert "**Tests:** before the repair 12 tests ran, 1 failed; after it 12 tests ran, all green." in said
    assert "@everyone" not in said


def test_hostile_prose_stays_prose() -> None:
    said = text(Report("j", Outcome.CLEAN))
    assert "@everyone" not in said
    assert "<img" not in said
    assert "closes #7" not in said
    assert "hidden" not in said
