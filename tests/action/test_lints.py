"""Every workflow and action of the project, as the linters for them see it."""

from __future__ import annotations

import re
import subprocess
import sys
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtor_action.setup.detection import look
from mtor_action.setup.workflow import WORKFLOW_FILE, render
from standins.github.runner.queueless import without_queue

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / "standins" / "github" / "runner" / "stand_ins").glob("*/action.yml"))]
LINTERS: dict[str, list[str | Path]] = {
    "actionlint": [],  # of copies without what it does not know
    "zizmor": ["--pedantic", "--offline", "--no-progress", "--quiet", *WORKFLOWS, *ACTIONS],
    "check-jsonschema workflows": ["--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
    "check-jsonschema actions": ["--builtin-schema", "vendor.github-actions", *ACTIONS],
}
CHECK_OUT = """\
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
"""


@pytest.mark.parametrize("name", LINTERS)
def test_the_linter_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    program = BIN / name.partition(" ")[0]
    if not program.exists():
        pytest.skip("actionlint is built where there is Go")
    known = [_known(path, tmp_path) for path in WORKFLOWS] if name == "actionlint" else LINTERS[name]
    done = subprocess.run([program, *known], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _known(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_text(without_queue(path.read_text()))
    return copy


def test_the_copy_for_tools_that_do_not_know_queue_differs_in_exactly_those_lines() -> None:
    text = (ROOT / WORKFLOW_FILE).read_text()
    gone = [line for line in ndiff(text.splitlines(), without_queue(text).splitlines()) if line[0] in "-+"]
    assert [line.removeprefix("- ").strip() for line in gone] == ["queue: max", "queue: max"]


def test_every_third_party_action_is_pinned_by_commit_with_its_version_beside_it() -> None:
    text = "".join(path.read_text() for path in (*WORKFLOWS, *ACTIONS))
    uses = [line.strip().removeprefix("- ") for line in text.splitlines() if re.match(r"\s*(- )?uses:", line)]
    ours = [line for line in uses if line.startswith("uses: ./ ")]
    assert len(uses) > len(ours) > 0
    for line in set(uses) - set(ours):
        assert re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_ignored_finding_has_its_reason_on_the_line() -> None:
    for path in (*WORKFLOWS, *ACTIONS):
        for line in path.read_text().splitlines():
            assert "zizmor: ignore" not in line or re.search(r"zizmor: ignore\[[a-z-]+\] \w+", line), line


def test_the_actions_inputs_are_described_and_reach_scripts_only_through_the_environment() -> None:
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    assert all(said["description"].strip() for said in (*action["inputs"].values(), *action["outputs"].values()))
    steps = action["runs"]["steps"]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]
    passed = str([step.get("env") for step in steps])
    assert [name for name in action["inputs"] if f"inputs.{name} " not in passed] == []


def test_our_own_workflow_is_what_init_writes_but_for_the_action_of_the_checkout() -> None:
    rendered = render("./", look(ROOT).steps)
    ours = (ROOT / WORKFLOW_FILE).read_text()
    ours = re.sub(r"(uses: \./) # zizmor: .*", r"\1", ours)
    # Only an action of the checkout has to be checked out where nothing else needs it.
    before_answer, before_relay, before_work, before_publish, after = ours.split(CHECK_OUT)
    assert before_answer + before_relay + before_work + CHECK_OUT + before_publish + after == rendered
