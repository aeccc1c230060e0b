"""A YAML error shows the quoted form that was meant, and that form is YAML which gives that text."""

from __future__ import annotations

import re

import pytest

from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.settings_block.settings import SETTINGS, read_settings
from mtor_action.manifest.text import Lines, Part, Problems

BLOCK = "```create=x\n```\n"


def parse(yaml: str) -> Spec:
    return parse_spec([Part("spec.md", f"```yaml mtor\n{yaml}\n```\n{BLOCK}".encode())])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("title: Fix: x", "Fix: x"),
        ("title: @x", "@x"),
        ("title: %x", "%x"),
        ("title: `x` is broken", "`x` is broken"),
        ("title: [WIP] it's broken", "[WIP] it's broken"),
        ("title: {x} y", "{x} y"),
        ('title: "x" y', '"x" y'),
        ("title: 'x' y", "'x' y"),
        ("title: - b", "- b"),
        ("title: > x", "> x"),
        ("title: **x**", "**x**"),
        ("title: a: b: c", "a: b: c"),
        ("title: x:", "x:"),
        (r'title: "C:\xyz"', r"C:\xyz"),
        ("title: 😀 x: y", "😀 x: y"),
    ],
)
def test_the_suggested_line_gives_the_meant_title(line: str, meant: str) -> None:
    spec = parse(line)

    (found,) = spec.diagnostics
    assert found.rule == "yaml"
    assert parse(found.help.removeprefix("quote the value: ")).settings.title == meant


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("@x", "yaml"),
        ("%x", "yaml"),
        ("*.py", "yaml"),
        ("`x`", "yaml"),
        ('echo "a": b', "setting"),
        ("echo 'a': b", "setting"),
        ("a:  b", "setting"),
        ('"a" && b', "yaml"),
        ("'a' && b", "yaml"),
        ("[ -f x ] && y", "yaml"),
        ("[ -f x ]", "setting"),
        ("{a", "yaml"),
        ("{ a; }", "setting"),
        ("!x", "yaml"),
        ("!x y 'z'", "yaml"),
        ("echo #1", "yaml"),
    ],
)
def test_the_suggested_item_gives_the_meant_command(command: str, rule: str) -> None:
    spec = parse(f"test:\n  - true\n  - {command}")

    suggestion = next(found.help for found in spec.diagnostics if found.rule == rule and found.help)
    quoted = re.search(r"'.*'$", suggestion)
    assert quoted
    again = parse(f"test:\n  - true\n  - {quoted[0]}")
    assert again.diagnostics == ()
    assert again.settings.test == ("true", command)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ('test: - echo "a": b', ('echo "a": b',)),
        ("allow: [src/**, *.py]", ("src/**", "*.py")),
        ('test: ["a" b, c]', ('"a" b', "c")),
    ],
)
def test_a_suggested_list_is_a_list(line: str, meant: tuple[str, ...]) -> None:
    (found,) = parse(line).diagnostics

    settings = parse(found.help.removeprefix("quote the value: ")).settings
    assert (settings.allow or settings.test) == meant


def test_strings_stay_strings() -> None:
    settings = parse("title: no\nbase: 1.10\nsetup: [~, null, 0x1F, 1_000, yes, 2026-01-01]").settings

    assert (settings.title, settings.base) == ("no", "1.10")
    assert settings.setup == ("~", "null", "0x1F", "1_000", "yes", "2026-01-01")


def test_places_inside_lists_are_those_of_the_text() -> None:
    text = f"1. a\n\n   ```yaml mtor\n   title: [x]\n   delete: [/a]\n   ```\n\n{BLOCK}"
    tabbed = f"-\t```yaml mtor\n\ttitle: [x]\n\tdelete: [/a]\n\t```\n\n{BLOCK}"

    places = [(found.line, found.column) for found in parse_spec([Part("s", text.encode())]).diagnostics]
    assert places == [(4, 11), (5, 13)]
    places = [(found.line, found.column) for found in parse_spec([Part("s", tabbed.encode())]).diagnostics]
    assert places == [(2, 9), (3, 11)]


@pytest.mark.parametrize("value", ["3", "[a]", "x", ""])
@pytest.mark.parametrize("key", [name for name, row in SETTINGS.items() if row.schema.get("type") == "object"])
def test_what_is_not_a_mapping_is_refused_with_one_that_can_be_written(key: str, value: str) -> None:
    text = f"{key}: {value}\n"
    problems = Problems(Lines(Part("settings.yml", text.encode())))
    read_settings(problems, text, first_line=0, in_file=SETTINGS[key].in_file)
    (diagnostic,) = problems.found
    assert (diagnostic.rule, diagnostic.line) == ("setting", 1)
    assert diagnostic.message.startswith(f"{key} is ")
    assert diagnostic.message.endswith("expected a mapping")
    again = Problems(Lines(Part("settings.yml", b"")))
    read_settings(
        again, diagnostic.help.removeprefix("write ").partition(", see")[0], first_line=0, in_file=SETTINGS[key].in_file
    )
    assert not again.found
