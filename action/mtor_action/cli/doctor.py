"""`mtor doctor`: look at everything that a run needs, here and on GitHub, and say what to do next."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.setup.checks.finding import Finding, Subject, Verdict

if TYPE_CHECKING:
    import argparse

    from mtor_action.report.terminal import Paint

HELP = "check what a run needs, here and on GitHub"

_MARKS = {Verdict.FINE: ("✓", "green"), Verdict.WRONG: ("✗", "red"), Verdict.UNKNOWN: ("?", "yellow")}
_WIDTH = 13


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether models may be asked."""
    parser.add_argument("--online", action="store_true", help="send each named model one tiny request")
    parser.add_argument("--api-base", metavar="URL", help="where the model is, if not at its provider's own address")


def run(arguments: argparse.Namespace) -> int:
    """0 if nothing is wrong, 1 if something is; what could not be seen is not wrong."""
    from mtor_action.report.terminal import Paint
    from mtor_action.setup.doctor import examine

    subject = Subject(Path(arguments.repo or "."), os.environ, arguments.online, arguments.api_base)
    paint = Paint(wants_colour(sys.stdout))
    findings_by_title: list[tuple[str, Finding]] = []
    for title, findings in examine(subject):
        findings_by_title += [(title, finding) for finding in findings]
        if not arguments.json:
            print_findings(title, findings, paint)
    verdicts = [finding.verdict for _, finding in findings_by_title]
    if arguments.json:
        print_json({"findings": [{"section": title, **finding._asdict()} for title, finding in findings_by_title]})
    else:
        print(summary(verdicts.count(Verdict.WRONG), verdicts.count(Verdict.UNKNOWN), paint))
    return 1 if Verdict.WRONG in verdicts else 0


def print_findings(title: str, findings: list[Finding], paint: Paint) -> None:
    """A section: what was found, and the next steps."""
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
    """The last line."""
    counts = [paint(f"{wrong} wrong", "bold", "red") if wrong else paint("nothing is wrong", "bold", "green")]
    counts += [f"{unknown} not seen from here"] if unknown else []
    return ", ".join(counts)
