"""A parser in a process that lives long: what it was given is freed, and threads do not meet in it."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

from mtor_action.symbols.grammar import ParsingEffort, grammars
from mtor_action.symbols.lookup import outline_of
from mtor_action.symbols.outline import Outline


def test_nothing_of_a_file_is_kept_once_its_tree_is_gone() -> None:
    grammar, source = grammars()["python"], b"def f():\n    return 1\n" * 2_000
    grammar.parse(source, ParsingEffort())
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            grammar.parse(source, ParsingEffort())
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < len(source) / 2


def test_files_that_threads_parse_at_once_are_read_as_by_one() -> None:
    source = "".join(f"def f{number}(a, b):\n    return [a, b, {number}]\n\n\n" for number in range(400)).encode()
    lines = source.split(b"\n")

    def names(_: int) -> list[str]:
        outline = outline_of("a.py", lines, ParsingEffort())
        assert isinstance(outline, Outline)
        return [item.form + item.parameters for item in outline.definitions]

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(names, range(12)))
    assert results == [[f"f{number}(a, b)" for number in range(400)]] * 12


def test_a_name_over_several_lines_is_the_text_of_its_node() -> None:
    outline = outline_of("a.rs", [b"impl Into<", b"    A,", b"> for B {", b"    fn f() {}", b"}"], ParsingEffort())
    assert isinstance(outline, Outline)
    assert [item.path for item in outline.definitions] == ["impl Into< A, > for B", "impl Into< A, > for B.f"]
