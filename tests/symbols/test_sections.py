"""Headings and keys: each is at the lines that the file's own text says, and what has two readings has none."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault
from mtor_action.symbols.section_lookup import find_section
from mtor_action.symbols.section_paths import as_parts, path_of
from mtor_action.symbols.sections import SectionOutline, format_of, read_sections, sections_of

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = [
    *sorted(ROOT.glob("docs/*.md")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "pyproject.toml", "action.yml")),
    *(ROOT / name for name in ("compose.yaml", "docs/settings.schema.json")),
    *sorted(ROOT.glob(".github/**/*.yml")),
    *sorted(ROOT.glob("action/mtor_action/**/*.toml")),
]
READERS: dict[str, Callable[[str], Any]] = {"YAML": yaml.safe_load, "TOML": tomllib.loads, "JSON": json.loads}
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" .\"'#:-"), max_size=6)
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def outline(path: str, text: str | bytes) -> SectionOutline | SymbolFault:
    content = text.encode() if isinstance(text, str) else text
    lines = content.split(b"\n")
    kind = format_of(path)
    assert kind is not None
    return sections_of(path, kind, lines[:-1] if lines[-1] == b"" else lines, ParsingEffort())


def known(path: str, text: str) -> SectionOutline:
    result = outline(path, text)
    assert isinstance(result, SectionOutline), result
    return result


def found(path: str, text: str, typed: str) -> str | SymbolFault:
    """The lines that the path names."""
    match = find_section(known(path, text), SymbolReference(typed))
    if isinstance(match, SymbolFault):
        return match
    return "".join(f"{line}\n" for line in text.split("\n")[match.extent.start : match.extent.stop])


def fault(path: str, text: str, typed: str = "x") -> str:
    result = outline(path, text)
    match = find_section(result, SymbolReference(typed)) if isinstance(result, SectionOutline) else result
    assert isinstance(match, SymbolFault)
    return f"{match.message}\n{match.help} [{match.rule}]"


def value_at(data: Any, names: list[str]) -> Any:
    for name in names:
        data = {str(key) if key is not True else "on": value for key, value in data.items()}[name]
    return data


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_section_of_a_file_is_at_the_lines_that_its_text_says(sample: Path) -> None:
    text = sample.read_text()
    outlined = known(sample.name, text)
    assert outlined.definitions
    if outlined.format == "Markdown":
        check_headings(text, outlined)
    else:
        check_keys(text, outlined)


def check_headings(text: str, outlined: SectionOutline) -> None:
    """The heading's mark says its level; a section ends above the next such line that is in no fence."""
    rows = text.split("\n")
    marks, fence = {}, ""
    for at, row in enumerate(rows):
        marker = re.match(r" {0,3}(`{3,}|~{3,})", row)
        if marker and not fence:
            fence = marker[1]
        elif fence and re.fullmatch(rf" {{0,3}}{re.escape(fence)}{fence[0]}*\s*", row):
            fence = ""
        elif not fence and (heading := re.match(r"(#{1,6}) +\S", row)):
            marks[at] = len(heading[1])
    assert {item.line for item in outlined.definitions} == set(marks)
    for item in outlined.definitions:
        level = marks[item.line]
        end = next((at for at, other in marks.items() if at > item.line and other <= level), len(rows) - 1)
        assert (item.extent.start, item.extent.stop) == (item.line, end)
        form = rows[item.line].strip()
        match = find_section(outlined, SymbolReference(form))
        twins = [at for at in marks if rows[at].strip() == form]
        assert isinstance(match, SymbolFault) if len(twins) > 1 else match == item


def check_keys(text: str, outlined: SectionOutline) -> None:
    """The lines of a key, read alone, are the key with its value in the whole file."""
    read, rows = READERS[outlined.format], text.split("\n")
    whole = read(text)
    for item in outlined.definitions:
        names = as_parts(item.path)
        assert names
        if item.fault or item.path in outlined.doubled or any(item.path.startswith(f"{p}.") for p in outlined.doubled):
            continue
        alone = "".join(f"{row}\n" for row in rows[item.extent.start : item.extent.stop])
        if outlined.format == "JSON":
            alone = "{" + alone.rstrip().removesuffix(",") + "}"
        value = value_at(whole, names)
        depth = names if item.kind == "table" else names[-1:]
        inside = value_at(read(textwrap.dedent(alone)), depth if outlined.format != "TOML" else own_names(alone, names))
        if item.kind == "table":  # its own keys, not those of tables below
            assert {key: value[key] for key in inside} == inside
        else:
            assert inside == value
        assert find_section(outlined, SymbolReference(item.path)) == item


