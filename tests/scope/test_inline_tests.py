"""Tests inside of sources: found in every language that has them, and touched by no implementer."""

from __future__ import annotations

import pytest

from mtor_action.diagnostics import Diagnostic
from mtor_action.plan.placed_operations import Unplaced
from mtor_action.scope.inline_tests import region_fault, regions_in

RUST = (
    "/// Doubles.\n///\n/// ```\n/// assert_eq!(a::double(2), 4);\n/// ```\n"
    "pub fn double(n: i32) -> i32 {\n    n + n\n}\n\n"
    '#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn doubles() {\n        let text = "}";\n'
    "        assert_eq!(double(2), 4);\n    }\n}\n\npub fn last() {}\n"
)
DOCTEST = (
    'def double(n):\n    """Double.\n\n    >>> double(2)\n    4\n    >>> double(\n    ...     3)\n    6\n    """\n'
    "    return n\n"
)
VITEST = (
    "export const f = () => 1\n\nif (import.meta.vitest) {\n  const { it, expect } = import.meta.vitest\n"
    "  it('f', () => { expect(f()).toBe(1) })\n}\nexport const g = 2\n"
)
ZIG = 'fn f() u8 {\n    return 1;\n}\n\ntest "f" {\n    try expect(f() == 1);\n}\n'
D = "int f() { return 1; }\n\nunittest {\n    assert(f() == 1);\n}\n"
CPP = 'int f() { return 1; }\n\nTEST_CASE("f") {\n    CHECK(f() == 1);\n}\n'
ELIXIR = 'defmodule A do\n  @doc """\n      iex> A.f()\n      1\n  """\n  def f, do: 1\nend\n'

TOUCHED = [
    ("src/lib.rs", RUST, RUST.replace("double(2), 4);\n    }", "double(2), 2);\n    }")),
    ("src/lib.rs", RUST, RUST.replace("a::double(2), 4", "a::double(2), 2")),
    ("src/lib.rs", RUST, RUST.replace("/// ```\n/// assert", "/// ```ignore\n/// assert")),
    ("src/lib.rs", RUST, RUST.replace("    #[test]\n", "    #[test]\n    #[ignore]\n")),
    ("src/lib.rs", RUST, RUST.replace("#[cfg(test)]\n", "")),
    ("src/lib.rs", RUST, RUST.replace("#[cfg(test)]\n", "#[cfg(any())]\n#[cfg(test)]\n")),
    ("src/lib.rs", RUST, RUST + "#[cfg(test)]\npub fn add() -> i32 {\n    4\n}\n"),
    ("src/lib.rs", RUST, RUST.replace("pub fn double", "#[cfg(not(test))]\npub fn double")),
    ("src/lib.rs", RUST, RUST + '#[cfg_attr(test, path = "other.rs")]\nmod other;\n'),
    ("src/lib.rs", RUST, RUST + "#[cfg(all(unix, test))]\nuse fake::now;\n"),
    ("src/new.rs", None, "#[cfg(test)]\npub fn add() -> i32 {\n    4\n}\n"),
    ("src/lib.rs", "#![cfg(test)]\nfn a() {}\n", "#![cfg(test)]\nfn a() { }\n"),
    ("a.py", DOCTEST, DOCTEST.replace("    4\n", "    2\n")),
    ("a.py", DOCTEST, DOCTEST.replace(">>> double(2)", ">>> double(1)")),
    ("a.py", DOCTEST, DOCTEST.replace("...     3", "...     2")),
    ("a.py", DOCTEST, DOCTEST.replace(">>> double(2)", ">>> double(2)  # doctest: +SKIP")),
    ("a.py", DOCTEST, "def double(n):\n    return n\n"),
    ("a.py", DOCTEST, DOCTEST.replace(">>> double(2)\n    4\n", "")),
    ("docs/a.rst", "Use:\n\n>>> f(1)\n2\n", "Use:\n\n>>> f(1)\n1\n"),
    ("a.ts", VITEST, VITEST.replace("toBe(1)", "toBe(2)")),
    ("a.ts", VITEST, VITEST.replace("if (import.meta.vitest)", "if (false && import.meta.vitest)")),
    ("a.zig", ZIG, ZIG.replace("== 1", "== 2")),
    ("a.d", D, D.replace("== 1", "== 2")),
    ("a.cpp", CPP, CPP.replace("== 1", "== 2")),
    ("a.ex", ELIXIR, ELIXIR.replace("      1\n", "      2\n")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after"), TOUCHED)
def test_a_change_of_a_test_inside_a_source_is_refused(path: str, before: str | None, after: str) -> None:
    assert before != after
    assert "holds tests in itself" in region_fault(path, before, after)


UNTOUCHED = [
    ("src/lib.rs", RUST, RUST.replace("n + n", "2 * n")),
    ("src/lib.rs", RUST, "use std::fmt;\n\n" + RUST.replace("pub fn last() {}", "pub fn last() -> i32 { 1 }")),
    ("src/lib.rs", RUST, RUST + '#[cfg(feature = "test")]\nfn f() {}\n'),
    ("src/lib.rs", RUST, RUST + "/// Latest.\n#[derive(Debug)]\nstruct Attest;\n"),
    ("a.py", DOCTEST, DOCTEST.replace("return n\n", "return 2 * n\n")),
    ("a.py", DOCTEST, "import os\n\n\n" + DOCTEST),
    ("a.py", DOCTEST, DOCTEST.replace('"""Double.', '"""Double a number.')),
    ("a.py", None, DOCTEST),
    ("a.ts", VITEST, VITEST.replace("g = 2", "g = 3").replace("() => 1\n", "() => 2\n")),
    ("a.zig", ZIG, ZIG.replace("return 1", "return 2")),
    ("a.cpp", CPP, CPP.replace("return 1", "return 2")),
    ("a.py", "x = 1 >> 2\n", "x = 1 >> 3\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after"), UNTOUCHED)
def test_a_change_around_them_is_not(path: str, before: str | None, after: str) -> None:
    assert before != after
    assert region_fault(path, before, after) == ""


def test_what_the_spec_itself_asks_for_is_not() -> None:
    search, replace = (b"    >>> double(2)", b"    4"), (b"    >>> double(2)", b"    5")
    hunk = Unplaced("a.py", search, replace, Diagnostic("no-match", "a", 1, 1, "m", "", ""))
    assert region_fault("a.py", DOCTEST, DOCTEST.replace("    4\n", "    5\n"), [hunk]) == ""
    assert region_fault("a.py", DOCTEST, DOCTEST.replace("    4\n", "    6\n"), [hunk])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("path", ["a.rs", "a.py", "a.ts", "a.zig", "a.d", "a.cpp", "a.md"])
@pytest.mark.parametrize(
    "piece", ["#[cfg(test)]\n", ">>> x\n", "/// ```\n", "import.meta.vitest {", "test {\n", "{", "#[test", '"', "#[\n"]
)
def test_any_text_is_read_without_raising(path: str, piece: str) -> None:
    assert isinstance(regions_in(path, piece * 3_000), list)
