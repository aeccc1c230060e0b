"""The steps from nothing to the first pull request: few, each one act, and each command as the programs take it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.cli.main import command_line as mtor
from mtor_bot.cli.main import command_line as mtor_bot

if TYPE_CHECKING:
    from argparse import Namespace

DOCS = Path(__file__).resolve().parents[2] / "docs"

PROGRAMS = re.compile(r"`((?:\w+=\S+ )*(?:mtor|mtor-bot|gh|docker|sudo|git|pip|npm|curl) [^`]+)`")
WAYS = [
    ("github.md", "Without a server, in a clone of your repository:", 5),
    ("github.md", "With an App, which also", 9),
    ("bot.md", "## Nine steps", 9),
]


def steps(page: str, begins: str) -> list[str]:
    """The items of the first numbered list behind the words, each in one line."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(begins)[2]
    (listed,) = re.findall(r"\n\n(1\. .*?)\n\n", text, re.DOTALL)[:1]
    return [" ".join(item.split()) for item in re.split(r"^\d+\. ", listed, flags=re.MULTILINE) if item.strip()]


def parsed(program: str, words: list[str]) -> Namespace:
    return (mtor(words) if program == "mtor" else mtor_bot()).parse_args(words)


@pytest.mark.parametrize(("page", "begins", "most"), WAYS)
def test_the_steps_are_few_and_end_with_the_label(page: str, begins: str, most: int) -> None:
    listed = steps(page, begins)
    assert 3 < len(listed) <= most
    assert listed[0].startswith("Install")
    assert "`mtor`" in listed[-1]
    assert "abel" in listed[-1]
    assert any("erge" in step for step in listed)
    assert any("spec" in step for step in listed)


@pytest.mark.parametrize(("page", "begins", "most"), WAYS)
def test_each_step_is_one_act_and_no_form_is_filled_in(page: str, begins: str, most: int) -> None:
    assert most
    for step in steps(page, begins):
        commands = [each for each in PROGRAMS.findall(step) if not each.startswith("sudo chown")]
        assert len(commands) <= 1 or step.startswith("Install"), step
        assert not re.search(r"\b(form|field|Settings →|paste)\b", step), step


@pytest.mark.parametrize(("page", "begins", "most"), WAYS)
def test_each_command_of_ours_is_one_that_is_taken(page: str, begins: str, most: int) -> None:
    assert most
    lines = [shlex.split(each) for step in steps(page, begins) for each in PROGRAMS.findall(step)]
    ours = [words for words in lines if words[0].startswith("mtor")]
    assert ours
    for program, *words in ours:
        assert parsed(program, words).verb_run