def own_names(alone: str, names: list[str]) -> list[str]:
    """The names that a statement itself repeats: all of a header, the last ones of a dotted key."""
    data = tomllib.loads(textwrap.dedent(alone))
    return next(names[at:] for at in range(len(names)) if _has(data, names[at:]))


def _has(data: Any, names: list[str]) -> bool:
    try:
        value_at(data, names)
    except (KeyError, AttributeError):
        return False
    return True


@given(st.dictionaries(WORDS, VALUES, max_size=5), st.sampled_from([None, 1, 2]))
def test_every_key_of_a_written_json_is_found_with_its_value(data: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=False) + "\n"
    outlined = known("a.json", text)
    expected = {path: value for path, value in paths(data, "") if path}
    assert {item.path for item in outlined.definitions} == set(expected)
    for item in outlined.definitions:
        assert find_section(outlined, SymbolReference(item.path)) == item
        if not item.fault:
            rows = text.split("\n")[item.extent.start : item.extent.stop]
            alone = json.loads("{" + "\n".join(rows).rstrip().removesuffix(",") + "}")
            assert list(alone.values()) == [expected[item.path]]


@given(st.dictionaries(WORDS, VALUES, max_size=5), st.sampled_from([None, True]))
@example({"0" * 74: 1, "1": [None] * 13, "2": 0}, True)
def test_every_key_of_a_written_yaml_is_found_with_its_value(data: dict[str, Any], flow: bool | None) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, sort_keys=False, allow_unicode=True)
    outlined = known("a.yml", text)
    expected = {path: value for path, value in paths(data, "") if path}
    assert {item.path for item in outlined.definitions} == set(expected)
    for item in outlined.definitions:
        assert find_section(outlined, SymbolReference(item.path)) == item
        if not item.fault:
            rows = text.split("\n")[item.extent.start : item.extent.stop]
            alone = "".join(f"{row[len(item.extent.indent) :]}\n" for row in rows)
            read = yaml.safe_load(f"{{{alone}}}" if is_between_braces(text, item.extent.start) else alone)
            assert list(read.values()) == [expected[item.path]]


def is_between_braces(text: str, row: int) -> bool:
    """Whether a row, from 0, begins inside of a mapping in braces: its keys have a comma after them."""
    before = [token for token in yaml.scan(text) if token.start_mark.line < row]
    opened = sum(isinstance(token, yaml.FlowMappingStartToken) for token in before)
    return opened > sum(isinstance(token, yaml.FlowMappingEndToken) for token in before)


def paths(data: dict[str, Any], parent: str) -> list[tuple[str | None, Any]]:
    """Every key that a path can name, with its value."""
    result: list[tuple[str | None, Any]] = []
    for name, value in data.items():
        names = [*(as_parts(parent) or []), name] if parent else [name]
        path = path_of(names)
        result.append((path, value))
        if isinstance(value, dict) and path:
            result += paths(value, path)
    return result


MARKDOWN = """---
name: front matter
---
# Guide

Set
heading
---
```md
## Install
```
<!--
## Install
-->
- ## Install
> ## Install

## Install ##
One.

### On Linux
Two.

## Version 1.2
\u00a0Three à
## On Linux
"""


def test_headings_are_named_by_level_and_text_or_by_a_path() -> None:
    install = "## Install ##\nOne.\n\n### On Linux\nTwo.\n\n"
    assert found("a.md", MARKDOWN, "## Install") == install
    assert found("a.md", MARKDOWN, "Guide.Install") == install
    assert found("a.md", MARKDOWN, "### On Linux") == found("a.md", MARKDOWN, "Guide.Install.On Linux")
    assert found("a.md", MARKDOWN, "## Version 1.2") == found("a.md", MARKDOWN, 'Guide."Version 1.2"')
    assert str(found("a.md", MARKDOWN, "## Set heading")).startswith("Set\nheading\n---\n```md\n")
    assert found("a.md", MARKDOWN, "# Guide") == MARKDOWN.partition("---\n# ")[1][4:] + MARKDOWN.partition("---\n# ")[2]
    for typed in ("Install", "# Install", "front matter", "## name: front matter"):
        assert "[symbol-missing]" in fault("a.md", MARKDOWN, typed)
    assert 'line 18: in="## Install"' in fault("a.md", MARKDOWN, "Install")


