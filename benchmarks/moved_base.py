"""How many changes outlive a base that moves: git's merge, exact hunks, and mtor, on the histories of real projects.

    python benchmarks/moved_base.py CLONE… [--files 80] [--distances 5 40 200]

CLONE is a clone with its history, bare or not; nothing in it is changed. A change is written at a commit P: it takes
back what P did to one file, as somebody might who has just seen P. It is then applied to the commit that comes k first
parents later, forwards. Only files count that somebody else changed in between. Four ways to carry it:

    git merge         `git merge-file` of the file: as it is k commits later, at P, and with the change
    minimal hunks     SEARCH has no more lines than it takes to be unique at P, and must be there exactly once
    3 lines of context  the same with three lines around each change, as models write hunks
    mtor              a spec of those hunks, planned as `mtor run` does; `named`: it says `written_for: P`

`differs` counts results of mtor that are not, byte for byte, what git's merge or the same hunks make of the file;
`minimal differs` those of minimal hunks that are not what git's merge makes of it. `nobody` is the share that no way
carries.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.preparation.preparation import SettingsFile, against, follow_base
from mtor_action.preparation.text_origin import Origin
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.tree.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.manifest import Spec

LARGEST_FILE = 200_000
MOST_CONTEXT = 40
WAYS = ("git merge", "minimal hunks", "3 lines of context", "mtor", "mtor, named")

Hunk = tuple[list[bytes], list[bytes]]


@dataclass(frozen=True, slots=True)
class Change:
    """One file at the commit `written_at`, and as the change makes it."""

    path: str
    written_at: str
    old: bytes
    new: bytes


class Clone:
    """A clone whose objects are read."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        named = subprocess.run(
            ["git", "-C", folder, "rev-parse", "--absolute-git-dir"], capture_output=True, check=True, text=True
        )
        self.git = Git(scratch, Path(named.stdout.strip()))
        self.commits = self.git.run("rev-list", "--first-parent", "HEAD").decode("ascii").split()

    def read(self, commit: str, path: str) -> bytes | None:
        """Return the file's content at a commit; None if there is no such file."""
        out = self.git.run("cat-file", "--batch", stdin=f"{commit}:{path}\n".encode())
        header, _, content = out.partition(b"\n")
        words = header.rsplit(b" ", 2)
        return content[: int(words[2])] if len(words) == 3 and words[1] == b"blob" else None

    def changes(self, commit: str) -> Iterator[Change]:
        """Yield what the commit did to each text file that it modified, taken back."""
        options = ("-r", "-z", "--no-renames", "--diff-filter=M", "--name-only")
        names = self.git.run("diff-tree", *options, f"{commit}^1", commit).decode("utf-8", "replace").split("\0")
        for path in filter(None, names):
            old, new = self.read(commit, path), self.read(f"{commit}^1", path)
            if old and new and old != new and is_text(old) and is_text(new):
                yield Change(path, commit, old, new)


def is_text(content: bytes) -> bool:
    """Return whether a file is small, UTF-8, of LF lines, and ends in one."""
    if len(content) > LARGEST_FILE or b"\0" in content or b"\r" in content or not content.endswith(b"\n"):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def hunks(change: Change, context: int) -> list[Hunk] | None:
    """Return the change as hunks with so many lines around each, more where SEARCH would not be unique."""
    old, new = change.old.split(b"\n")[:-1], change.new.split(b"\n")[:-1]
    blocks = [code for code in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if code[0] != "equal"]
    ranges: list[list[int]] = []
    for _, start, stop, new_start, new_stop in blocks:
        widened = wide(old, start, stop, context)
        if widened is None:
            return None
        before, after = widened
        item = [start - before, stop + after, new_start - before, new_stop + after]
        if ranges and item[0] <= ranges[-1][1]:
            ranges[-1][1], ranges[-1][3] = max(item[1], ranges[-1][1]), max(item[3], ranges[-1][3])
        else:
            ranges.append(item)
    return [(old[start:stop], new[new_start:new_stop]) for start, stop, new_start, new_stop in ranges]


def wide(old: list[bytes], start: int, stop: int, context: int) -> tuple[int, int] | None:
    """Return how many lines before and after make the range unique."""
    for lines in range(context, MOST_CONTEXT):
        before, after = min(lines, start), min(lines, len(old) - stop)
        search = old[start - before : stop + after]
        if any(line.strip() for line in search) and len(places(old, search)) == 1:
            return before, after
    return None


def places(lines: Sequence[bytes], search: Sequence[bytes]) -> list[int]:
    """Return where the lines are, exactly."""
    first, size = search[0], len(search)
    return [at for at, line in enumerate(lines) if line == first and list(lines[at : at + size]) == list(search)]


def placed(content: bytes, parts: list[Hunk] | None) -> bytes | None:
    """Return the file with every hunk in its one place; None if one has none or several."""
    lines = content.split(b"\n")[:-1]
    for search, replace in parts or ():
        found = places(lines, search)
        if len(found) != 1:
            return None
        lines[found[0] : found[0] + len(search)] = replace
    return b"".join(line + b"\n" for line in lines) if parts else None


