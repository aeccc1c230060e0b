"""What a report says of tests beyond their colour: what the base failed too, and green that proves nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mtor_action.neutral import one_line
from mtor_action.report.report import Outcome, RedBeforeReport, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.preparation.preparation import Prepared
    from mtor_action.workspace.verdict import Judge

# https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_08_02: a command that is not found
_NOT_FOUND = 127
_MOST_FAILURES = 200  # of the base, in the report


def green_too_early(prepared: Prepared, report: Report, excused: Sequence[str]) -> Outcome:
    """Return the outcome of tests that no missing body fails beyond what the base fails too: they prove nothing of it.

    `excused` are the names of those failures of the base.
    """
    name = one_line(prepared.settings.fill[0].text, 100)
    if excused:
        report.reason = f"no test fails for want of a body of {name} but those that the base fails too, in the same way"
        named = one_line(", ".join(excused), 300)
        report.next_step = f"name in `fixes` the tests that the body should turn green: {named}"
    else:
        report.reason = f"the tests are green before a body is written for {name}"
        report.next_step = "write a test that fails without it, or take it out of `fill`"
    return Outcome.FAILING


def unexcused(judge: Judge) -> tuple[str, str]:
    """Return why what the base fails with too is not excused, and the next step if it is a special one, else ""."""
    reasons = [f"`{result.command}`: {result.unexcused}" for result in judge.red if result.unexcused]
    if reasons:
        return f"the base has these failures too, but others may hide behind them: {'; '.join(reasons)}", ""
    if all(result.exit_code == _NOT_FOUND for result in judge.red):
        commands = ", ".join(f"`{one_line(result.command, 100)}`" for result in judge.red)
        return (
            f"a program that {commands} starts is not installed here",
            "install it in `setup`, or correct the command",
        )
    return "the base ends the same way, and prints no test with an error to compare", ""


def tell_own_alike(report: Report, judge: Judge) -> None:
    """Say so where all that is red failed on the base in the same way, and is the spec's own: nothing excuses that."""
    failures = [judge.red_before.own_alike(result) for result in judge.red]
    if not failures or not all(failures):
        return
    names = one_line(", ".join(sorted(frozenset().union(*failures))), 300)
    report.reason = (
        "the base fails with the same error, which is not excused where the spec writes or edits the test, "
        f"or names it in `fixes`: {names}"
    )
    report.next_step = "repair that in the spec too, or on the base first; then run it again"


def tell_red_before(report: Report, judge: Judge) -> None:
    """Write into the report what the base failed too, and what of it was excused."""
    report.excused = [*judge.log.remarks, *judge.excused]
    if report.outcome in (Outcome.CLEAN, Outcome.FIXED):
        report.base_red = bool(judge.excused)
    record, failures = judge.base_runs.record, judge.red_before.failures()
    if record is not None:
        tested = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.tested))
        remembered = judge.base_runs.is_remembered
        report.red_before = RedBeforeReport(record.key, tested, remembered, failures[:_MOST_FAILURES])
