"""A red run that names no model says what one would be asked, and for how much."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import command_line
from command_line import EDIT, spec
from mtor_action.implementer.estimate import EXAMPLE_MODEL, PRICE_LIST, Estimate, cost_usd


def test_a_red_run_names_the_command_the_file_and_the_cost(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["grep 'return 1' a.py"])
    report = json.loads(command_line.mtor(repo, "run", "--json", path).out)
    assert report["outcome"] == "failing"
    assert f"`mtor run {path} --model {EXAMPLE_MODEL}` would first ask about a.py (about " in report["next_step"]
    assert report["next_step"].endswith(" tokens, under $0.001).")
    assert report["usage"]["requests"] == 0


def test_the_price_is_that_of_litellms_list() -> None:
    package = find_spec("litellm")
    assert package is not None
    assert package.submodule_search_locations is not None
    prices = json.loads((Path(package.submodule_search_locations[0]) / PRICE_LIST).read_text())[EXAMPLE_MODEL]
    usd = cost_usd(EXAMPLE_MODEL, Estimate("a.py", 1_000, 500))
    assert usd == pytest.approx(1_000 * prices["input_cost_per_token"] + 500 * prices["output_cost_per_token"])
    assert cost_usd("nowhere/model", Estimate("a.py", 1, 1)) is None
