"""The definitions of a source file, one sample a language, and what belongs to each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from goldens import assert_golden
from mtor_action.symbols.grammar import ParsingEffort, grammar_of, grammars
from mtor_action.symbols.lookup import SymbolFault, outline_of
from mtor_action.tree.file_text import FileText

if TYPE_CHECKING:
    from mtor_action.symbols.outline import Outline, SymbolDefinition

SAMPLES = Path(__file__).parent / "outlines"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".txt")


def outline(name: str, content: bytes) -> Outline:
    result = outline_of(name, FileText.read(content).lines, ParsingEffort())
    assert not isinstance(result, SymbolFault), result
    return result


def _row(definition: SymbolDefinition) -> str:
    lines = f"{definition.extent.start + 1}-{definition.extent.stop}"
    interior = definition.interior
    into = f" into={interior.fault or interior.stop + 1}" if interior else ""
    also = f" also={', '.join(definition.also)}" if definition.also else ""
    fault = f" ({definition.fault})" if definition.fault else ""
    return f"{'  ' * definition.depth}{definition.form} {definition.kind} {lines}{into}{also}{fault}"


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_these_definitions(name: str) -> None:
    result = outline(name, (SAMPLES / name).read_bytes())
    assert result.error is None
    rows = "\n".join(_row(definition) for definition in result.definitions)
    assert_golden(SAMPLES / f"{name}.txt", rows + "\n")


def test_every_language_has_a_sample() -> None:
    sampled = [grammar_of(name) for name in NAMES]
    assert {grammar.language for grammar in sampled if grammar} == set(grammars())


@pytest.mark.parametrize("name", NAMES)
def test_crlf_changes_nothing(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    assert outline(name, content.replace(b"\n", b"\r\n")).definitions == outline(name, content).definitions


def test_the_node_kinds_of_the_table_exist_in_their_grammars() -> None:
    from importlib import import_module

    from tree_sitter import Language

    for grammar in grammars().values():
        language = Language(getattr(import_module(grammar.module), grammar.entry)())
        kinds = {language.node_kind_for_id(number) for number in range(language.node_kind_count)}
        used = {*grammar.definitions, *grammar.names, *grammar.only, *grammar.bodied, *grammar.containers}
        used |= {*grammar.through, *grammar.wraps, *grammar.leading, *grammar.strings, *grammar.imports}
        assert used - kinds == set(), grammar.language


def test_the_packages_of_the_table_are_those_of_the_extra() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    extra = {line.partition(">")[0] for line in project["project"]["optional-dependencies"]["symbols"]}
    assert extra == {grammar.package for grammar in grammars().values()} | {"tree-sitter"}


def test_a_comment_after_an_empty_line_does_not_belong_to_a_definition() -> None:
    glued = outline("a.py", b"# one\n\n# two\ndef f():\n    pass\n").definitions[0]
    assert (glued.extent.start, glued.extent.stop) == (2, 5)


def test_a_comment_behind_other_code_or_indented_otherwise_does_not_belong_to_a_definition() -> None:
    first = outline("a.py", b"x = 1  # of x\ndef f():\n    pass\n    # of f\ndef g():\n    pass\n").definitions
    assert [(item.path, item.extent.start, item.extent.stop) for item in first] == [
        ("x", 0, 1),
        ("f", 1, 4),
        ("g", 4, 6),
    ]


def test_two_definitions_on_one_line_are_not_their_lines_alone() -> None:
    faults = [item.fault for item in outline("a.js", b"class A { x() {} y() {} }\n").definitions]
    assert faults == ["", "shares line 1 with other code", "shares line 1 with other code"]


def test_a_definition_with_a_syntax_error_says_where() -> None:
    good, bad = outline("a.go", b"package a\n\nfunc f() {}\n\nfunc g() {\n\tx := := 1\n}\n").definitions
    assert (good.fault, bad.fault) == ("", "has a syntax error on line 6")
