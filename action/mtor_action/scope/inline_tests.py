"""Tests inside of sources: doctests, Rust's test modules and examples, Vitest's blocks, tests of Zig, D and C++.

A region is its text, so that text around it may move it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.scope.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mtor_action.plan.placed_operations import Unplaced

_PROMPT = re.compile(r"^\s*(?:>>>|iex(?:\(\d+\))?>|julia>)(?:\s|$)")
_QUOTES = re.compile(r'"""|\'\'\'')
_PROSE = frozenset({"md", "rst", "txt", "markdown", "rest", "adoc"})
_DOC_COMMENT = re.compile(r"^\s*(?:///|//!|\*)\s?(.*)$")
# Any attribute that speaks of tests: `not(test)` takes code away from them.
_RUST_TEST = re.compile(
    r"#!?\[\s*(?:[\w:]*\btest\b|(?:cfg|cfg_attr)\s*\([^\]]*\btest\b|rstest\b|test_case\b|[\w:]*_test\b|test_\w+|quickcheck\b|should_panic\b|ignore\b|bench\b)"
)
_VITEST = re.compile(r"\bimport\.meta\.vitest\b")
_ZIG_TEST = re.compile(r"^\s*test\b[^\n;]*\{", re.MULTILINE)
_D_TEST = re.compile(r"^[^\n]*\bunittest\b\s*\{", re.MULTILINE)
_C_TEST = re.compile(
    r"^\s*(?:TEST(?:_CASE|_F|_P)?|DOCTEST_TEST_CASE|SCENARIO|BOOST_AUTO_TEST_CASE)\s*\([^\n]*\{", re.MULTILINE
)


class Region(NamedTuple):
    """Lines `first` to `last`, both 1-based and inclusive."""

    first: int
    last: int


def regions_in(path: str, text: str) -> list[Region]:
    """Return the regions of a source in which tests are, in order; they may overlap."""
    ending = path.rpartition(".")[2].lower()
    regions = [region for find in _FINDERS.get(ending, ()) for region in find(text)]
    if ending in ("py", "pyi", "ex", "exs", "jl", "pyx", "erl") or ending in _PROSE:
        regions += _prompts(text)
    return sorted(set(regions))


def region_fault(path: str, before: str | None, after: str | None, unplaced: Sequence[Unplaced] = ()) -> str:
    """Say how a change touches the tests inside a file; "" if it does not, or as `unplaced` hunks of the spec ask."""
    old, new = _lines_of_regions(path, before or ""), _lines_of_regions(path, after or "")
    if old == new or (before is None and not path.endswith(".rs")):
        return ""
    allowed = {line.decode("utf-8", "replace").strip() for hunk in unplaced for line in (*hunk.search, *hunk.replace)}
    touched = _difference(old, new)
    if all(line.strip() in allowed for line in touched):
        return ""
    excerpt = next((line.strip() for line in touched if line.strip()), "")[:80]
    return (
        f"{path} holds tests in itself (doctests, test modules and the like), and the change touches them "
        f"(`{excerpt}`): they are protected. If you believe one is wrong, finish and say so in disputed_tests"
    )


def _lines_of_regions(path: str, text: str) -> list[str]:
    lines = text.splitlines()
    numbers = sorted({number for region in regions_in(path, text) for number in range(region.first, region.last + 1)})
    return [lines[number - 1].rstrip() for number in numbers if number <= len(lines)]


def _difference(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the lines of either side that the other one lacks; all of them where only their order differs."""
    counted: dict[str, int] = {}
    for line, step in [*((line, 1) for line in old), *((line, -1) for line in new)]:
        counted[line] = counted.get(line, 0) + step
    return [line for line, count in counted.items() if count] or [*old, *new]


def _prompts(text: str) -> Iterator[Region]:
    """Yield an interactive session, from its prompt to an empty line or the end of its string."""
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if _PROMPT.match(line):
            first = first or number
        elif first and (not line.strip() or line.strip() in ('"""', "'''", "```", "--", "*/")):
            yield Region(first, number - 1)
            first = 0
        if first and _QUOTES.search(line) and not _PROMPT.match(line):
            yield Region(first, number)
            first = 0
    if first:
        yield Region(first, text.count("\n") + 1)


def _rust_tests(text: str) -> Iterator[Region]:
    code = _blanked("a.rs", text)
    if re.match(r"\s*#!\[\s*cfg\s*\([^\]]*\btest\b", code):
        yield Region(1, text.count("\n") + 1)
        return
    covered = 0  # what is inside of a region adds nothing to it
    for match in _RUST_TEST.finditer(code):
        if match.start() >= covered:
            covered = _end_of_item(code, match.start())
            yield Region(_line(code, _attributes_before(code, match.start())), _line(code, covered))


def _attributes_before(code: str, at: int) -> int:
    """Return where the run of attributes begins that ends with the one at `at`."""
    lines = code[:at].split("\n")
    number = len(lines) - 1
    while number and (not lines[number - 1].strip() or lines[number - 1].lstrip().startswith("#[")):
        number -= 1
        if not lines[number].strip() and not (number and lines[number - 1].lstrip().startswith("#[")):
            number += 1
            break
    return sum(len(line) + 1 for line in lines[:number])


def _end_of_item(code: str, at: int) -> int:
    """Return where the item after the attribute at `at` ends: at its brace, or at a semicolon before one."""
    depth, square = 0, 0
    for position in range(at, len(code)):
        sign = code[position]
        if sign in "[(":
            square += 1
        elif sign in "])":
            square -= 1
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth <= 0:
                return position
        elif sign in ";," and not depth and not square:
            return position
    return len(code)


def _rust_examples(text: str) -> Iterator[Region]:
    """Code blocks in doc comments, which `cargo test` runs; with their opening line, which may switch them off."""
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        match = _DOC_COMMENT.match(line)
        if first and match is None:
            yield Region(first, number - 1)
            first = 0
        elif match and match[1].lstrip().startswith(("```", "~~~")):
            if first:
                yield Region(first, number)
            first = 0 if first else number
    if first:
        yield Region(first, text.count("\n") + 1)


def _blocks(pattern: re.Pattern[str], path: str) -> Callable[[str], Iterator[Region]]:
    def find(text: str) -> Iterator[Region]:
        code = _blanked(path, text)
        covered = 0  # what is inside of a region adds nothing to it
        for match in pattern.finditer(code):
            if match.start() < covered:
                continue
            opening = code.find("{", match.start())
            line_end = code.find("\n", match.end())
            end = _end_of_item(code, opening) if opening >= 0 else line_end
            covered = end if end >= 0 else len(code)
            yield Region(_line(code, match.start()), _line(code, covered))

    return find


def _blanked(path: str, text: str) -> str:
    """Return the text with comments and strings blanked, line for line."""
    language = language_of(path)
    return language.code(text) if language else text


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


_JAVASCRIPT = (_blocks(_VITEST, "a.ts"),)
_FINDERS: dict[str, Sequence[Callable[[str], Iterator[Region]]]] = {
    "rs": (_rust_tests, _rust_examples),
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte"), _JAVASCRIPT),
    "zig": (_blocks(_ZIG_TEST, "a.go"),),
    "d": (_blocks(_D_TEST, "a.go"),),
    **dict.fromkeys(("c", "cc", "cpp", "cxx", "h", "hpp", "hh"), (_blocks(_C_TEST, "a.go"),)),
}
