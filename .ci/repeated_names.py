#!/usr/bin/env python3
"""Class and module names that appear twice in the distribution; exit code 1 if one is not listed with its reason.

    python .ci/repeated_names.py [ROOT]

A word has one meaning in the whole tree, so the packages of both source roots are looked at together. `_Run` and `Run`
are one name; a package and a module elsewhere may not share one either. Two kinds of module are left out: those of
`cli/`, which are called by the verb that users type (`run/` does what `cli/run.py` reads from the command line), and a
module called like its own package, which holds what the package is about (`plan/plan.py`).
`.ci/repeated_names.txt` in ROOT lists the exceptions: kind (`class` or `module`), name, reason. A listed name that
no longer appears twice is a mistake as well.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

from sources import ROOTS, Source, read_sources

EXCEPTIONS = Path(".ci/repeated_names.txt")
KINDS = ("class", "module")
Name = tuple[str, str]
"""Its kind, and the name without the underscores in front."""


def repeated_names(root: Path) -> dict[Name, list[str]]:
    """Return the names that are defined more than once below the source roots of `root`, with the places."""
    places: dict[Name, list[str]] = defaultdict(list)
    for folder in ROOTS:
        for source in read_sources(root / folder):
            for name in _defined(source):
                places[name].append(f"{folder}/{source.path}")
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def _defined(source: Source) -> list[Name]:
    classes = [node.name for node in source.nodes if isinstance(node, ast.ClassDef)]
    return [("class", name.lstrip("_")) for name in classes] + _module_name(source)


def _module_name(source: Source) -> list[Name]:
    package, _, stem = source.module.rpartition(".")
    room = package.rpartition(".")[2]
    return [] if "cli" in (stem, room) or stem in ("", room) else [("module", stem.lstrip("_"))]


def read_exceptions(path: Path) -> dict[Name, str]:
    """Return the reason of each listed name. Raises ValueError that names the file, the line and what was expected."""
    reasons: dict[Name, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        kind, name, reason = ([*line.split(None, 2), "", "", ""])[:3]
        if not kind or kind.startswith("#"):
            continue
        if kind not in KINDS or not reason or (kind, name) in reasons:
            message = f"{path.name}:{number}: expected `class NAME REASON` or `module NAME REASON`, each name once"
            raise ValueError(message)
        reasons[kind, name] = reason
    return reasons


def main(arguments: list[str]) -> int:
    """Print what has to be renamed or listed, and return the exit code: 0, or 1 if there is such a name."""
    root = Path(arguments[0]) if arguments else Path(__file__).parent.parent
    names = repeated_names(root)
    reasons = read_exceptions(root / EXCEPTIONS)
    unlisted = {name: places for name, places in names.items() if name not in reasons}
    stale = [name for name in reasons if name not in names]
    for (kind, name), places in unlisted.items():
        print(f"{kind} {name} is defined {len(places)} times: {', '.join(places)}")
    for kind, name in stale:
        print(f"{kind} {name} is listed in {EXCEPTIONS}, but no longer appears twice: delete its line")
    if unlisted:
        print(f"Give each a name that says what it is, or list it in {EXCEPTIONS} with the reason.")
    return 1 if unlisted or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
