"""Broken source text never crashes the reader of definitions, never hangs it, and never gives lines out of bounds.

`make soak` reads 100,000 broken copies of this machine's own source files, `make test-soak` 2,000 of them, in parts of
1,000 whose number is their seed; one in a hundred is nested deeply, one in five hundred is huge. MTOR_FUZZ_PARTS=7:9
reads the parts 7 and 8 alone.
"""

from __future__ import annotations

import os
import random
import sysconfig
from pathlib import Path

import pytest

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.symbols import grammar
from mtor_action.symbols.grammar import ParsingEffort, grammar_of, grammars
from mtor_action.symbols.lookup import SymbolFault, outline_of, quoted, shown_hash, signature
from mtor_action.symbols.outline import Outline, SymbolDefinition
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import FileText
from mtor_action.tree.tree import DictTree

SAMPLES = Path(__file__).parent / "outlines"
SIGNS = [*b"(){}[]<>\"'`;:,.#@\\/*=\n\t \r", *"é\u202e⋮\ufeff".encode(), 0xFF]
MOST_BYTES = 40_000
PART = 1_000
OPENINGS = (
    b"(",
    b"[",
    b"{",
    b"<",
    b"f(",
    b"[{",
    b"if x:\n",
    b"class A {",
    b"`${",
    b"/*",
    b"<<A\n",
    b"#if 1\n",
    b"def f\n",
)


def broken(content: bytes, seed: random.Random) -> bytes:
    """A copy with a few parts cut out, doubled, nested or replaced by signs."""
    content = content[:MOST_BYTES]
    for _ in range(seed.randint(1, 6)):
        start = seed.randrange(len(content) + 1)
        stop = min(len(content), start + seed.choice([1, 1, 5, 80, 2_000]))
        part = content[start:stop]
        signs = bytes(seed.choices(SIGNS, k=seed.randint(1, 4)))
        middle = seed.choice([b"", part * 2, signs, signs * seed.choice([1, 20, 3_000]), part[::-1], part + signs])
        content = content[:start] + middle + content[stop:]
    return content


def nested(content: bytes, seed: random.Random) -> bytes:
    """A copy with something opened thousands of times in its middle."""
    at = seed.randrange(min(len(content), MOST_BYTES) + 1)
    return content[:at] + seed.choice(OPENINGS) * seed.choice([900, 5_000, 60_000]) + content[at:MOST_BYTES]


