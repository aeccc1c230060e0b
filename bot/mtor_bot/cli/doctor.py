"""`mtor-bot doctor`: check everything that the server needs, and print the next step for each fault."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from mtor_action.cli.doctor import print_findings, summary
from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.setup.finding import FindingVerdict

if TYPE_CHECKING:
    import argparse

HELP = "check the settings, the database, the App on GitHub, and whether they reach each other"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, which prints the findings as one JSON document, and `--poll`."""
    parser.add_argument("--poll", action="store_true", help="check what `mtor-bot serve --poll` needs")
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; return 0 if nothing is wrong, 1 if something is. Raises SettingsError (64)."""
    from mtor_action.report.terminal import Paint
    from mtor_bot.cli.doctor_checks import examine
    from mtor_bot.server_settings import PollingSettings, ServerSettings, load

    kind: type[PollingSettings | ServerSettings] = PollingSettings if arguments.poll else ServerSettings
    sections = list(examine(load(kind, os.environ, arguments.settings), os.environ))
    verdicts = [finding.verdict for _, findings in sections for finding in findings]
    paint = Paint(wants_colour(sys.stdout))
    if arguments.json:
        rows = [{"section": title, **asdict(finding)} for title, findings in sections for finding in findings]
        print_json({"findings": rows})
    else:
        for title, findings in sections:
            print_findings(title, findings, paint)
        print(summary(verdicts.count(FindingVerdict.WRONG), verdicts.count(FindingVerdict.UNKNOWN), paint))
    return 1 if FindingVerdict.WRONG in verdicts else 0
