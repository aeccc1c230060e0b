"""Real commits replayed through the operations that name definitions and `from-diff`, and 300 specs broken on purpose.

    python benchmarks/symbols.py [--commits N] [--kept FILE] GITDIR…

For each definition that a commit changes, adds or removes, a spec is planned against the file as it was: `replace`,
`edit … in=`, `insert`, `delete`. The result must be the expected bytes, or a refusal that names its rule; a result
with other bytes is a wrong place. The whole commit goes through `mtor spec --from-diff`, whose spec must give git's own
bytes. Then specs with a wrong name, a stale text or a twin: none may be carried out. What is in FILE is not replayed
again, so a run that was ended goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.authoring.from_diff import spec_from_trees
from mtor_action.errors import MtorError
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.symbols.grammar import ParsingEffort, grammar_of
from mtor_action.symbols.lookup import SymbolFault, outline_of, quoted, shown_hash, signature
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import FileText, is_utf8
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mtor_action.symbols.outline import Outline, SymbolDefinition

BROKEN = 300
MOST_BYTES = 200_000
FORMS = ("replace", "in", "insert", "delete", "from-diff")


@dataclass
class Tally:
    """Counts by form: `exact`, `wrong`, or the rule of a refusal."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {form: Counter() for form in FORMS})
    commits: int = 0
    languages: set[str] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        for form in FORMS:
            self.counts[form].update(other.counts[form])
        self.commits += other.commits
        self.languages |= other.languages
        self.samples += other.samples[: BROKEN - len(self.samples)]


@dataclass(frozen=True)
class Sample:
    """One spec that was carried out: what it was planned against, and the definition that it names."""

    path: str
    lines: tuple[bytes, ...]
    spec: str
    definition: SymbolDefinition
    others: tuple[str, ...]