def huge(content: bytes, seed: random.Random) -> bytes:
    """So many copies of a file in one, broken somewhere, that it is near to the limit of size or beyond."""
    most = seed.choice([500_000, 1_900_000, 4_000_000])
    copies = content * (most // max(1, len(content)) + 1)
    at = seed.randrange(most)
    return copies[:at] + bytes(seed.choices(SIGNS, k=3)) + copies[at:most]


def copy_of(content: bytes, number: int, seed: random.Random) -> bytes:
    if number % 500 == 499:
        return huge(content, seed)
    return nested(content, seed) if number % 100 == 99 else broken(content, seed)


def check(path: str, content: bytes) -> None:
    lines = FileText.read(content).lines
    effort = ParsingEffort()
    outline = outline_of(path, lines, effort)
    if isinstance(outline, SymbolFault):
        assert outline.rule == "symbol-unparsed"
        return
    _check_outline(outline, len(lines))
    again = outline_of(path, lines, ParsingEffort())
    assert isinstance(again, Outline)
    assert again.definitions == outline.definitions


def _check_outline(outline: Outline, count: int) -> None:
    forms = [definition.form for definition in outline.definitions]
    assert len(forms) == len(set(forms))
    assert outline.error is None or 0 <= outline.error <= count
    for definition in outline.definitions:
        extent = definition.extent
        assert 0 <= extent.start < extent.stop <= count
        assert extent.start <= definition.line < extent.stop or definition.fault
        if definition.interior is not None:
            assert extent.start <= definition.interior.stop <= extent.stop


def check_plan(path: str, content: bytes, seed: random.Random) -> None:
    """A definition of the broken text is replaced, deleted or added to: as asked, or refused; never anything else."""
    lines = FileText.read(content).lines
    outline = outline_of(path, lines, ParsingEffort())
    if isinstance(outline, SymbolFault) or not outline.definitions:
        return
    item = seed.choice(outline.definitions)
    own = lines[item.extent.start : item.extent.stop]
    spec = parse_spec([Part("s.md", _spec(path, item, own, seed.choice(["replace", "insert", "delete"])))])
    if not spec.diagnostics:
        plan = make_plan(spec, DictTree({path: FileState(content)}))
        assert plan.faults or all(_is_near(change.after, lines, item) for change in plan.changes)


def _spec(path: str, item: SymbolDefinition, own: list[bytes], form: str) -> bytes:
    sig = f" sig={quoted(signature(item))}" if item.twin else ""
    words = f"{quoted(item.form)}{sig}"
    if form == "delete":
        return f"```yaml mtor\ndelete: ['{path}::{item.form} was={shown_hash(own)}']\n```\n".encode()
    place = f"symbol={words} was={shown_hash(own)}" if form == "replace" else f"after={words}"
    return f"~~~~~~~~~~ {form}={path} {place} elision=ok\n".encode() + b"\n".join([*own, b"~~~~~~~~~~", b""])


def _is_near(after: FileState | None, lines: list[bytes], item: SymbolDefinition) -> bool:
    """Whether everything outside of the definition and of the lines beside it is as it was."""
    new = FileText.read(after.content).lines if after else []
    above, below = lines[: item.extent.start], lines[item.extent.stop :]
    kept = [line for line in [*above, *below] if line.strip()]
    rest = [line for line in new if line.strip()]
    head = [line for line in above if line.strip()]
    tail = kept[len(head) :]
    return rest[: len(head)] == head and (not tail or rest[-len(tail) :] == tail)


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".txt"))
def test_broken_copies_of_a_sample_are_read_or_refused(name: str) -> None:
    seed = random.Random(name)
    content = (SAMPLES / name).read_bytes()
    for _ in range(25):
        check(name, broken(content, seed))


def _sources() -> list[Path]:
    """Source files of this machine, of every language that it has."""
    suffixes = {suffix for grammar in grammars().values() for suffix in grammar.suffixes}
    roots = [
        Path(sysconfig.get_path("stdlib")),
        Path(sysconfig.get_path("purelib")),
        Path("/usr/include"),
        Path("/usr/lib"),
    ]
    found = [path for root in roots for path in root.rglob("*") if path.suffix in suffixes and path.is_file()]
    return sorted({*found, *(path for path in SAMPLES.iterdir() if grammar_of(path.name))})


def read_part(part: int, by_suffix: dict[str, list[Path]]) -> None:
    """Read one part's copies; its number is the seed."""
    seed = random.Random(part)
    suffixes = sorted(by_suffix)
    for number in range(PART):
        path = seed.choice(by_suffix[suffixes[(part + number) % len(suffixes)]])
        content = copy_of(path.read_bytes(), number, seed)
        check(f"x{path.suffix}", content)
        if number % 4 == 0:
            check_plan(f"x{path.suffix}", content, seed)


def sources_by_suffix() -> dict[str, list[Path]]:
    by_suffix: dict[str, list[Path]] = {}
    for path in _sources():
        by_suffix.setdefault(path.suffix, []).append(path)
    return by_suffix


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_broken_copies_of_this_machines_files_are_read_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # The last resort is a time, which a slow text may pass on one of two readings; what takes this long is a hang.
    monkeypatch.setattr(grammar, "_MOST_SECONDS", 120.0)
    usual = "0:100" if int(os.environ.get("MTOR_SCHEDULES", "20")) >= 200 else "0:2"
    first, _, stop = os.environ.get("MTOR_FUZZ_PARTS", usual).partition(":")
    by_suffix = sources_by_suffix()
    for part in range(int(first), int(stop)):
        read_part(part, by_suffix)
