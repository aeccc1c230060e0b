"""`mtor doctor`: look at everything that a run needs, here and on GitHub, and say what to do next."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.setup.finding import DoctorSubject, Finding, FindingVerdict

if TYPE_CHECKING:
    import argparse

    from mtor_action.report.terminal import Paint


_MARKS = {
    FindingVerdict.FINE: ("✓", "green"),
    FindingVerdict.WRONG: ("✗", "red"),
    FindingVerdict.UNKNOWN: ("?", "yellow"),
}
_WIDTH = 13


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whether models may be asked, and where."""
    parser.add_argument("--online", action="store_true", help="send each named model one tiny request")
    parser.add_argument("--base", action="store_true", help="run the base's own setup and tests; remember what is red")
    parser.add_argument("--api-base", metavar="URL", help="ask the model at this address (default: its provider's)")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; return 0 if there is no problem, else 1. What could not be checked is not a problem."""
    from mtor_action.report.terminal import Paint
    from mtor_action.setup.doctor import examine

    subject = DoctorSubject(
        Path(arguments.repo or "."), os.environ, arguments.online, arguments.api_base, arguments.base
    )
    paint = Paint(wants_colour(sys.stdout))
    findings_by_title: list[tuple[str, Finding]] = []
    for title, findings in examine(subject):
        findings_by_title += [(title, finding) for finding in findings]
        if not arguments.json:
            print_findings(title, findings, paint)
    verdicts = [finding.verdict for _, finding in findings_by_title]
    if arguments.json:
        print_json({"findings": [{"section": title, **asdict(finding)} for title, finding in findings_by_title]})
    else:
        print(summary(verdicts.count(FindingVerdict.WRONG), verdicts.count(FindingVerdict.UNKNOWN), paint))
    return 1 if FindingVerdict.WRONG in verdicts else 0


def print_findings(title: str, findings: list[Finding], paint: Paint) -> None:
    """Print one section: its findings and their next steps."""
    from mtor_action.neutral import inert_log

    lines = [paint(title, "bold"), *(line for finding in findings for line in _lines(finding, paint))]
    print(inert_log("\n".join(lines) + "\n"), flush=True)


def _lines(finding: Finding, paint: Paint) -> list[str]:
    from mtor_action.neutral import visible

    mark, colour = _MARKS[finding.verdict]
    first, *details = visible(finding.what).split("\n")
    gap = " " * (_WIDTH + 4)
    lines = [f"  {paint(mark, colour)} {finding.name:<{_WIDTH}}{first}", *(gap + line for line in details)]
    if finding.next_step:
        lines.append(gap + paint("→ ", "dim") + visible(finding.next_step))
    return [line[:400] for line in lines]


def summary(wrong: int, unknown: int, paint: Paint) -> str:
    """Return the last line: `2 problems, 1 could not be checked from here`."""
    from mtor_action.report.wording import count

    counts = [paint(count(wrong, "problem"), "bold", "red") if wrong else paint("no problems", "bold", "green")]
    counts += [f"{unknown} could not be checked from here"] if unknown else []
    return ", ".join(counts)