def test_a_heading_that_is_there_twice_is_refused_with_the_paths_that_tell_them_apart() -> None:
    text = "# One\n## Usage\n# Two\n## Usage\n"
    assert "line 2: in=One.Usage\nline 4: in=Two.Usage [symbol-ambiguous]" in fault("a.md", text, "## Usage")
    assert found("a.md", text, "Two.Usage") == "## Usage\n"
    assert "names 2 places" in fault("a.md", "# A\n# A\n", "A")


YAML = """\
# About the name.
name: ci

base: &base
  x: 1
jobs:
  # About the test.
  test:
    <<: *base
    steps:
      - run: |
          name: no

          # text

    # the last of steps is above
    "a.b": {c: 1}
      # of a.b
  other: *base

# of the next
text: |+
  kept

last: "two
  lines"
"""


def test_keys_have_their_comments_and_all_of_their_value() -> None:
    assert found("a.yml", YAML, "name") == "# About the name.\nname: ci\n"
    assert str(found("a.yml", YAML, "jobs.test")).startswith("  # About the test.\n  test:\n")
    assert str(found("a.yml", YAML, "jobs.test.steps")).endswith("          # text\n")
    assert str(found("a.yml", YAML, "jobs.test")).endswith("      # of a.b\n")
    assert found("a.yml", YAML, "text") == "# of the next\ntext: |+\n  kept\n\n"
    assert found("a.yml", YAML, "last") == 'last: "two\n  lines"\n'
    assert found("a.yml", YAML, 'jobs.test."a.b".c') == '    "a.b": {c: 1}\n'


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("jobs.test.x", '"jobs.test" has a merge key on line 9'),
        ("jobs.other.x", '"jobs.other" has an alias on line 19'),
        ("jobs.test.steps.run", "no key is called"),
        ("jobs.test.a.b", 'did you mean in=jobs.test."a.b"?'),
        ("job", "did you mean in=jobs?"),
        ("steps", "line 10: in=jobs.test.steps"),
        ("jobs..test", "no key is called"),
        ('jobs."test', "no key is called"),
        ("jobs.none", '"jobs" has in=jobs.test, in=jobs.other'),
        ("a.b", 'line 17: in=jobs.test."a.b"'),
    ],
)
def test_what_no_line_is_named_for_is_refused_with_what_there_is(typed: str, reason: str) -> None:
    assert reason in fault("a.yml", YAML, typed)


@pytest.mark.parametrize(
    ("path", "text", "typed"),
    [
        ("a.yml", "a: 1\na: 2\n", "a"),
        ("a.yml", "a:\n  x: 1\na: 2\n", "a.x"),
        ("a.yml", "a: 1\n---\na: 2\n", "a"),
        ("a.yml", "1: a\n'1': b\n", "1"),
        ("a.json", '{"a": {"x": 1}, "\\u0061": 2}\n', "a.x"),
        ("a.toml", "[[p]]\nx = 1\n[[p]]\n", "p.x"),
        ("a.toml", "[[p]]\nx = 1\n[[p]]\nx = 2\n", "p"),
    ],
)
def test_a_key_that_is_there_twice_is_refused(path: str, text: str, typed: str) -> None:
    assert "names 2 places, expected one" in fault(path, text, typed)
    assert "[symbol-ambiguous]" in fault(path, text, typed)


def test_a_key_of_one_of_several_documents_is_found() -> None:
    text = "kind: A\nspec:\n  x: 1\n---\nkind: B\nspec:\n  y: 2\n"
    assert found("a.yml", text, "spec.y") == "  y: 2\n"
    assert "[symbol-ambiguous]" in fault("a.yml", text, "spec")


TOML = '''# About the project.
[project]
name = "x"  # [no]
a."b.c" = """
[tool]
"""
list = [
  "]", # ]
]

# Far above.

# About the tool.
[tool."x.y"]
z = 1
'''


