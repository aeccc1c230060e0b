"""Printing diagnostics and JSON on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from mtor_action.diagnostics import Diagnostic, explaining_commands, render


def wants_colour(stream: TextIO) -> bool:
    """Return whether to colour: only on a terminal, and without NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(value: dict[str, object]) -> None:
    """Print one JSON object on one line of stdout."""
    import json

    print(json.dumps(value, ensure_ascii=True), flush=True)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print each as a compiler would, a blank line between, and at the end how to learn what their rules mean."""
    from mtor_action.neutral import visible

    colour = wants_colour(sys.stdout)
    shown = list(diagnostics)
    for number, diagnostic in enumerate(shown):
        head, *details = visible(render(diagnostic)).split("\n")
        lines = [f"\x1b[1;31m{head}\x1b[0m" if colour else head, *details]
        print(("\n" if number else "") + "\n".join(lines))
    if shown:
        subject = "these rules mean" if len(shown) > 1 else "it means"
        print(visible(f"\nwhat {subject}: {', '.join(explaining_commands(shown))}"))
