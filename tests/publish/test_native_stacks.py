"""`stacks: native`: a pull request on another one's branch is in GitHub's own stack too, or says once why it is not."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from mtor_action.github.pulls.native_stacks import put_on_stack
from publishing import WRITES, staged
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.github.pulls.native_stacks import StackedPull
    from publishing import Stage
    from standins.github import Repository
    from standins.github.pulls import Pull

SPEC = '```python create=b.py\nb = 1\n```\n\n```yaml mtor\ntest: [python -m pytest -q]\nafter: ["#2"]\n{more}```\n'
ACTIONS = "github-actions[bot]"


@dataclass
class Tower:
    """A repository whose pull requests go into each other's branches."""

    github: GitHubSandbox
    repository: Repository

    def pull(self, name: str, base: str = "main") -> Pull:
        branch = f"mtor/{len(self.repository.issues) + 1}-{name}"
        self.repository.git.run("update-ref", f"refs/heads/{branch}", base)
        self.repository.commit({f"{name}.txt": "1\n"}, name, branch=branch, by=ACTIONS)
        return self.repository.pull_request(branch, name, base=base, by=ACTIONS)

    def put(self, pull: Pull) -> StackedPull:
        token = self.repository.token(ACTIONS, WRITES).value
        with connect(token, self.repository.full_name, api_url=self.github.api_url, patience_seconds=5.0) as client:
            return put_on_stack(client, pull.number, pull.base_ref)

    @property
    def stacks(self) -> list[list[int]]:
        return [[pull.number for pull in stack.pulls] for stack in self.repository.stacks]


@contextmanager
def towered(folder: Path, *, has_stacks: bool = True) -> Iterator[Tower]:
    with GitHubSandbox(folder) as github:
        repository = github.repository("acme/widget", {"a.txt": "1\n"}, roles={"alice": "write"})
        repository.has_stacks = has_stacks
        yield Tower(github, repository)


def test_a_chain_becomes_one_stack_however_often_it_is_asked_for(tmp_path: Path) -> None:
    with towered(tmp_path) as tower:
        one = tower.pull("one")
        two = tower.pull("two", one.head_ref)
        three = tower.pull("three", two.head_ref)
        for pull in (one, two, two, three, three, two):
            assert tower.put(pull).problem == ""
        assert tower.stacks == [[one.number, two.number, three.number]]


def test_what_is_below_and_in_no_stack_yet_comes_along(tmp_path: Path) -> None:
    with towered(tmp_path) as tower:
        pulls = [tower.pull("one")]
        for name in ("two", "three", "four"):
            pulls.append(tower.pull(name, pulls[-1].head_ref))
        assert tower.put(pulls[2]).problem == ""
        assert tower.stacks == [[pull.number for pull in pulls[:3]]]
        five = tower.pull("five", pulls[3].head_ref)
        assert tower.put(five).problem == ""
        assert tower.stacks == [[pull.number for pull in (*pulls, five)]]


def test_a_second_successor_and_one_of_several_have_none(tmp_path: Path) -> None:
    with towered(tmp_path) as tower:
        one = tower.pull("one")
        left, right = tower.pull("left", one.head_ref), tower.pull("right", one.head_ref)
        tower.repository.git.run("update-ref", "refs/heads/mtor/start-9", one.head_ref)
        both = tower.pull("both", "mtor/start-9")
        tower.put(left)
        beside = tower.put(right)
        assert (beside.below, beside.is_off) == (one.number, False)
        assert f"GitHub's stack of #{one.number} goes on with #{left.number}" in beside.problem
        assert tower.put(both).below == tower.put(one).below == 0
        assert tower.stacks == [[one.number, left.number]]


def test_above_a_merged_one_the_rest_of_the_chain_is_a_stack(tmp_path: Path) -> None:
    with towered(tmp_path) as tower:
        one = tower.pull("one")
        two = tower.pull("two", one.head_ref)
        tower.put(two)
        one.merge("alice")
        two.base_ref = "main"
        three = tower.pull("three", two.head_ref)
        assert tower.put(three).problem == ""
        assert tower.stacks == [[one.number, two.number, three.number]]


@pytest.mark.parametrize("status", [404, 403, 422, 500])
@pytest.mark.parametrize("line", ["GET */stacks", "POST */stacks"])
def test_a_refusal_is_a_sentence_and_never_an_error(tmp_path: Path, line: str, status: int) -> None:
    with towered(tmp_path) as tower:
        one = tower.pull("one")
        two = tower.pull("two", one.head_ref)
        tower.github.faults.add(line, status, times=9)
        refused = tower.put(two)
        assert (refused.below, refused.is_off, refused.is_bottom) == (one.number, status != 500, True)
        assert refused.problem.startswith("GitHub refused: ")
        assert tower.stacks == []


def stacked(stage: Stage, *, has_stacks: bool) -> Pull:
    """The pull request below, on whose branch the job has worked; issue and pull request are #2 and #3."""
    repository = stage.repository
    repository.has_stacks = has_stacks
    below = repository.issue("Below", "", by="alice")
    below.label("mtor:done", by=ACTIONS)
    stage.base = repository.commit({"c.py": "c = 1\n"}, "below\n\nJob: j", branch="mtor/2-below", by=ACTIONS)
    return repository.pull_request("mtor/2-below", "Below", by=ACTIONS)


@pytest.mark.parametrize("place", ["spec", "file"])
def test_publishing_twice_puts_it_on_the_stack_once(tmp_path: Path, place: str) -> None:
    files = {".github/mtor.yml": "stacks: native\n"} if place == "file" else {}
    with staged(tmp_path, spec=SPEC.format(more="stacks: native\n" if place == "spec" else ""), files=files) as stage:
        below = stacked(stage, has_stacks=True)
        stage.hand_over()
        for _ in range(2):
            assert stage.publish() == 0
        (stack,) = stage.repository.stacks
        assert [pull.number for pull in stack.pulls] == [below.number, below.number + 1]
        assert stack.pulls[1].base_ref == below.head_ref
        assert "is stacked by its branch alone" not in report_of(stage)


@pytest.mark.parametrize(("more", "words"), [("stacks: native\n", 1), ("", 0), ("stacks: branches\n", 0)])
def test_without_stacks_it_is_stacked_by_its_branch_which_is_reported_where_it_was_asked_for(
    tmp_path: Path, more: str, words: int
) -> None:
    with staged(tmp_path, spec=SPEC.format(more=more)) as stage:
        below = stacked(stage, has_stacks=False)
        stage.hand_over()
        assert stage.publish() == 0
        (upper,) = [each.pull for each in stage.repository.issues.values() if each.pull and each.number > below.number]
        assert upper.base_ref == below.head_ref
        assert report_of(stage).count("is stacked by its branch alone, not in GitHub's own stack") == words
        assert any("/stacks" in exchange.path for exchange in stage.github.requests) == bool(words)


def report_of(stage: Stage) -> str:
    (body,) = [each.body for each in stage.issue.comments if each.body.startswith("<!-- mtor:report ")]
    return "".join(character for character in body.replace("\\", "") if character.isprintable() or character == "\n")
