"""The wording of what users read: idioms that read as translated come back one string at a time."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTION = Path(__file__).resolve().parents[2] / "action"

# "There is no …" is English; "x is no file" is not.
STRANGE = re.compile(
    r"(?<![Tt]here )\b(?:is|are|was) no\b(?! (?:longer|more)\b)|\bstands (?:twice|for|there)\b|\bmay stand\b|\bshall\b"
    r"|\bcome again\b|\bgoes first\b|\bMtor (?!-)"
)
# The text of a prompt, which was measured as it is.
PROMPTS = {"coaching/ranking.py"}


def _strings(tree: ast.Module) -> Iterator[ast.Constant]:
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node


@pytest.mark.parametrize(
    "text", ["{name} is no file", "the key stands twice", "Mtor could not do it", "a name shall be one word"]
)
def test_the_pattern_finds_what_it_is_for(text: str) -> None:
    assert STRANGE.search(text)


@pytest.mark.parametrize("text", ["there is no file", "it is no longer there", "mtor could not", "\n\nMtor-Write: 1"])
def test_the_pattern_leaves_english_alone(text: str) -> None:
    assert not STRANGE.search(text)


def test_no_message_of_the_action_reads_as_translated() -> None:
    strange = [
        f"{path.relative_to(ACTION)}:{string.lineno}: {string.value!r}"
        for path in sorted(ACTION.rglob("*.py"))
        if not any(str(path).endswith(name) for name in PROMPTS)
        for string in _strings(ast.parse(path.read_text(encoding="utf-8")))
        if STRANGE.search(str(string.value))
    ]
    assert strange == []
