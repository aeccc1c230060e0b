"""docs/implementer.md says what the implementer may do; its lists are those of the code."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from mtor_action.manifest.settings_block.limits import DEFAULT_BUDGET
from mtor_action.manifest.settings_block.settings import read_settings
from mtor_action.manifest.text import Lines, Part, Problems
from mtor_action.scope import name_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "implementer.md").read_text(encoding="utf-8")


def _fence(page: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert found, mark
    return found[1]


def test_the_files_protected_by_default_are_listed() -> None:
    said = yaml.safe_load(_fence(PAGE, "protect"))
    assert tuple(said["protect"]) == name_tables.default_protect()


@pytest.mark.parametrize(
    ("mark", "listed"),
    [
        ("cased", name_tables.cased_tests),
        ("never", name_tables.closed),
        ("root", name_tables.closed_at_the_root),
        ("modules", lambda: sorted(name_tables.runner_modules())),
    ],
)
def test_what_no_setting_opens_is_listed(mark: str, listed: Callable[[], Sequence[str]]) -> None:
    assert _fence(PAGE, mark).split() == list(listed())


def test_every_list_says_where_its_names_are_from() -> None:
    for file in ("protect", "closed", "look_first"):
        text = (files("mtor_action.scope") / f"{file}.toml").read_text(encoding="utf-8")
        for group in tomllib.loads(text)["group"]:
            assert group["source"], group


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
