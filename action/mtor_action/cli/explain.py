"""`mtor explain RULE`: what a diagnostic's rule means, and a form that works; pages of the documentation too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.errors import UsageError
from mtor_action.manifest.rules import RULES

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare RULE and `--list` for `mtor explain`."""
    parser.add_argument("name", nargs="?", metavar="RULE", help="a rule, such as near-miss, or a page, such as stalls")
    parser.add_argument("--list", action="store_true", help="print every rule with its meaning, and the pages")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the text on stdout. Raises UsageError for a name that is neither a rule nor a page."""
    if arguments.list:
        return _print_list(as_json=arguments.json)
    if not arguments.name:
        raise UsageError("expected the name of a rule or of a page", "mtor explain --list prints them all")
    return _print_one(arguments.name.strip("[]`"), as_json=arguments.json)


def _print_one(name: str, *, as_json: bool) -> int:
    from mtor_action.authoring.doc_pages import close_names, explanation

    explained = explanation(name)
    if explained is None:
        close = close_names(name)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f'no rule or page is called "{name}"', f"{hint}mtor explain --list prints them all")
    if as_json:
        print_json({"name": explained.name, "meaning": explained.meaning, "text": explained.text})
    elif explained.name in RULES:
        _write(f"{explained.name}: {explained.meaning}\n\n{explained.text}")
    else:
        _write(explained.text)
    return 0


def _print_list(*, as_json: bool) -> int:
    from mtor_action.authoring.doc_pages import page_names

    pages = page_names()
    if as_json:
        print_json({"rules": RULES, "pages": pages})
        return 0
    width = max(len(rule) for rule in RULES)
    rules = "".join(f"{rule:<{width}}  {meaning}\n" for rule, meaning in RULES.items())
    _write(f"{rules}\nPages: {', '.join(pages)}\n")
    return 0


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
