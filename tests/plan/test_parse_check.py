"""A file that parsed before a spec must parse after it; what is created is judged by Python's own parser alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mtor_action.diagnostics import render
from mtor_action.symbols.lookup import shown_hash
from mtor_action.symbols.python_syntax import python_error
from planning import after, edit, files, plan, rules, settings, whole

TREE = files(
    a_py="def f():\n    return 1\n", bad_py="def (:\n", a_js="function f() {}\n", a_go="package a\n\nfunc f() {}\n"
)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (edit("a.py", ("    return 1\n", "    return (1\n")), ["syntax"]),
        (whole("create", "b.py", "x = 1\n\ndef f(:\n"), ["syntax"]),
        (whole("write", "a.py", "class A\n"), ["syntax"]),
        (edit("bad.py", ("def (:\n", "def ((:\n")), []),
        (settings("move: {bad.py: good.py}"), []),
        (settings("move: {a.py: b.py}") + edit("b.py", ("    return 1\n", "    return (1\n")), ["syntax"]),
        (whole("create", "b.txt", "def f(:\n"), []),
        # Without a symbol no grammar is loaded, so that every place decides alike.
        (whole("write", "a.js", "function ( {\n"), []),
        (edit("a.js", ("function f() {}\n", "function f( {\n"), attributes="in=f"), ["syntax"]),
    ],
)
def test_what_parsed_must_parse(spec: str, expected: list[str]) -> None:
    assert rules(spec, TREE) == expected


def test_it_is_reported_at_the_line_of_the_body_with_the_line_of_the_file() -> None:
    fault = render(plan(whole("create", "b.py", "x = 1\n\ndef f(:\n"), TREE).faults[0])
    assert fault.startswith('spec.md:4:1: "b.py" does not parse, see its line 3: ')
    assert "    4 | def f(:" in fault


def test_a_created_file_that_a_grammar_cannot_parse_is_a_remark_only() -> None:
    spec = edit("a.go", ("func f() {}\n", "func f() { return }\n"), attributes="in=f")
    spec += whole("create", "b.go", "package a\n\nfunc (\n")
    landings = plan(spec, TREE).landings
    assert [landing.note for landing in landings] == ["", "line 3 does not parse by the grammar"]
    assert after(spec, TREE)["b.go"].content.endswith(b"func (\n")


def test_the_only_statement_of_a_class_cannot_be_deleted() -> None:
    digest = shown_hash([b"    x = 1"])
    tree = files(a_py="class A:\n    x = 1\n\n\ny = 1\n")
    assert rules(settings(f'delete: ["a.py::A.x was={digest}"]'), tree) == ["syntax"]


@pytest.mark.parametrize(
    "source",
    [
        "type X = int\n",
        "def f[T](x: T) -> T: ...\n",
        "class A[T = int]: ...\n",
        'x = f"{a["b"]}"\n',
        'x = t"{a}"\n',
        "try:\n    pass\nexcept A, B:\n    pass\n",
        "lazy import json\n",
        "x = '\\d'\n",
        "(" * 150 + ")" * 150 + "\n",
        "-" * 100_000 + "1\n",
        "a" + ".a" * 100_000 + "\n",
        "\ufeffx = 1\n",
    ],
    ids=range(12),
)
def test_syntax_of_any_python_and_nesting_beyond_the_parser_is_not_an_error(source: str) -> None:
    assert python_error(source.encode()) is None


def test_a_spec_that_names_no_symbol_loads_no_grammar() -> None:
    program = """
import sys
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree
text = b"```create=b.py\\nx = 1\\n```\\n```edit=a.go\\n<<<<<<< SEARCH\\na\\n=======\\nb\\n>>>>>>> REPLACE\\n```\\n"
plan = make_plan(parse_spec([Part("spec.md", text)]), DictTree({"a.go": FileState(b"a\\n")}))
assert len(plan.changes) == 2, plan
assert not [name for name in sys.modules if name.startswith(("tree_sitter", "mtor_action.symbols.grammar"))]
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_file_in_another_encoding_is_judged_by_it() -> None:
    assert python_error(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n") is None
    assert python_error(b"# -*- coding: latin-1 -*-\nx = ('\xe9'\n") is not None
