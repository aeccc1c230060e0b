"""A block that should be Python → Python that parses, where what models add around code is taken off.

Line numbers, the interpreter's prompts, typographic quotes, one indentation for all lines: each is tried only if the
text does not parse as it is, and counts only if the text parses without it.
"""

from __future__ import annotations

import ast
import html
import io
import re
import textwrap
import tokenize
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERED = re.compile(r"^ *(?P<number>\d{1,6})(?: ?[|:│] ?|\t|[.)] )(?P<line>.*)$|^ *(?P<bare>\d{1,6})(?: ?[|:│])?$")
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)")
_QUOTES = str.maketrans("\u201c\u201d\u201e\u2033\u2018\u2019\u201a\u2032", "\"\"\"\"''''")
_INVISIBLE = str.maketrans({"\u00a0": " ", "\u200b": None, "\u200c": None, "\u2060": None, "\ufeff": None})
_END = re.compile(r"^(?:</\w+>|\[/\w+\]|[`'\"]{3}|\})$")
_LEADING = re.compile(r"^[ \t]+")
_START = re.compile(r"^(?:@\w|async def |def |class |import |from \w+(?:\.\w+)* import )", re.MULTILINE)


def python_in(text: str) -> str | None:
    """Return the Python that a block holds; None if it does not parse in any reading."""
    if parses(text):
        return text
    for reading in _readings(text):
        if parses(reading):
            return reading
    return None


def with_indentation_of(original: str, text: str) -> str:
    """Return the text with tabs or spaces at the beginnings of its lines as the original has them, if it has one kind.

    What begins inside of a text stays as it is, except in docstrings.
    """
    indents, answer_indents = _indents(original), _indents(text)
    has_tabs, has_spaces = (any(sign in indent for indent in indents) for sign in "\t ")
    old, new = ("    ", "\t") if has_tabs else ("\t", "    ")
    if has_tabs and has_spaces:
        return text
    unit = next((indent for indent in (answer_indents if has_tabs else indents) if not indent.strip(" ")), "")
    if unit:
        old, new = (unit, new) if has_tabs else (old, unit)
    if not re.search(rf"^[ \t]*{old}", text, re.MULTILINE):
        return text
    kept = lines_in_texts(text)
    lines = [
        line if number in kept else _LEADING.sub(lambda match: match[0].replace(old, new), line)
        for number, line in enumerate(text.split("\n"), 1)
    ]
    indented = "\n".join(lines)
    return indented if parses(indented) else text


def _indents(text: str) -> list[str]:
    """Return what begins each block of a text: not what lines inside of brackets and of texts begin with."""
    return [token.string for token in _tokens(text) if token.type == tokenize.INDENT]


def with_texts_of(original: str, block: str, text: str) -> str:
    """Return the text of a block with the lines inside of its texts as the block has them, if the original has those.

    A method that is given at the indentation of its class has texts that are not indented with it.
    """
    raw, lines, present = block.split("\n"), text.split("\n"), set(original.split("\n"))
    if block == text or len(raw) != len(lines):
        return text
    inside = [number - 1 for number in lines_in_texts(text) if raw[number - 1].strip() == lines[number - 1].strip()]
    filled = [number for number in inside if raw[number].strip()]
    if sum(raw[number] in present for number in filled) > sum(lines[number] in present for number in filled):
        for number in inside:
            lines[number] = raw[number]
    return "\n".join(lines)


def code_in_words(text: str) -> str | None:
    """Return the Python that a reply without any block ends with; None if there is none."""
    start = _START.search(text)
    lines = text[start.start() :].rstrip().split("\n") if start else []
    while lines and _END.match(lines[-1].strip()):
        lines.pop()
    code = "\n".join([*lines, ""])
    return code if lines and parses(code) else None


def parses(text: str) -> bool:
    """Return whether Python's own parser takes the text."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def lines_in_texts(text: str) -> set[int]:
    """Return the lines, from 1, that begin inside of a text other than a docstring."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in _tokens(text):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):  # of f-strings, since Python 3.12
            opened.append(token.start[0])
        elif kind.endswith("STRING_END") or kind == "STRING":
            start = opened.pop() if opened and kind != "STRING" else token.start[0]
            inside |= set(range(start + 1, token.end[0] + 1))
    texts = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
    docstrings = (node for node in texts if isinstance(node.value, ast.Constant))
    return inside - {line for node in docstrings for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a text that parses, up to one that `tokenize` refuses though the parser takes it: CR."""
    with suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO(text).readline)


def syntax_error(text: str) -> str:
    """Return where a text stops being Python, in words."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno or 1} of it: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return ""


def _readings(text: str) -> Iterator[str]:
    text = text.translate(_INVISIBLE)
    yield text
    yield textwrap.dedent(text)
    bare = _without_numbers(text)
    if bare is not None:
        yield bare
        yield textwrap.dedent(bare)
    yield _without_prompts(text)
    yield text.translate(_QUOTES)
    yield textwrap.dedent(text).translate(_QUOTES)
    yield html.unescape(text)


def _without_numbers(text: str) -> str | None:
    """Return the text without the numbers before its lines; None unless they count up by one on every line."""
    lines = text.rstrip("\n").split("\n")
    matches = [_NUMBERED.match(line) for line in lines]
    numbers = [int(match["number"] or match["bare"]) for match in matches if match]
    if len(numbers) < len(lines) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    return "\n".join(match["line"] or "" for match in matches if match) + "\n"


def _without_prompts(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    if not all(_PROMPT.match(line) for line in lines if line.strip()):
        return text
    return "\n".join(line[4:] for line in lines) + "\n"
