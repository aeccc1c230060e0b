"""What of a formatted file is still the spec's own, and what may be kept of it at all."""

from __future__ import annotations

import sys

import pytest

from mtor_action.manifest.settings_block.settings import Settings
from mtor_action.scope.formatted import is_kept, is_only_layout
from mtor_action.scope.scope import scope_of
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.tree import DictTree
from planning import plan

LAYOUT = [
    ("x=1\n", "x = 1\n"),
    ("f(a,b)\n", "f(\n    a,\n    b\n)\n"),
    ("if x:\n  y\n  z\n", "if x:\n    y\n    z\n"),
    ("x = 1 + \\\n    2\n", "x = 1 + 2\n"),
    ("\n\n\nx = 1\n\n\ny = 2", "x = 1\n\ny = 2\n"),
    ("x = [1, # one\n2]\n", "x = [\n    1,  # one\n    2\n]\n"),
    ("def f():\n  # why\n  return 1\n", "def f():\n    # why\n    return 1\n"),
    ("#!/usr/bin/python\nx=1\n", "#!/usr/bin/python\n\nx = 1\n"),
    ("if True:\n\tx\n", "if True:\n    x\n"),
    ("x = f'{a}'+'b'\n", "x = f'{a}' + 'b'\n"),
    ("x=1\r\n", "x = 1\n"),
]
SAME_PROGRAM = [
    ("x = 'a'\n", 'x = "a"\n'),
    ("f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
    ("x = (1)\n", "x = 1\n"),
    ("x = 1; y = 2\n", "x = 1\ny = 2\n"),
]
OTHER = [
    ("x = 'a'\n", "x = 'b'\n"),
    ("x = 1\n", "x = 1\nimport os\n"),
    ("x = 1  # noqa\n", "x = 1\n"),
    ("x = 1\n", "x = 1  # noqa\n"),
    ("a  # one\nb  # two\n", "a  # two\nb  # one\n"),
    ("if x:\n    y\n    z\n", "if x:\n    y\nz\n"),
    ("x = f'{a=}'\n", "x = f'{a = }'\n"),
    ("x = '''a\n  b'''\n", "x = '''a\nb'''\n"),
    ("x = 'a' 'b'\n", "x = 'ab' 'c'\n"),
    ("x = '1'\n", "x = b'1'\n"),
    ("x = '\\\\n'\n", "x = r'\\\\n'\n"),
    ("\n\n# coding: latin-1\nx = 'é'\n", "# coding: latin-1\nx = 'é'\n"),
    ("# coding: latin-1\nx=1\n", "# coding: latin-1\nx = 1\n"),
    ("\n#!/bin/sh\nx=1\n", "#!/bin/sh\nx = 1\n"),
    ("x=1\n", "\ufeffx = 1\n"),
    ("x=1\n", "x = 1\r\n"),
    ("x=1  # a\n", "x = 1  # a\rimport os\n"),
    ("x=1\ny\n", "x = 1\n\fy\n"),
    ("x=1\n", "x = 1\n\0"),
    ("return\nx\n", "return x\n"),
    ("def f():\n    return\n    x\n", "def f():\n    return \\\n    x\n"),
    ("x = (1\n", "x  = (1\n"),
    ("x = 1\n", "x = 1.0\n"),
    ("x = 1\n", ""),
    ("", "import os\n"),
]


def _change(before: str, after: str, path: str = "new.py") -> Change:
    return Change(path, FileState(before.encode()), FileState(after.encode()))


@pytest.mark.parametrize(("before", "after"), LAYOUT)
def test_blanks_line_breaks_and_indentation_are_layout(before: str, after: str) -> None:
    assert is_only_layout(_change(before, after))


@pytest.mark.parametrize(("before", "after"), [*SAME_PROGRAM, *OTHER])
def test_all_else_is_not(before: str, after: str) -> None:
    assert not is_only_layout(_change(before, after))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="such strings are new in 3.12")
def test_blanks_inside_an_f_string_are_layout_unless_they_are_printed() -> None:
    assert is_only_layout(_change("x = f'{ a }'\n", "x = f'{a}'\n"))
    assert not is_only_layout(_change("x = f'{a:>2}'\n", "x = f'{a:> 2}'\n"))


def test_only_a_language_with_a_proof_and_a_file_in_its_own_mode_can_be_shown_to_be_layout() -> None:
    assert is_only_layout(_change("x=1\n", "x = 1\n", "new.js"))
    assert not is_only_layout(_change("x=1\n", "x = 1\n", "new.rb"))
    assert not is_only_layout(_change("x: 1\n", "x:  1\n", "new.yml"))
    change = _change("x=1\n", "x = 1\n")
    assert not is_only_layout(change._replace(after=FileState(b"x = 1\n", "100755")))
    assert not is_only_layout(change._replace(before=None))
    assert not is_only_layout(change._replace(after=None))


def test_bytes_nesting_and_size_beyond_the_parser_are_not_layout() -> None:
    for text in ("(" * 5_000 + ")" * 5_000, "+".join("a" * 60_000), "x = 1\n" * 200_000, "- " * 50_000 + "1"):
        assert not is_only_layout(_change(text, f"{text} \n")) or len(text) < 500_000
    assert not is_only_layout(Change("a.py", FileState(b"x='\xff'\n"), FileState(b"x = '\xff'\n")))


SPEC = "```python create=new.py\nx\n```\n```python create=tests/test_new.py\nx\n```\n```rust create=src/a.rs\nx\n```\n"


@pytest.mark.parametrize(("before", "after"), [*SAME_PROGRAM, *LAYOUT])
def test_a_test_keeps_what_leaves_its_program_as_it_is(before: str, after: str) -> None:
    scope = scope_of(plan(SPEC, {}), Settings(), DictTree({}))
    assert is_kept(_change(before, after, "tests/test_new.py"), scope)


@pytest.mark.parametrize(("before", "after"), OTHER)
def test_a_test_keeps_nothing_else_and_other_files_anything(before: str, after: str) -> None:
    scope = scope_of(plan(SPEC, {}), Settings(), DictTree({}))
    assert not is_kept(_change(before, after, "tests/test_new.py"), scope)
    assert is_kept(_change(before, after), scope)


def test_tests_inside_a_source_file_and_files_that_the_spec_does_not_write_are_not_kept() -> None:
    scope = scope_of(plan(SPEC, {}), Settings(), DictTree({}))
    tests = "fn a() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { assert!(false); }\n}\n"
    assert is_kept(_change(tests, tests.replace("fn a() {}", "fn a( ) {}"), "src/a.rs"), scope)
    assert not is_kept(_change(tests, tests.replace("false", "true"), "src/a.rs"), scope)
    assert not is_kept(_change("x=1\n", "x = 1\n", "other.py"), scope)
    assert not is_kept(_change("x=1\n", "x = 1\n")._replace(after=FileState(b"x = 1\n", "100755")), scope)
