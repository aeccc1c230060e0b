"""Fences that are found without a Markdown parser are those that it finds; what takes the parser is left to it."""

from __future__ import annotations

import random

import pytest

from mtor_action.manifest.fences.margin_fences import FencedLines, margin_fences
from mtor_action.manifest.fences.parsed_fences import parsed_fences
from mtor_action.manifest.text import Lines, Part

_MARKERS = ["```", "```", "````", "~~~", "~~~~~", "```python create=a.py", "~~~ x `", "```x`", "``` ", "```\t"]
_ELSEWHERE = [
    " ```",
    "    ```",
    "\t```",
    "- ```",
    "> ```",
    "1. ~~~",
    "x ```",
    "<!--",
    "</b>",
    "<?x",
    '[a]: /u "x',
    "[a",
]
_BEGINNINGS = ["", "", "- ", "* ", "12. ", "> ", ">", "# ", "    ", "  ", "\t", "-\t", "- " * 9, "> " * 21, " " * 20]
_PROSE = ["x", "word text", "", "---", "===", "***", "-", "1.", "[a]", "a < b", "\\", "`x`", "``", "~~", "&lt;", "\x0c"]


def a_document(source: random.Random) -> str:
    """Lines with many fences, of them in one document of three some that only a parser can judge."""
    odd = source.random() < 1 / 3
    lines = []
    for _ in range(source.randint(1, 14)):
        choice = source.random()
        if choice < 0.35:
            lines.append(source.choice(_MARKERS))
        elif odd and choice < 0.6:
            lines.append(source.choice(_BEGINNINGS) + source.choice(_ELSEWHERE))
        else:
            lines.append(source.choice(_BEGINNINGS) + source.choice(_PROSE))
    return "\n".join(lines) + source.choice(["", "\n", "\n\n", " ", "\n  "])


def parsed(text: str) -> list[FencedLines]:
    return parsed_fences(Lines(Part("s", text.encode())), text)


def test_the_fences_of_random_documents_are_those_that_the_parser_finds() -> None:
    source = random.Random(20)
    decided = 0
    for _ in range(4_000):
        text = a_document(source)
        fences = margin_fences(text)
        if fences is not None:
            assert fences == parsed(text), text
            decided += bool(fences)
    assert decided > 100


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nText - with *marks*.\n- a list\n  of lines\n```python create=a.py\nx\n```\n",
        "1. one\n2. two\n\n> quoted\n~~~ a `b`\n```\n~~~ \n\n````\n```\n   `````\t\nend",
        "a < b, [link](url)\n```\n- <b>\n[a]: b\n```",
        "no fence at all\n",
        "",
    ],
)
def test_usual_texts_take_no_parser(text: str) -> None:
    assert margin_fences(text) == parsed(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- a\n  ```\n  x\n  ```\n", "in a list"),
        ("> ```\n> x\n> ```\n", "in a quote"),
        ("<!--\n```\nx\n```\n-->\n", "hidden by a comment"),
        ("Text <rp> and\n\n```\nx\n```\n", "hidden by an element"),
        ("```\nx\n", "never closed"),
        ("```\nx\n    ```\n", "closed by an indented line, which closes nothing"),
        ("``` a`b\nx\n```\n", "no fence but code between backticks"),
        ("[a]: b 'title\n```\nx\n```\n'\n", "after the beginning of a definition"),
        ("- " * 12 + "x\n```\nx\n```\n", "after so many lists that the parser gives up"),
        ("".join(f"{'  ' * level}- x\n" for level in range(12)) + "```\nx\n```\n", "the same on lines of their own"),
        ("\t\t\t\t\t- x\n```\nx\n```\n", "the same by tabs"),
    ],
)
def test_what_only_a_parser_can_judge_is_left_to_it(text: str, why: str) -> None:
    assert margin_fences(text) is None, why
