"""Broken source text never crashes the reader of definitions, never hangs it, and never gives lines out of bounds.

`make soak` reads 100,000 broken copies of this machine's own source files, `make test-soak` 2,000 of them.
"""

from __future__ import annotations

import os
import random
import sysconfig
from pathlib import Path

import pytest

from mtor_action.symbols.grammar import ParsingEffort, grammar_of, grammars
from mtor_action.symbols.lookup import SymbolFault, outline_of
from mtor_action.symbols.outline import Outline
from mtor_action.tree.file_text import FileText

SAMPLES = Path(__file__).parent / "outlines"
SIGNS = [*b"(){}[]<>\"'`;:,.#@\\/*=\n\t \r", *"é\u202e⋮\ufeff".encode(), 0xFF]
MOST_BYTES = 40_000


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


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_broken_copies_of_this_machines_files_are_read_or_refused() -> None:
    sources = _sources()
    by_suffix: dict[str, list[Path]] = {}
    for path in sources:
        by_suffix.setdefault(path.suffix, []).append(path)
    seed = random.Random(20)
    suffixes = sorted(by_suffix)
    for number in range(100_000 if int(os.environ.get("MTOR_SCHEDULES", "20")) >= 200 else 2_000):
        path = seed.choice(by_suffix[suffixes[number % len(suffixes)]])
        check(f"x{path.suffix}", broken(path.read_bytes(), seed))