def merged(scratch: Path, change: Change, there: bytes) -> bytes | None:
    """Return what `git merge-file` makes of the file; None for a conflict."""
    names = [scratch / name for name in ("there", "old", "new")]
    for name, content in zip(names, (there, change.old, change.new), strict=True):
        name.write_bytes(content)
    done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def spec_of(change: Change, parts: list[Hunk], settings: str = "") -> Spec:
    """Return a spec of these hunks."""
    marks = [sign * 12 for sign in (b"<", b"=", b">")]
    body = b""
    for search, replace in parts:
        old, new = (b"".join(line + b"\n" for line in lines) for lines in (search, replace))
        body += b"%b SEARCH\n%b%b\n%b%b REPLACE\n" % (marks[0], old, marks[1], new, marks[2])
    fence = b"`" * 20
    head = f"```yaml mtor\ntest: []\n{settings}```\n\n".encode()
    return parse_spec([Part("spec.md", head + fence + f' edit="{change.path}" elision=ok\n'.encode() + body + fence)])


def by_mtor(clone: Clone, base: str, path: str, spec: Spec, origin: Origin) -> bytes | None:
    """Return the one file that mtor makes of the base, under whatever name; None if it refuses."""
    with BaseTree(clone.git, base) as tree:
        attributes = attributes_of(clone.git, tree, of_machine=False)
        planned = against(spec, base, tree, SettingsFile(), attributes)
        prepared = follow_base(clone.git, planned, tree, origin)
        if prepared.faults:
            return None
        states = Overlay(tree)
        for change in prepared.plan.changes:
            states.put(change.path, change.after)
        changed = [change.path for change in prepared.plan.changes]
        state = states.file(path if path in changed or not changed else changed[0])
        return state.content if state else b""


def measure(clone: Clone, scratch: Path, distance: int, most: int) -> Counter[str]:
    """Count drifted files, what each way carries, and where mtor makes another file than the others."""
    counts: Counter[str] = Counter()
    commits = clone.commits[distance:-1]
    step = max(1, len(commits) // (most * 3))
    for at in range(0, len(commits), step):
        written_at, base = commits[at], clone.commits[at]
        for change in clone.changes(written_at):
            there = clone.read(base, change.path)
            if there == change.old or counts["files"] >= most:
                continue
            minimal, usual = hunks(change, 0), hunks(change, 3)
            if usual is None or spec_of(change, usual).diagnostics:
                continue
            carried = {
                "git merge": merged(scratch, change, there) if there is not None else None,
                "minimal hunks": placed(there, minimal) if there is not None else None,
                "3 lines of context": placed(there, usual) if there is not None else None,
            }
            when = int(clone.git.run("show", "-s", "--format=%ct", written_at))
            named = f"written_for: {written_at}\n"
            for way, settings in (("mtor", ""), ("mtor, named", named)):
                origin = Origin(lambda when=when: when)  # type: ignore[misc]  # bound now
                carried[way] = by_mtor(clone, base, change.path, spec_of(change, usual, settings), origin)
            count(counts, carried)
            report_differences(change, base, carried)
    return counts


def count(counts: Counter[str], carried: dict[str, bytes | None]) -> None:
    """Add one file."""
    counts["files"] += 1
    counts.update(way for way in WAYS if carried[way] is not None)
    counts["nobody"] += all(result is None for result in carried.values())
    counts["differs"] += any(differs(carried, way) for way in ("mtor", "mtor, named"))
    pair = {carried["git merge"], carried["minimal hunks"]} - {None}
    counts["minimal differs"] += len(pair) > 1


def differs(carried: dict[str, bytes | None], way: str) -> bool:
    """Return whether mtor carries the change to another file than git's merge or the same hunks do."""
    others = {carried["git merge"], carried["3 lines of context"]} - {None}
    return carried[way] is not None and bool(others - {carried[way]})


def report_differences(change: Change, base: str, carried: dict[str, bytes | None]) -> None:
    """Name each file of which mtor makes something else."""
    for way in ("mtor", "mtor, named"):
        if differs(carried, way):
            print(f"differs ({way}): {change.path} from {change.written_at[:12]} on {base[:12]}", file=sys.stderr)


def table(rows: dict[int, Counter[str]]) -> str:
    """Return a Markdown table, one row for each distance."""
    heads = ["commits between", "drifted files", *WAYS, "nobody", "differs", "minimal differs"]
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for distance, counts in rows.items():
        shares = [f"{100 * counts[way] / max(1, counts['files']):.0f} %" for way in (*WAYS, "nobody")]
        ends = [str(counts["differs"]), str(counts["minimal differs"])]
        lines.append(f"| {' | '.join([str(distance), str(counts['files']), *shares, *ends])} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table; 1 if mtor made another file anywhere, or carried less than git's merge does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--files", type=int, default=80, help="drifted files of each clone and distance")
    parser.add_argument("--distances", type=int, nargs="+", default=[5, 40, 200])
    arguments = parser.parse_args()
    rows: dict[int, Counter[str]] = {distance: Counter() for distance in arguments.distances}
    with tempfile.TemporaryDirectory() as name:
        for folder in arguments.clones:
            clone = Clone(folder, Path(name))
            for distance, counts in rows.items():
                counts.update(measure(clone, Path(name), distance, arguments.files))
                print(f"{folder.name}, {distance} commits: done", file=sys.stderr)
    print(table(rows))
    short = [distance for distance, counts in rows.items() if counts["mtor, named"] < counts["git merge"]]
    return int(bool(short) or any(counts["differs"] for counts in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
