"""An architect that breaks a rule once gets it right in the next round: for every rule that a spec can break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from docs.test_manifest_page import Example, examples
from mtor_action.architect.commit_reader import CommitReader
from mtor_action.architect.drafting import PlanningModels, SpecPlanner
from mtor_action.architect.role_conversation import PlanningMeans
from mtor_action.authoring.prompting import RepositoryFacts
from mtor_action.implementer.cost.budget import Spending
from mtor_action.manifest.settings_block.limits import budget_of
from mtor_action.manifest.settings_block.settings import Budget, Settings
from mtor_action.model.chat import Reply
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.base_tree import BaseTree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mtor_action.model.chat import Message, Tool

# An answer is text, so that it cannot hold bytes that are not UTF-8.
MISTAKES = [each for each in examples("rules.md") if each.kind == "error" and each.value != "not-utf8"]


def right_form(rule: str) -> Example:
    return next(each for each in examples("rules.md") if each.kind == "ok" and each.section == rule)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.value)
def test_the_second_round_is_enough(tmp_path: Path, mistake: Example) -> None:
    right = right_form(mistake.section)
    files = {".github/mtor.yml": b"test: [make]\n"} | {path: state.content for path, state in right.files.items()}
    root = command_line.repository(tmp_path / "repository", files)
    git, answers, heard = Git.open(root), [mistake.text.decode(), right.text.decode()], list[str]()

    def ask(_model: str, messages: Sequence[Message], _tools: tuple[Tool, ...], _seconds: float) -> Reply:
        heard.append(messages[-1].text)
        return Reply(answers[len(heard) - 1], (), "stop", False, 10, 10, 0.0, False, "scripted")

    commit = command_line.git(root, "rev-parse", "HEAD").strip()
    with BaseTree(git, commit) as tree:
        reader = CommitReader(git, tree, commit, lambda text: text)
        spending = Spending(budget_of(Budget()), lambda: 0.0)
        models = PlanningModels(("scripted",))
        means = PlanningMeans(reader, spending, ask, lambda: None, lambda _: None)
        planner = SpecPlanner(models, RepositoryFacts(Settings()), means)
        judged = planner.plan("Do it")
    assert judged.is_sound, judged.feedback()
    assert planner.rounds == 2
    assert f"[{mistake.value}]" in heard[1]
