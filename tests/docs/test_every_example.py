"""Every fence and every command line on every page is one that mtor accepts.

What a fence is follows from its info string, and for YAML from its keys; a mark before it (an HTML comment, see
test_manifest_page.py) says what cannot be derived: `settings` may be set only in a spec, `defaults` only in
.github/mtor.yml. A fence of a form that is not listed here fails its test.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from markdown_it import MarkdownIt

import mtor_action.cli.main
import mtor_bot.cli.main
from mtor_action.access.command import read_command
from mtor_action.coaching import notes_file as coaching_file
from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.settings_block.settings import read_settings
from mtor_action.manifest.text import Lines, Part, Problems
from mtor_action.plan.plan import make_plan
from mtor_action.tree.tree import DictTree
from mtor_bot.server_settings import PREFIX, ServerSettings

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md"), ROOT / "demo/README.md"],
)
# The spec pages' own examples have files beside them: test_manifest_page.py plans each with its files.
WITH_FILES = ("docs/manifest.md", "docs/rules.md")
MARK = re.compile(r"<!-- (?P<kind>[a-z]+)(?:: [^;]+?)?(?:; [a-z]+)* -->")
# A placeholder in a command line that the program would refuse to parse as it is.
ELLIPSIS = "…"


@dataclass(frozen=True)
class Fence:
    """A fence of a page; `mark` is the word of the HTML comment before it, or empty."""

    page: str
    line: int
    language: str
    mark: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def fences(page: Path) -> Iterator[Fence]:
    """Every fenced block of a page, those in lists too."""
    start = MarkdownIt("commonmark").parse("x")[0]
    for before, token in pairwise([start, *tokens(page)]):
        if token.type == "fence" and token.map is not None:
            mark = MARK.fullmatch(before.content.strip()) if before.type == "html_block" else None
            language = token.info.partition(" ")[0]
            yield Fence(name_of(page), token.map[0] + 1, language, mark["kind"] if mark else "", token.content)


ALL_FENCES = [fence for page in PAGES for fence in fences(page)]


def check_spec(fence: Fence) -> None:
    """A spec on a page without files of its own parses and fits an empty repository."""
    if fence.page not in WITH_FILES:
        spec = parse_spec([Part("spec.md", fence.text.encode())])
        assert [render(fault) for fault in spec.diagnostics] == []
        assert make_plan(spec, DictTree({})).faults == []
    else:
        assert fence.mark or "\\" in fence.text, "an example of a spec needs a mark"


def check_yaml(fence: Fence) -> None:
    """By its keys: coaching notes, or settings. Settings without a mark must be allowed in both places."""
    if fence.mark in ("file", "after"):
        return
    keys = yaml.safe_load(fence.text)
    if list(keys) == ["notes"]:
        assert coaching_file.read(fence.text.encode()).diagnostics == ()
        return
    places = {"settings": [False], "protect": [False], "defaults": [True]}.get(fence.mark, [False, True])
    for in_file in places:
        problems = Problems(Lines(Part("settings", fence.text.encode())))
        read_settings(problems, fence.text, first_line=0, in_file=in_file)
        assert [render(fault) for fault in problems.found] == []


def check_console(fence: Fence) -> None:
    commands = [line for line in joined(fence.text) if line.startswith("$ ")]
    assert commands, "a console shows a command after `$ `"
    for line in commands:
        check_command(line.removeprefix("$ "))


def check_text(fence: Fence) -> None:
    """Free text; but a line that sets a variable of the bot names one that exists."""
    for name in re.findall(rf"(?m)^{PREFIX}(\w+)=", fence.text):
        assert name.lower().removesuffix("_file") in ServerSettings.model_fields


def check_python(fence: Fence) -> None:
    ast.parse(fence.text)


def check_nothing(_fence: Fence) -> None:
    """A file of an example, which its spec is planned against."""


READERS: dict[str, Callable[[Fence], object]] = {
    "markdown": check_spec,
    "yaml": check_yaml,
    "console": check_console,
    "text": check_text,
    "json": lambda fence: json.loads(fence.text),
    "toml": lambda fence: tomllib.loads(fence.text),
    "python": check_python,
}


def joined(text: str) -> list[str]:
    """The lines of a console, those that a backslash continues as one."""
    return re.sub(r"\\\n\s*", "", text).splitlines()


def check_command(line: str) -> None:
    """Have the program's own parser read a line of a shell, if the program is one of ours."""
    words = shlex.split(re.sub(r"\$\(.*?\)", "x", line), comments=True)
    while words and (re.match(r"\w+=", words[0]) or words[0] == "sudo"):
        del words[0]
    words = [word for word in words[: words.index(">") if ">" in words else None] if word != ELLIPSIS]
    program = Path(words[0]).name if words else ""
    if program == "mtor":
        parse(mtor_action.cli.main.command_line(words[1:]), words[1:])
    elif program == "mtor-bot":
        parse(mtor_bot.cli.main.command_line(), words[1:])
    elif program == "make":
        targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
        assert [word for word in words[1:] if "=" not in word and word not in targets] == []


