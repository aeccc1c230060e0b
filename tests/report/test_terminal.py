from __future__ import annotations

import re
from pathlib import Path

import pytest

import report_samples
from mtor_action.report.html import render_html
from mtor_action.report.report import CommandReport, OperationReport, Outcome, Report
from mtor_action.report.report_files import ReportPaths
from mtor_action.report.terminal import render_terminal
from mtor_action.report.wording import capitalised

PATHS = ReportPaths(Path("/r/report.json"), Path("/r/report.md"), Path("/r/report.html"))


@pytest.mark.parametrize("name", ["clean", "fixed", "empty"])
def test_a_green_run_is_told_in_25_lines(name: str) -> None:
    assert render_terminal(report_samples.BUILDERS[name](), colour=False, paths=PATHS).count("\n") <= 25


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_every_outcome_ends_with_the_next_step(outcome: Outcome | None) -> None:
    text = render_terminal(Report(job="j", outcome=outcome), colour=False)
    assert re.search(r"^next     \S.+\.\n\Z", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "shown"), [("mtor stopped", "mtor stopped"), ("the run", "The run"), ("mtoring", "Mtoring"), ("", "")]
)
def test_the_name_of_mtor_is_never_capitalised(text: str, shown: str) -> None:
    assert capitalised(text) == shown


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_a_headline_begins_with_a_capital_and_never_with_the_name(outcome: Outcome | None) -> None:
    report = Report(job="j", outcome=outcome)
    texts = (render_terminal(report, colour=False), render_html(report))
    assert not any(re.search(r"\bMtor\b", text) for text in texts)


def test_the_failing_output_is_cut_to_its_last_20_lines() -> None:
    report = report_samples.failing()
    report.commands[2] = CommandReport("test", "pytest", 1, 1.0, "".join(f"line {n}\n" for n in range(100_000)))
    text = render_terminal(report, colour=False)
    assert [line for line in text.split("\n") if line.startswith("│")] == [
        f"│ line {n}" for n in range(99_980, 100_000)
    ]


def test_it_says_where_the_report_is() -> None:
    assert "report   /r/report.html\n" in render_terminal(report_samples.clean(), colour=False, paths=PATHS)


def test_without_colour_there_is_no_escape_and_with_it_the_words_are_the_same(sample_name: str) -> None:
    report = report_samples.BUILDERS[sample_name]()
    plain, painted = render_terminal(report, colour=False), render_terminal(report, colour=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]+m", "", painted) == plain


def test_hostile_texts_control_neither_the_terminal_nor_the_runner(hostile_text: str) -> None:
    text = render_terminal(report_samples.hostile(hostile_text), colour=False, paths=PATHS)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028]", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert text.count("\n") < 80
    text.encode("utf-8")


def test_a_thousand_operations_are_counted_not_listed() -> None:
    report = report_samples.clean()
    report.operations = [OperationReport("create", f"src/{n}.py", n, "exact", 2) for n in range(1_000)]
    text = render_terminal(report, colour=False)
    assert "1,000 operations" in text
    assert "… 994 more" in text
    assert text.count("\n") <= 25