def main() -> int:
    """Print both tables; 1 if anything went to a wrong place."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commits", type=int, default=100, help="of each project")
    parser.add_argument("--kept", type=Path, help="what was replayed already, one commit a line")
    parser.add_argument("clones", nargs="+", type=Path)
    arguments = parser.parse_args()
    _print_row("project", "commits", FORMS)
    every = Tally()
    for clone in arguments.clones:
        tally = replay(clone, arguments.commits, arguments.kept)
        _print_row(_name(clone), tally.commits, [_cell(tally.counts[form]) for form in FORMS])
        every.add(tally)
    _print_row(f"{len(arguments.clones)} projects", every.commits, [_cell(every.counts[form]) for form in FORMS])
    print(f"{len(every.languages)} languages: {', '.join(sorted(every.languages))}")
    refused = sum(every.counts.values(), Counter[str]())
    print("refused: " + ", ".join(f"{rule} {n}" for rule, n in refused.most_common() if rule not in ("exact", "wrong")))
    return 1 if refused["wrong"] + broken(every.samples) else 0


def _print_row(name: str, commits: object, cells: Iterable[str]) -> None:
    print(f"{name:<28} {commits:>7}  " + "  ".join(f"{cell:<30}" for cell in cells), flush=True)


def _name(clone: Path) -> str:
    return next((part for part in clone.parts if "+" in part), clone.name)


def _cell(count: Counter[str]) -> str:
    refused = sum(count.values()) - count["exact"] - count["wrong"]
    return f"{count['exact']} exact {refused} refused {count['wrong']} wrong"


def replay(clone: Path, most: int, kept: Path | None) -> Tally:
    """Replay the newest commits of one clone; those in `kept` count as they did then."""
    whole, earlier = Tally(), _kept_counts(kept, _name(clone))
    for commit in _git(clone, "log", "--first-parent", f"-n{most}", "--format=%H").decode().split():
        tally = earlier.get(commit)
        if tally is None:
            tally = _replay_commit(clone, commit)
            _keep(kept, _name(clone), commit, tally)
        elif tally.counts["replace"]["exact"] and len(whole.samples) < BROKEN // 4:
            tally.samples = _replay_commit(clone, commit, is_whole=False).samples
        whole.add(tally)
    return whole


def _kept_counts(kept: Path | None, name: str) -> dict[str, Tally]:
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.exists() else []
    return {
        row["commit"]: Tally({form: Counter(row["counts"][form]) for form in FORMS}, 1, set(row["languages"]))
        for row in rows
        if row["project"] == name
    }


def _keep(kept: Path | None, name: str, commit: str, tally: Tally) -> None:
    if kept is not None:
        row = {"project": name, "commit": commit, "languages": sorted(tally.languages), "counts": tally.counts}
        with kept.open("a") as file:
            file.write(json.dumps(row) + "\n")


def _replay_commit(clone: Path, commit: str, *, is_whole: bool = True) -> Tally:
    tally = Tally(commits=1)
    names = _git(clone, "diff-tree", "-r", "--no-renames", "-z", f"{commit}^", commit, check=False)
    fields = names.decode("utf-8", "surrogateescape").split("\0")
    changed = {path: row.split() for row, path in zip(fields[::2], fields[1::2], strict=False)}
    for path, (_, _, old, new, kind) in changed.items():
        if kind == "M" and grammar_of(path) is not None:
            before, after = _git(clone, "cat-file", "blob", old), _git(clone, "cat-file", "blob", new)
            if max(len(before), len(after)) < MOST_BYTES and is_utf8(before + after) and b"\r" not in before + after:
                _replay_file(path, before, after, tally)
    if changed and is_whole:
        _from_diff(clone, commit, changed, tally)
    return tally


def _from_diff(clone: Path, commit: str, changed: dict[str, list[str]], tally: Tally) -> None:
    """The whole commit as a spec: what git says changed must be what the spec gives, but for what it leaves out."""
    git = Git(clone, Path(_git(clone, "rev-parse", "--absolute-git-dir").decode().strip()))
    parent = _git(clone, "rev-parse", f"{commit}^").decode().strip()
    with BaseTree(git, parent) as old, BaseTree(git, commit) as new:
        try:
            written = spec_from_trees(old, new, title="A commit", base=parent)
        except MtorError:
            tally.counts["from-diff"]["not-expressible"] += 1
            return
        plan = make_plan(parse_spec([Part("s.md", written.text.encode())]), old, seen=_seen(old))
    given = {change.path: change.after for change in plan.changes}
    left_out = {path for path in changed if any(reason.startswith(f"{path}: ") for reason in written.left_out)}
    expected = {path: _state(clone, *row[1:4:2]) for path, row in changed.items() if path not in left_out}
    is_right = not plan.faults and given == expected
    tally.counts["from-diff"][("exact" if not left_out else "left-out") if is_right else "wrong"] += 1
    if not is_right:
        print(f"WRONG from-diff {commit} in {clone}", file=sys.stderr)


def _seen(tree: BaseTree) -> Callable[[str], bytes | None]:
    return lambda path: tree.read(path) if (entry := tree.entry(path)) and entry.kind == "file" else None


def _state(clone: Path, mode: str, oid: str) -> FileState | None:
    """The file that git has under this id; None for the id of nothing."""
    return (
        FileState(_git(clone, "cat-file", "blob", oid), "100755" if mode == "100755" else "100644")
        if oid.strip("0")
        else None
    )


def _git(clone: Path, *arguments: str, check: bool = True) -> bytes:
    return subprocess.run(["git", "-C", clone, *arguments], capture_output=True, check=check).stdout


def _outline(path: str, lines: list[bytes]) -> Outline | None:
    outline = outline_of(path, lines, ParsingEffort())
    return None if isinstance(outline, SymbolFault) else outline


def _replay_file(path: str, before: bytes, after: bytes, tally: Tally) -> None:
    old, new = FileText.read(before).lines, FileText.read(after).lines
    outlines = _outline(path, old), _outline(path, new)
    if outlines[0] is None or outlines[1] is None or not before.endswith(b"\n"):
        return
    tally.languages.add(outlines[0].grammar.language)
    was = {item.form: item for item in outlines[0].definitions}
    now = {item.form: item for item in outlines[1].definitions}
    for item in _changed(was, now, old, new):
        body = _lines(now[item.form], new)
        expected = [*old[: item.extent.start], *body, *old[item.extent.stop :]]
        for form, spec in (("replace", _replace(path, item, old, body)), ("in", _inside(path, item, old, body))):
            _judge(tally, form, Sample(path, tuple(old), spec, item, tuple(was)), expected)
    for name, item in now.items():
        anchor = _above(item, outlines[1])
        if name not in was and anchor is not None and anchor.form in was and not anchor.twin and not item.twin:
            _insert(path, item, was[anchor.form], (old, new), tally)
    for name, item in was.items():
        if name not in now and not item.twin and item.path.rpartition(".")[0] in {"", *now}:
            spec = f'```yaml mtor\ndelete: ["{path}::{item.form} was={shown_hash(_lines(item, old))}"]\n```\n'
            _judge(tally, "delete", Sample(path, tuple(old), spec, item, ()), None)


def _lines(item: SymbolDefinition, lines: list[bytes]) -> list[bytes]:
    return lines[item.extent.start : item.extent.stop]


def _changed(
    was: dict[str, SymbolDefinition], now: dict[str, SymbolDefinition], old: list[bytes], new: list[bytes]
) -> Iterator[SymbolDefinition]:
    """The innermost definitions that are in both and differ."""
    differing = [item for name, item in was.items() if name in now and _lines(item, old) != _lines(now[name], new)]
    paths = [item.path for item in differing]
    for item in differing:
        if not any(path.startswith(f"{item.path}.") for path in paths) and now[item.form].kind == item.kind:
            yield item


def _words(item: SymbolDefinition, lines: list[bytes]) -> str:
    sig = f" sig={quoted(signature(item))}" if item.twin else ""
    return f"{quoted(item.form)}{sig} was={shown_hash(_lines(item, lines))}"


def _fenced(info: str, body: list[bytes]) -> str:
    text = b"\n".join([*body, b""]).decode()
    return f"~~~~~~~~~~~~ {info} elision=ok\n{text}~~~~~~~~~~~~\n"


def _replace(path: str, item: SymbolDefinition, lines: list[bytes], body: list[bytes]) -> str:
    return _fenced(f"replace={path} symbol={_words(item, lines)}", body)


def _inside(path: str, item: SymbolDefinition, lines: list[bytes], body: list[bytes]) -> str:
    """One hunk for each run of changed lines, with a line around it as far as there is one."""
    own = _lines(item, lines)
    hunks: list[bytes] = []
    for _, i1, i2, j1, j2 in _runs(own, body):
        above, below = own[max(0, i1 - 1) : i1], own[i2 : i2 + 1]
        hunks += [b"<" * 20 + b" SEARCH", *above, *own[i1:i2], *below, b"=" * 20, *above, *body[j1:j2], *below]
        hunks += [b">" * 20 + b" REPLACE"]
    return _fenced(f"edit={path} in={_words(item, lines)}", hunks)


def _runs(own: list[bytes], body: list[bytes]) -> Iterator[tuple[str, int, int, int, int]]:
    """The opcodes that change something; two that are less than three lines apart are one."""
    runs: list[list[int]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, own, body, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if runs and i1 - runs[-1][1] < 3:
            runs[-1][1], runs[-1][3] = i2, j2
        else:
            runs.append([i1, i2, j1, j2])
    for i1, i2, j1, j2 in runs:
        yield "replace", i1, i2, j1, j2


def _above(item: SymbolDefinition, outline: Outline) -> SymbolDefinition | None:
    """The definition that ends right above it, empty lines aside, beside it."""
    parent = item.path.rpartition(".")[0]
    beside = [
        other
        for other in outline.definitions
        if other.depth == item.depth
        and other.path.rpartition(".")[0] == parent
        and other.extent.stop <= item.extent.start
    ]
    return max(beside, key=lambda other: other.extent.stop, default=None)


def _insert(
    path: str, item: SymbolDefinition, anchor: SymbolDefinition, texts: tuple[list[bytes], list[bytes]], tally: Tally
) -> None:
    old, new = texts
    start = item.extent.start
    while start and not new[start - 1].strip():
        start -= 1
    body = [b"" if not line.strip() else line for line in new[start : item.extent.stop]]
    if start == item.extent.start:
        return  # without an empty line the file's own spacing counts, which is tested elsewhere
    expected = [*old[: anchor.extent.stop], *body, *old[anchor.extent.stop :]]
    spec = _fenced(f"insert={path} after={quoted(anchor.form)}", body)
    _judge(tally, "insert", Sample(path, tuple(old), spec, anchor, ()), expected)


def _plan(path: str, lines: tuple[bytes, ...], spec: str) -> tuple[str, list[bytes] | None]:
    """The rule of the first fault, or "" and the lines afterwards."""
    content = b"\n".join([*lines, b""])
    parsed = parse_spec([Part("spec.md", spec.encode())])
    if parsed.diagnostics:
        return parsed.diagnostics[0].rule, None
    plan = make_plan(parsed, DictTree({path: FileState(content)}))
    if plan.faults:
        return plan.faults[0].rule, None
    after = plan.changes[0].after if plan.changes else FileState(content)
    return "", FileText.read(after.content).lines if after else []


def _judge(tally: Tally, form: str, sample: Sample, expected: list[bytes] | None) -> None:
    rule, lines = _plan(sample.path, sample.lines, sample.spec)
    if rule or lines is None:
        tally.counts[form][rule] += 1
        return
    if expected is None:  # a deletion: the rest is there, but for empty lines
        extent = sample.definition.extent
        rest = [*sample.lines[: extent.start], *sample.lines[extent.stop :]]
        right = [line for line in lines if line.strip()] == [line for line in rest if line.strip()]
    else:
        right = lines == expected
    tally.counts[form]["exact" if right else "wrong"] += 1
    if not right:
        print(f"WRONG {form} {sample.path} {sample.definition.form}\n{sample.spec}", file=sys.stderr)
    elif form == "replace" and not sample.definition.twin and len(tally.samples) < BROKEN:
        tally.samples.append(sample)


def broken(samples: list[Sample]) -> int:
    """Break specs that were carried out, in three ways in turn; return how many were carried out all the same."""
    seed = random.Random(19)
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("wrong name", "stale text", "twin")}
    chosen = seed.sample(samples, min(len(samples), BROKEN))
    for number, sample in enumerate(chosen):
        way = list(counts)[number % 3]
        lines, spec = _broken(sample, way, seed)
        rule, after = _plan(sample.path, lines, spec)
        carried_out = not rule and after != list(lines)
        counts[way]["CARRIED OUT" if carried_out else rule or "no change"] += 1
    for way, count in counts.items():
        print(
            f"{way:<12} {sum(count.values()):>4}: "
            + ", ".join(f"{rule} {number}" for rule, number in count.most_common())
        )
    return sum(count["CARRIED OUT"] for count in counts.values())


def _broken(sample: Sample, way: str, seed: random.Random) -> tuple[tuple[bytes, ...], str]:
    item, lines = sample.definition, sample.lines
    own = lines[item.extent.start : item.extent.stop]
    if way == "wrong name":
        others = [name for name in sample.others if name != item.form and "#" not in name] or [f"{item.path}x"]
        return lines, sample.spec.replace(f"symbol={quoted(item.form)}", f"symbol={quoted(seed.choice(others))}", 1)
    if way == "stale text":
        row = seed.randrange(len(own))
        stale = [*own[:row], own[row] + b" ", *own[row + 1 :]]
        return (*lines[: item.extent.start], *stale, *lines[item.extent.stop :]), sample.spec
    return (*lines[: item.extent.stop], b"", *own, *lines[item.extent.stop :]), sample.spec


if __name__ == "__main__":
    sys.exit(main())
