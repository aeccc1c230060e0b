"""docs/implementer.md says what the implementer may do; its lists are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mtor_action.implementer.budget import DEFAULT_BUDGET
from mtor_action.implementer.fence import DEFAULT_PROTECT, NEVER
from mtor_action.spec.settings import read_settings
from mtor_action.spec.text import Lines, Part, Problems

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "implementer.md").read_text(encoding="utf-8")


def _fence(page: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert found, mark
    return found[1]


@pytest.mark.parametrize("name", ["implementer.md", "manifest.md"])
def test_the_files_protected_by_default_are_listed(name: str) -> None:
    said = yaml.safe_load(_fence((DOCS / name).read_text(encoding="utf-8"), "protect"))
    assert tuple(said["protect"]) == DEFAULT_PROTECT


def test_what_no_setting_opens_is_listed() -> None:
    assert tuple(_fence(PAGE, "never").split()) == NEVER


def test_the_example_of_defaults_is_read_without_a_complaint() -> None:
    text = _fence(PAGE, "defaults")
    problems = Problems(Lines(Part(".github/mtor.yml", text.encode())))
    settings = read_settings(problems, text, first_line=0, in_file=True)
    assert problems.found == []
    assert settings.budget == DEFAULT_BUDGET


def test_the_default_budget_is_in_the_table() -> None:
    said = dict(re.findall(r"\| `budget\.(\w+)` \| a run \| ([\d.]+) \|", PAGE))
    assert {name: float(value) for name, value in said.items()} == {
        "turns": DEFAULT_BUDGET.turns,
        "tokens": DEFAULT_BUDGET.tokens,
        "usd": DEFAULT_BUDGET.usd,
        "minutes": DEFAULT_BUDGET.minutes,
    }


def test_every_page_that_it_links_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE):
        assert (DOCS / target).exists(), target
