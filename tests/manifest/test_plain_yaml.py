"""YAML that is read without its parser: the same nodes at the same places; what is not plain goes to the parser."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mtor_action.manifest.settings_block.parsed_yaml import parsed_yaml
from mtor_action.manifest.settings_block.yaml_reading import plain_root, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = ["title", "test", "allow", "after", "null", "yes", "x_y", "a1", "A", "? a"]
_CHARACTERS = "abX09 _./-:'\"#,[]{}&*!|>%@`?=\\$~+()^;<é"


def a_value(source: random.Random) -> str:
    inner = "".join(source.choice(_CHARACTERS) for _ in range(source.randint(0, 6)))
    form = source.random()
    if form < 0.3:
        return "'" + inner.replace("'", "") + "'"
    if form < 0.4:
        return f'"{inner}"'
    return source.choice("abX9./_-#") + inner


def a_document(source: random.Random) -> str:
    lines = []
    for key in source.sample(_KEYS, source.randint(1, 4)):
        if source.random() < 0.3:
            lines.append(f"{key}: {a_value(source)}")
            continue
        if source.random() < 0.4:
            between = source.choice([", ", ", ", ",", " ,"])
            items = between.join(a_value(source) for _ in range(source.randint(0, 3)))
            lines.append(f"{key}: [{items}]")
            if source.random() < 0.8:
                continue
            lines.append("  - x")
            continue
        lines.append(f"{key}:")
        indents = [source.choice(["", "  ", "    "])] * 8 + [" "]
        lines += [f"{source.choice(indents)}- {a_value(source)}" for _ in range(source.randint(0, 3))]
    return "\n".join(lines) + source.choice(["\n", "\n", "", "\n\n", " "])


def test_random_documents_are_read_as_by_the_parser() -> None:
    source = random.Random(7)
    decided = 0
    for _ in range(3_000):
        text = a_document(source)
        root = plain_root(text)
        if root is not None:
            document = parsed_yaml(text)
            assert (root, []) == (document.root, document.faults), text
            decided += 1
    assert decided > 100


@pytest.mark.parametrize(
    "text",
    [
        "title: Fix the parser\ntest:\n  - pytest -q tests/a.py::test_b\n  - 'true'\nallow:\n- src/**\n",
        "base: 1.10\nafter: \"#12\"\nisolation: ''",
        "test: []\nallow: [src/a.py,b]\nfill: ['a: b', \"src/x.py::y, z\"]\n",
    ],
)
def test_usual_settings_take_no_parser(text: str) -> None:
    assert plain_root(text) == parsed_yaml(text).root == read_yaml(text).root


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "title:\n",
        "test: [a b: c]\n",
        "test: [a, , b]\n",
        "test: [a, ]\n",
        "test: [ a]\n",
        "test: [[a]]\n",
        "test: [a\n",
        "test: [a] # b\n",
        "test: [a: b]\n  - c\n",
        "budget: {turns: 3}\n",
        "title: a: b\n",
        "title: a #1\n",
        "title: a\n  b\n",
        "title: 'it''s'\n",
        'title: "a\\n"\n',
        "title: &a b\n",
        "title: |\n  a\n",
        "title: a \n",
        "title:  a\n",
        "title: ü\n",
        "title: a\ntitle: b\n",
        "# a comment\ntitle: a\n",
        "test:\n  - a\n   - b\n",
        "test:\n  - - a\n",
        "title: a\r\n",
        "a: b\n---\nc: d\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert plain_root(text) is None


def test_yaml_is_imported_for_what_is_not_plain(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom mtor_action.manifest.settings_block.yaml_reading import read_yaml\n"
        "for text in ('a: b\\nc:\\n  - d\\n', 'a: {b: c}'):\n    read_yaml(text)\n    print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