def parse(parser: ArgumentParser, words: list[str]) -> None:
    """Parse without running; `--help` and `--version` print and leave."""
    try:
        parser.parse_args(words)
    except SystemExit as left:
        assert left.code == 0  # noqa: PT017  leaving is what `--help` does


def spans(page: Path) -> Iterator[tuple[int, str]]:
    """Every `code span` of a page with the line of its paragraph."""
    for token in tokens(page):
        for child in token.children or ():
            if child.type == "code_inline" and token.map is not None:
                yield token.map[0] + 1, child.content


def our_spans(pattern: str) -> list[object]:
    found = [(name_of(page), line, span) for page in PAGES for line, span in spans(page) if re.match(pattern, span)]
    return [pytest.param(span, id=f"{page}:{line}:{span}") for page, line, span in found]


def alternatives(span: str) -> list[str]:
    """`coach add | list` names two commands."""
    first, *others = span.split(" | ")
    return [first, *(f"{first.rpartition(' ')[0]} {other}" for other in others)]


@pytest.mark.parametrize("fence", ALL_FENCES, ids=lambda fence: f"{fence.page}:{fence.line}")
def test_a_fence_is_what_its_reader_accepts(fence: Fence) -> None:
    reader = check_nothing if fence.mark in ("file", "after") else READERS.get(fence.language)
    assert reader is not None, f"say in READERS how a fence of {fence.language!r} is checked"
    reader(fence)


@pytest.mark.parametrize("span", our_spans(r"(?:\w+=\S+ |sudo )*(?:\.venv/bin/)?mtor(?:-bot)? (?!#)"))
def test_a_command_line_in_the_text_is_one_that_its_parser_takes(span: str) -> None:
    for line in alternatives(span):
        # The name of a command stands for all its forms: it must have a help page.
        is_name = re.fullmatch(r"[a-z./-]+(?: [a-z]+){1,2}", line)
        check_command(f"{line} --help" if is_name else line)


@pytest.mark.parametrize("span", our_spans("/mtor "))
def test_a_command_for_a_comment_is_one_that_the_bot_knows(span: str) -> None:
    command = read_command(span)
    assert command is not None
    assert command.verb is not None, command.word


def test_the_pages_are_all_that_people_read() -> None:
    assert {"README.md", "SECURITY.md", "docs/stalls.md", ".github/CONTRIBUTING.md"} <= {name_of(p) for p in PAGES}
    assert len(ALL_FENCES) > 150
    assert len(our_spans("mtor (?!#)")) > 30


TRANSLATED = re.compile(
    r"(?<![Tt]here )\bis no\b|\bstands?\b(?!(?:-| for| alone))|\bshall\b|\bnone of (?:its|mtor's)\b|\bcome again\b"
    r"|\bMtor\b(?!Error)",
)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_speaks_idiomatic_english(page: Path) -> None:
    """Phrases that read as translated, and a capital in the name of the program."""
    texts = [token.content for token in tokens(page) if token.type == "inline"]
    assert [match[0] for text in texts for match in TRANSLATED.finditer(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_installs_somebody_elses_program(page: Path) -> None:
    """The name `mtor` on the package index is another program's."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?:pip|pipx|uv|uvx|uv tool|uv pip) (?:install|run|add) ['\"]?mtor\b(?!-clone|/)", text) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_files_of_this_repository_that_a_page_names_exist(page: Path) -> None:
    named = {word for _, span in spans(page) for word in span.split()}
    ours = {word for word in named if re.match(r"(?:tests|demo|benchmarks|\.ci)/[\w./-]+$", word)}
    assert [word for word in ours if not (ROOT / word).exists() and name_of(page) not in WITH_FILES] == []
