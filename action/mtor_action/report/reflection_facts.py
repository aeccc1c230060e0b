"""The reflection on a run without a model: facts, at zero tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.report.report import Report


def facts(report: Report) -> list[str]:
    """Return sentences that follow from the report alone."""
    texts = [
        f"{operation.kind} of {operation.path} was placed after a second look: {operation.note}"
        for operation in report.operations
        if operation.placement == "adjusted"
    ]
    if report.flaky:
        texts.append("a command was red first and green without any change")
    if report.base_red:
        texts.append("the base has the same failures")
    if report.dirtied:
        texts.append(
            f"commands changed {len(report.dirtied)} files that were put back: {', '.join(report.dirtied[:5])}"
        )
    texts += [f"`{command.command}` was stopped at its time limit" for command in report.commands if command.timed_out]
    return texts