def test_a_table_goes_to_the_next_one() -> None:
    assert found("a.toml", TOML, "project") == TOML.partition("\n# About the tool")[0].rstrip("\n") + "\n"
    assert found("a.toml", TOML, 'tool."x.y"') == '# About the tool.\n[tool."x.y"]\nz = 1\n'
    assert found("a.toml", TOML, 'project.a."b.c"') == 'a."b.c" = """\n[tool]\n"""\n'
    assert found("a.toml", TOML, "project.list") == 'list = [\n  "]", # ]\n]\n'
    assert 'no key is called "tool"\nline 14: in=tool."x.y"\n' in fault("a.toml", TOML, "tool")


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.json", '{\n  "x": 1, // no\n}\n', "does not parse as JSON, see its line 2: found a comment"),
        ("a.json", '{\n  "x": 1,\n}\n', "see its line 3: found '}', expected a key in double quotes"),
        ("a.json", '{"x": 1} {}\n', "expected the end of the file"),
        ("a.json", '{"x": 01}\n', "expected a comma"),
        ("a.json", "{'x': 1}\n", "expected a key in double quotes or }"),
        ("a.json", '{"x": NaN}\n', "expected a value"),
        ("a.json", "", "found the end, expected a value"),
        ("a.yml", "x: {{ y }}: [\n", "does not parse as YAML, see its line 1"),
        ("a.yml", "y: 1\nx: a\u2028b\n", "see its line 2: U+2028 ends a line in YAML"),
        ("a.yml", "y: 1\rx: 2\n", "U+000D ends a line"),
        ("a.toml", "y = 1\nx = 1\nx = 2\n", "see its line 3: Cannot overwrite a value"),
        ("a.toml", "x = [\n", "does not parse as TOML"),
    ],
)
def test_a_file_that_does_not_parse_is_refused_at_its_line(path: str, text: str, reason: str) -> None:
    assert reason in fault(path, text)
    assert "[symbol-unparsed]" in fault(path, text)


def test_a_file_that_is_not_utf8_is_refused() -> None:
    assert isinstance(outline("a.md", b"# \xff\n"), SymbolFault)


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 40))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.json", '{"x":' * 100_000),
        ("a.json", '{"x":' * 190 + "1" + "}" * 190),
        ("a.json", '{"' + "k" * 1_000_000 + '": {"x": 1}}'),
        ("a.json", '{"x": "' + "\\u0041" * 150_000 + '"}'),
        ("a.json", " " * 2_000_001),
        ("a.yml", LAUGHS),
        ("a.yml", "[" * 20_000),
        ("a.yml", "- " * 20_000),
        ("a.yml", "&a " * 20_000),
        ("a.yml", "# " * 200_000),
        ("a.toml", "x=" + "[" * 100_000),
        ("a.toml", "a." * 100_000 + "x=1"),
        ("a.toml", "x={" + "a." * 100_000 + "a=1}"),
        ("a.toml", "x='''" + "'" * 100_000),
        ("a.md", "> " * 50_000 + "# x"),
        ("a.md", "- " * 50_000 + "# x"),
        ("a.md", "# " + "#" * 100_000),
        ("a.md", "# " + "x" * 100_000),
    ],
)
def test_hostile_text_costs_little_and_crashes_nothing(path: str, text: str) -> None:
    kind, effort = format_of(path), ParsingEffort()
    assert kind is not None
    result = sections_of(path, kind, [text.encode()] if "\n" not in text else text.encode().split(b"\n"), effort)
    if isinstance(result, SymbolFault):
        assert result.rule == "symbol-unparsed"
        return
    assert sum(len(item.path) for item in result.definitions) < 100_000
    assert sys.getsizeof(result.definitions) < 100_000
    match = find_section(result, SymbolReference("x.nope"))
    assert isinstance(match, SymbolFault)
    assert len(match.message + match.help) < 10_000


def test_a_long_page_may_be_read_for_each_of_fifty_blocks() -> None:
    kind, effort = format_of("rules.md"), ParsingEffort()
    assert kind is not None
    read_sections(kind, (ROOT / "docs/rules.md").read_bytes().split(b"\n"), effort)
    assert ParsingEffort().reports - effort.reports < ParsingEffort().reports / 50


def test_a_spec_cannot_ask_for_more_than_its_effort() -> None:
    kind, effort = format_of("a.yml"), ParsingEffort(reports=100)
    assert kind is not None
    results = [sections_of("a.yml", kind, [b"x: 1"] * 20, effort) for _ in range(8)]
    assert isinstance(results[0], SectionOutline)
    assert isinstance(results[-1], SymbolFault)
