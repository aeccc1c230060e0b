"""How many ordinary fixes would be listed under "look here first": small fixes from the history of real projects.

    python benchmarks/look_first.py CLONE… [--most N] [--show]

A fix is a commit whose subject speaks of one, that changes at most MOST_LINES lines of at most MOST_FILES sources, with
or without tests beside them. Its sources are taken as the implementer's change, its tests as those that were red. Each
clone gives an equal share, spread over its history. Prints listed/total for each clone and all; `--show`: lines too.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from mtor_action.scope.look_first import look_first
from mtor_action.scope.name_tables import is_test_path
from mtor_action.scope.scope import Scope
from mtor_action.tree.changes import Change, FileState

MOST_FILES, MOST_LINES = 5, 60
SOURCES = (".py", ".go", ".rs", ".js", ".ts", ".mjs", ".tsx", ".jsx")
FIX = re.compile(r"\b(?:fix(?:e[sd])?|bug|regression|crash|correct(?:ly)?|handle|wrong)\b", re.IGNORECASE)


class Fix(NamedTuple):
    commit: str
    subject: str
    changes: list[Change]
    tests: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clones", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=200)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    share = -(-arguments.most // len(arguments.clones))
    total = listed = 0
    for clone in arguments.clones:
        fixes = taken(clone, share)
        hits = [(fix, looks) for fix in fixes if (looks := look_first(fix.changes, fix.tests))]
        print(f"{clone.parent.name}: {len(hits)}/{len(fixes)} listed", flush=True)
        for fix, looks in hits if arguments.show else ():
            print(f"  {fix.commit[:10]} {fix.subject}")
            print("".join(f"      {look.path}:{look.line}: {look.why}: {look.text}\n" for look in looks[:4]), end="")
        total, listed = total + len(fixes), listed + len(hits)
    print(f"all: {listed}/{total} listed, {100 * (total - listed) / max(total, 1):.1f} of 100 list nothing")


def taken(clone: Path, most: int) -> list[Fix]:
    """At most `most` fixes, spread evenly over those of the clone."""
    lines = git(clone, "log", "--no-merges", "--format=%H %s", "HEAD").splitlines()
    subjects = dict(line.partition(" ")[::2] for line in lines if FIX.search(line.partition(" ")[2]))
    wanted = list(subjects)
    found: list[Fix] = []
    step = max(len(wanted) // (most * 4), 1)
    for start in range(step):
        for commit in wanted[start::step]:
            fix = read(clone, commit, subjects[commit])
            if fix is not None:
                found.append(fix)
            if len(found) == most:
                return found
    return found


def read(clone: Path, commit: str, subject: str) -> Fix | None:
    rows = [
        line.split("\t") for line in git(clone, "show", "--numstat", "--no-renames", "--format=", commit).splitlines()
    ]
    scope = Scope(frozenset(), ("**",))
    sources = [row for row in rows if len(row) == 3 and row[2].endswith(SOURCES) and not scope.refusal(row[2])]
    lines = sum(int(row[0]) + int(row[1]) for row in sources if row[0] != "-")
    if not sources or len(sources) > MOST_FILES or lines > MOST_LINES:
        return None
    changes = [Change(path, state(clone, f"{commit}^", path), state(clone, commit, path)) for *_, path in sources]
    tests = {
        row[2]: text for row in rows if len(row) == 3 and is_test_path(row[2]) and (text := blob(clone, commit, row[2]))
    }
    return Fix(commit, subject, changes, tests)


def state(clone: Path, commit: str, path: str) -> FileState | None:
    text = blob(clone, commit, path)
    return FileState(text.encode()) if text else None


def blob(clone: Path, commit: str, path: str) -> str:
    return git(clone, "show", f"{commit}:{path}")


def git(clone: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *words], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
