from __future__ import annotations

import pytest

import report_samples
from mtor_action.report.report import CommandReport, Outcome, Report
from mtor_action.report.timeline import stages


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("clean", "done done done done skipped done"),
        ("fixed", "done done done done done done"),
        ("failing", "done done done failed skipped done"),
        ("stalled", "done done done failed stopped done"),
        ("rejected", "failed skipped skipped skipped skipped skipped"),
        ("empty", "skipped skipped skipped skipped skipped skipped"),
    ],
)
def test_a_stage_shows_how_far_the_run_came(name: str, states: str) -> None:
    assert [str(stage.state) for stage in stages(report_samples.BUILDERS[name]())] == states.split()


def test_a_red_setup_is_not_a_red_test() -> None:
    report = report_samples.failing()
    report.outcome = Outcome.ERROR
    report.commands = report.commands[:1]
    report.commands[0].exit_code = 1
    assert [str(stage.state) for stage in stages(report)][2:4] == ["failed", "skipped"]


def test_format_is_a_stage_where_a_command_formatted() -> None:
    report = report_samples.clean()
    assert "format" not in [stage.name for stage in stages(report)]
    report.commands.insert(1, CommandReport("format", "ruff format", 0, 0.1))
    assert [stage.name for stage in stages(report)] == ["plan", "apply", "setup", "format", "test", "fix", "commit"]
    report.outcome, report.commands = Outcome.FAILING, report.commands[:2]
    report.commands[1].exit_code = 2
    assert [str(stage.state) for stage in stages(report)][2:5] == ["done", "failed", "skipped"]


def test_an_untested_run_says_so() -> None:
    assert stages(Report("j", Outcome.CLEAN, untested=True))[3].detail == "untested"
