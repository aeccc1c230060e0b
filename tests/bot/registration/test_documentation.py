"""docs/bot.md tells of `mtor-bot setup` as it is."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from mtor_bot.cli import setup
from mtor_bot.registration.credential_files import ENV_NAME, KEY_NAME

PAGE = (Path(__file__).parents[3] / "docs/bot.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_nine_steps_lead_from_nothing_to_a_pull_request() -> None:
    steps = re.findall(r"^(\d+)\. ", section("Nine steps"), re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]
    assert len(steps) <= 9


def test_every_option_is_described() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    setup.add_arguments(parser)
    rows = "".join(re.findall(r"^\| (`--.*?) \|", section("Set up the App with one button"), re.MULTILINE))
    assert set(re.findall(r"--[a-z-]+", rows)) == {each for action in parser._actions for each in action.option_strings}


def test_the_files_have_the_names_that_are_written() -> None:
    for name in (ENV_NAME, KEY_NAME):
        assert f"`{name}`" in section("Nine steps")
        assert f"`{name}`" in section("Set up the App with one button")
