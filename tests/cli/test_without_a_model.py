"""A red run that names no model says what one would be asked, and for how much."""

from __future__ import annotations

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

import command_line
from command_line import EDIT, spec
from mtor_action.implementer.prompts.question_price import EXAMPLE_MODEL, PRICE_LIST, Estimate, cost_usd


def test_a_red_run_names_the_command_the_file_and_the_cost(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["grep 'return 1' a.py"])
    report = json.loads(command_line.mtor(repo, "run", "--json", path).out)
    assert report["outcome"] == "failing"
    assert f"`mtor run {path} --model {EXAMPLE_MODEL}` would first ask about a.py (about " in report["next_step"]
    assert report["next_step"].endswith(" tokens, under $0.001).")
    assert report["usage"]["requests"] == 0


def test_it_names_the_file_that_the_failure_is_about_and_not_one_whose_name_is_part_of_it(
    repo: Path, tmp_path: Path
) -> None:
    blocks = ["```python create=data.py\nROWS = [1]\n```", "```python create=ta.py\ndef rows():\n    return 1 / 0\n```"]
    command = "test ! -e ta.py || python3 -c 'import data, ta; ta.rows()'"
    path = spec(tmp_path / "s.md", *blocks, test=[command])
    said = command_line.mtor(repo, "run", path)
    assert "would first ask about ta.py (about " in said.out
    report = json.loads(command_line.mtor(repo, "run", "--json", path).out)
    assert report["next_step"].startswith("Correct the spec and run it again, or let a model repair it: ")
    assert report["commands"][0]["failures"] == []


def test_it_names_the_file_that_the_spec_changed_if_a_file_fails_that_it_left_alone(repo: Path, tmp_path: Path) -> None:
    (repo / "rates.py").write_text("def rate():\n    return 1\n")
    (repo / "prices.py").write_text("import rates\n\n\ndef price():\n    return 2 / rates.rate()\n")
    for words in (["add", "-A"], ["commit", "-qm", "prices"]):
        subprocess.run(["git", *words], cwd=repo, check=True)
    edit = "````python edit=rates.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 0\n>>>>>>> REPLACE\n````"
    path = spec(tmp_path / "s.md", edit, test=["python3 -c 'import prices; prices.price()'"])
    said = command_line.mtor(repo, "run", path)
    assert "would first ask about rates.py (about " in said.out


def test_where_no_file_may_be_written_nothing_is_promised(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", "```text create=tests/test_x.txt\nx\n```", test=["test ! -e tests/test_x.txt"])
    report = json.loads(command_line.mtor(repo, "run", "--json", path).out)
    assert (report["outcome"], report["next_step"]) == ("failing", "")


def test_the_failing_tests_of_a_red_command_are_in_the_report(repo: Path, tmp_path: Path) -> None:
    tap = r"printf 'not ok 1 - adds\nok 2 - holds\nnot ok 3 - ends\n1..3\n# pass 1\n# fail 2\n'"
    path = spec(tmp_path / "s.md", EDIT, test=[f"{tap}; grep -q 'return 1' a.py"])
    report = json.loads(command_line.mtor(repo, "run", "--json", path).out)
    assert report["commands"][0]["failures"] == ["adds", "ends"]


def test_the_price_is_that_of_litellms_list() -> None:
    package = find_spec("litellm")
    assert package is not None
    assert package.submodule_search_locations is not None
    prices = json.loads((Path(package.submodule_search_locations[0]) / PRICE_LIST).read_text())[EXAMPLE_MODEL]
    usd = cost_usd(EXAMPLE_MODEL, Estimate("a.py", 1_000, 500))
    assert usd == pytest.approx(1_000 * prices["input_cost_per_token"] + 500 * prices["output_cost_per_token"])
    assert cost_usd("nowhere/model", Estimate("a.py", 1, 1)) is None
