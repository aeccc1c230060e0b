"""A base that moved, through both jobs: what is published is what was tested merged, or nothing is."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.github.texts.pins import encode
from publishing import WRITES, pinned
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox
from standins.nursery import MTOR, nursery
from work.workplace import FILES, Workplace, open_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue
    from work.workplace import Worked

LINES = "".join(f"line {number}\n" for number in range(1, 31))
NEAR_20 = "".join(LINES.splitlines(keepends=True)[16:23])
MERGED = LINES.replace("line 20\n", "mine\n").replace("line 22\n", "theirs 22\n")
EDIT = f"```` edit=b.py\n<<<<<<< SEARCH\n{NEAR_20}=======\n{NEAR_20.replace('line 20', 'mine')}>>>>>>> REPLACE\n````\n"
TEST = ["grep -q mine b.py && grep -q 'theirs 22' b.py"]


@dataclass(slots=True)
class Both:
    """A repository whose base moved after an issue was opened, and the two jobs of that issue."""

    place: Workplace
    issue: Issue
    run_id: str
    worked: Worked | None = None

    @property
    def handover(self) -> Path:
        return self.place.temp / "handover"

    def work(self, **env: str) -> Worked:
        pins = encode(pinned(self.issue))
        self.worked = self.place.work(self.issue, MTOR_JOB="j-1", MTOR_SPEC=pins, GITHUB_RUN_ID=self.run_id, **env)
        return self.worked

    def publish(self) -> dict[str, Any]:
        """Run `mtor publish` on a machine of its own, and return its result."""
        place, folder = self.place, self.place.place / "publisher"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        environ = {
            **{name: value for name, value in place.env.items() if not name.startswith("MTOR_")},
            "GITHUB_RUN_ID": self.run_id,
            "GITHUB_ACTOR": "alice",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "MTOR_ISSUE": str(self.issue.number),
            "MTOR_JOB": "j-1",
            "MTOR_ATTEMPT": "1",
            "MTOR_SPEC": encode(pinned(self.issue)),
            "MTOR_REQUESTER": "alice",
            "MTOR_HANDOVER": str(self.handover),
            "MTOR_RESULT": str(folder / "result"),
            "MTOR_GITHUB_TOKEN": place.repo.token("github-actions[bot]", WRITES).value,
        }
        done = nursery(WARM_UP).run(MTOR, ["publish"], env=environ, cwd=folder)
        result = json.loads((folder / "result" / "result.json").read_text())
        assert isinstance(result, dict)
        assert (done.code != 0) == bool(result["reason"]), done.err.decode()
        return result

    def branches(self) -> list[str]:
        return [name for name in place_refs(self.place) if name.startswith("mtor/")]

    def rewrite(self, old: str, new: str) -> None:
        self.issue.body = (self.issue.body or "").replace(old, new)

    def tamper(self, name: str, **changes: Any) -> None:
        path = self.handover / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def place_refs(place: Workplace) -> list[str]:
    return [name.removeprefix("refs/heads/") for name in place.repo.git.refs("refs/heads/")]


def move(place: Workplace) -> str:
    """Line 22 changes on the base, and the checkout of the runner is of the new end, without history."""
    commit = place.repo.commit({"b.py": LINES.replace("line 22\n", "theirs 22\n")}, "theirs", by="alice")
    shutil.rmtree(place.root.parent)
    shutil.rmtree(place.temp)
    place._check_out()
    place.temp.mkdir()
    place._begin_step()
    place._to_the_runner()
    return commit


@pytest.fixture
def place() -> Iterator[Path]:
    with open_place() as folder:
        yield folder


@pytest.fixture
def both(place: Path, tmp_path: Path) -> Iterator[Both]:
    with GitHubSandbox(tmp_path) as github:
        workplace = Workplace(place, github, {**FILES, "b.py": LINES})
        workplace.repo.actions_may_create_pulls = True
        issue = workplace.issue(EDIT, test=TEST)
        old = workplace.repo.head()
        assert old
        move(workplace)
        yield Both(workplace, issue, workplace.run_id(issue, "j-1"))


def test_what_was_tested_merged_is_published(both: Both) -> None:
    old = both.place.repo.git.line("rev-parse", "main^")
    worked = both.work()
    assert (worked.outputs["outcome"], worked.report["written_for"]) == (
        "clean",
        {"commit": old, "found": True, "merged": ["b.py"]},
    ), worked.log
    result = both.publish()
    assert (result["outcome"], result["reason"]) == ("clean", "")
    (branch,) = both.branches()
    git = both.place.repo.git
    assert git.run("show", f"{branch}:b.py").decode() == MERGED
    assert git.line("rev-parse", f"{branch}^{{tree}}") == worked.received.handover.tree
    assert git.line("rev-parse", f"{branch}^") == both.place.repo.head()
    body = both.place.repo.issues[result["pull_request"]].body or ""
    assert f"for {old[:12]} (found by mtor)" in body
    assert "It was merged into" in body


def test_a_base_that_moves_between_the_two_jobs_changes_nothing_of_what_is_published(both: Both) -> None:
    worked = both.work()
    base = both.place.repo.head()
    both.place.repo.commit({"b.py": "nothing of it\n"}, "later", by="alice")
    assert both.publish()["reason"] == ""
    (branch,) = both.branches()
    git = both.place.repo.git
    assert git.line("rev-parse", f"{branch}^{{tree}}") == worked.received.handover.tree
    assert git.line("rev-parse", f"{branch}^") == base


@pytest.mark.parametrize("what", ["tree", "no tree", "base", "report and tree", "claims no merge"])
def test_an_artifact_that_says_anything_else_is_refused(both: Both, what: str) -> None:
    both.work()
    git = both.place.repo.git
    if what == "tree":
        both.tamper("handover.json", tree="0" * 40)
    elif what == "no tree":
        both.tamper("handover.json", tree="")
    elif what == "base":  # a commit of the branch, on which the spec merges too, and was never tested
        both.tamper("handover.json", base=both.place.repo.commit({"c.txt": "c\n"}, "later", by="alice"))
    elif what == "report and tree":
        both.tamper("handover.json", tree=git.line("rev-parse", "main^{tree}"))
        both.tamper("report.json", written_for={"commit": "", "found": False, "merged": []})
    else:
        both.tamper("handover.json", tree="", base=git.line("rev-parse", "main"))
        both.tamper("report.json", written_for={"commit": git.line("rev-parse", "main^")}, outcome="fixed")
    result = both.publish()
    assert result["pull_request"] is None
    assert "not what was tested" in result["reason"], result
    assert both.branches() == []


def test_a_spec_that_is_not_merged_may_not_say_that_it_was(both: Both) -> None:
    both.place.repo.commit({"b.py": LINES}, "as it was", by="alice")
    move_nothing = both.place
    shutil.rmtree(move_nothing.root.parent)
    move_nothing._check_out()
    move_nothing._to_the_runner()
    both.rewrite(" && grep -q 'theirs 22' b.py", "")
    worked = both.work()
    assert worked.report["written_for"]["commit"] == ""
    both.tamper("report.json", written_for={"commit": "1" * 40, "found": True, "merged": []})
    both.tamper("handover.json", tree="")
    assert "not what was tested" in both.publish()["reason"]
    assert both.branches() == []


def test_a_named_commit_of_nobodys_branch_is_refused(both: Both) -> None:
    git = both.place.repo.git
    stray = git.line("commit-tree", "main^{tree}", "-p", "main^", "-m", "of a fork")
    both.rewrite("yaml mtor", f"yaml mtor\nwritten_for: {stray}")
    worked = both.work()
    assert worked.outputs["outcome"] == "error"
    assert "is in no branch or tag of this repository" in worked.report["reason"]


def test_a_named_commit_is_fetched_and_named_in_the_report(both: Both) -> None:
    old = both.place.repo.git.line("rev-parse", "main^")
    both.rewrite("yaml mtor", f"yaml mtor\nwritten_for: {old[:10]}")
    worked = both.work()
    assert worked.report["written_for"] == {"commit": old, "found": False, "merged": ["b.py"]}, worked.log
    assert both.publish()["reason"] == ""
    (branch,) = both.branches()
    assert both.place.repo.git.run("show", f"{branch}:b.py").decode() == MERGED
