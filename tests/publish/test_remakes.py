"""A pull request of mtor's remade, through both jobs: carried, tested, and pushed by lease, or nothing is."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.coaching.note import BRANCH, PATH
from mtor_action.github.client import connect
from mtor_action.github.pulls.published_change import read_change
from mtor_action.github.texts.pins import Pin, encode, pin_pull
from mtor_action.job_start.suggestions_to_apply import ReviewPlace, Rules, choose
from publishing import WRITES, pinned
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox
from standins.nursery import MTOR, nursery
from work.workplace import FILES, Workplace, open_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.github.client import Client
    from mtor_action.github.pulls.published_change import PublishedChange
    from standins.github import Issue
    from standins.github.pulls import Pull
    from work.workplace import Worked

LINES = "".join(f"line {number}\n" for number in range(1, 31))
EDIT = "```text edit=b.py\n<<<<<<< SEARCH\nline 20\n=======\nmine\n>>>>>>> REPLACE\n```\n"
TEST = ["grep -q mine b.py && ! grep -q forbidden b.py || ! grep -q mine b.py"]


@dataclass(slots=True)
class Garden:
    """A repository with mtor's pull request, and the two jobs that remake it."""

    place: Workplace
    issue: Issue
    jobs: int = 0

    def run(self, number: int, pins: tuple[Pin, ...], **env: str) -> Worked:
        """The work job, in a checkout of the branch as it is now."""
        self.jobs += 1
        place = self.place
        shutil.rmtree(place.root.parent)
        place._check_out()
        place._begin_step()
        place._to_the_runner()
        job = f"j-{self.jobs}"
        given = {"MTOR_JOB": job, "MTOR_SPEC": encode(pins), "GITHUB_RUN_ID": self._run_id(number, job)}
        place.env.update(given)
        return place.work(number, **env)

    def _run_id(self, number: int, job: str) -> str:
        return self.place.run_id(self.place.repo.issues[number], job)

    def publish(self, number: int, requester: str = "alice") -> dict[str, Any]:
        """The publish job of what was worked on last."""
        place, folder = self.place, self.place.place / "publisher"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        kept = ("MTOR_JOB", "MTOR_SPEC")
        environ = {
            **{name: value for name, value in place.env.items() if name in kept or not name.startswith("MTOR_")},
            "GITHUB_ACTOR": requester,
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "MTOR_ISSUE": str(number),
            "MTOR_ATTEMPT": "1",
            "MTOR_REQUESTER": requester,
            "MTOR_HANDOVER": str(place.temp / "handover"),
            "MTOR_RESULT": str(folder / "result"),
            "MTOR_GITHUB_TOKEN": place.repo.token("github-actions[bot]", WRITES).value,
        }
        done = nursery(WARM_UP).run(MTOR, ["publish"], env=environ, cwd=folder)
        assert (folder / "result").is_dir(), done.err.decode()
        result = json.loads((folder / "result" / "result.json").read_text())
        assert isinstance(result, dict)
        assert (done.code != 0) == bool(result["reason"]), done.err.decode()
        return result

    def opened(self) -> Pull:
        """The pull request of the issue."""
        self.run(self.issue.number, pinned(self.issue))
        found = self.publish(self.issue.number)
        pull = self.place.repo.issues[found["pull_request"]].pull
        assert pull
        return pull

    def pins(self, pull: Pull, onto: str = "main") -> tuple[Pin, ...]:
        onto = self.place.repo.git.line("rev-parse", onto)
        return (pin_pull(pull.number, pull.head_sha, onto), *pinned(self.issue))

    def client(self) -> Client:
        repo = self.place.repo
        token = repo.token("github-actions[bot]", WRITES).value
        return connect(token, repo.full_name, api_url=self.place.github.api_url)

    def change(self, pull: Pull) -> PublishedChange:
        with self.client() as client:
            return read_change(client, pull.number)

    def suggest(self, pull: Pull, line: int, text: str) -> None:
        pull.remark(f"```suggestion\n{text}\n```", "b.py", line, by="alice")

    def apply(self, pull: Pull) -> None:
        """Both jobs of `/mtor apply` about the last remark."""
        place = ReviewPlace(pull.number, 0.0, remark=pull.comments[-1].id)
        rules = Rules(lambda _id, login: login == "github-actions[bot]", (), lambda *_: pinned(self.issue))
        with self.client() as client:
            pins = choose(client, place, rules).pins
        worked = self.run(pull.number, pins)
        assert worked.report["outcome"] == "clean", worked.log
        assert self.publish(pull.number)["reason"] == ""

    def tamper(self, name: str, **changes: Any) -> None:
        path = self.place.temp / "handover" / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    def reports(self, pull: Pull) -> list[str]:
        return [comment.body for comment in pull.issue.comments]

    def move(self, line: int, text: str) -> str:
        """Change a line of b.py on the base."""
        lines = (self.place.repo.read("b.py", "main") or "").splitlines(keepends=True)
        lines[line - 1] = f"{text}\n"
        return self.place.repo.commit({"b.py": "".join(lines)}, "theirs", by="alice")


@pytest.fixture
def garden(tmp_path: Path) -> Iterator[Garden]:
    with open_place() as place, GitHubSandbox(tmp_path) as github:
        workplace = Workplace(place, github, {**FILES, "b.py": LINES})
        workplace.repo.actions_may_create_pulls = True
        yield Garden(workplace, workplace.issue(EDIT, test=TEST))


def test_the_whole_difference_is_carried_tested_and_pushed_on_top_of_what_was_there(garden: Garden) -> None:
    git, pull = garden.place.repo.git, garden.opened()
    old = garden.place.repo.commit({"c.txt": "by a person\n"}, "help", branch=pull.head_ref, by="alice")
    tip = garden.move(22, "theirs")
    worked = garden.run(pull.number, garden.pins(pull))
    assert worked.report["outcome"] == "clean", worked.log
    garden.move(3, "later")  # twice more: what is published is what was tested
    garden.move(4, "later still")
    assert garden.publish(pull.number)["pull_request"] == pull.number
    assert git.line("rev-list", "--parents", "-1", pull.head_sha).split()[1:] == [old, tip]
    assert git.line("rev-parse", f"{pull.head_sha}^{{tree}}") == worked.received.handover.tree
    assert git.blob(f"{pull.head_sha}:b.py").decode() == LINES.replace("line 20", "mine").replace("line 22", "theirs")
    assert git.blob(f"{pull.head_sha}:c.txt") == b"by a person\n"
    (told,) = garden.reports(pull)
    assert "Brought up to date with" in told
    # Once more: that merge is there, and it is what the next one starts on.
    head = pull.head_sha
    assert garden.publish(pull.number)["reason"] == ""
    assert pull.head_sha == head
    garden.move(1, "first")
    again = garden.run(pull.number, garden.pins(pull))
    assert again.report["written_for"]["commit"] == tip
    assert garden.publish(pull.number, "github-actions[bot]")["comment"] is None
    assert git.is_ancestor(head, pull.head_sha)
    assert pull.mergeable()


def test_what_git_cannot_merge_is_placed_again_if_it_is_the_specs_alone(garden: Garden) -> None:
    pull = garden.opened()
    garden.move(21, "theirs")  # the next line: a conflict for git
    assert not pull.mergeable()
    assert garden.run(pull.number, garden.pins(pull)).report["outcome"] == "clean"
    assert garden.publish(pull.number)["reason"] == ""
    assert pull.mergeable()
    assert garden.place.repo.git.blob(f"{pull.head_sha}:b.py").decode() == LINES.replace("line 20", "mine").replace(
        "line 21", "theirs"
    )


def test_what_cannot_be_carried_or_is_red_stays_as_it_is_and_says_what_is_needed_once(garden: Garden) -> None:
    pull = garden.opened()
    head = pull.head_sha
    for line, text, outcome, words in (
        (20, "theirs", "rejected", "both the base and the pull request changed the same lines"),
        (22, "forbidden", "failing", "**FAILING**"),
    ):
        garden.place.repo.commit({"b.py": LINES}, "as it was", by="alice")
        garden.move(line, text)
        worked = garden.run(pull.number, garden.pins(pull))
        assert worked.report["outcome"] == outcome, worked.log
        assert garden.publish(pull.number, "github-actions[bot]")["pull_request"] is None
        (told,) = garden.reports(pull)
        assert words in told
        assert "fell behind its base" in told
        assert "on its issue" in told, told
    assert pull.head_sha == head


@pytest.mark.parametrize("way", ["base", "tree", "no tree", "implementer", "head moved", "base rewritten"])
def test_nothing_is_pushed_that_was_not_tested_as_merged(garden: Garden, way: str) -> None:
    pull, repo = garden.opened(), garden.place.repo
    garden.move(22, "theirs")
    garden.run(pull.number, garden.pins(pull))
    head = pull.head_sha
    if way == "base":
        garden.tamper("handover.json", base=garden.move(23, "later"))
    elif way in ("tree", "no tree"):
        garden.tamper("handover.json", tree="" if way == "no tree" else repo.git.line("rev-parse", "main^{tree}"))
    elif way == "implementer":
        garden.tamper("handover.json", implementer=[{"path": "b.py", "mode": "100644", "content": "eA=="}])
    elif way == "head moved":
        head = repo.commit({"c.txt": "c\n"}, "by a person", branch=pull.head_ref, by="alice")
    else:
        repo.git.run("update-ref", "refs/heads/main", "main^")
    result = garden.publish(pull.number)
    assert result["reason"], result
    assert pull.head_sha == head
    words = {
        "base": "the artifact was tested on",
        "implementer": "without a model",
        "head moved": "moved after this was asked for",
        "base rewritten": "is not a commit of main",
    }
    assert words.get(way, "not what was tested") in result["reason"]


@pytest.mark.parametrize("way", ["spec", "head", "closed"])
def test_the_work_job_refuses_what_is_not_as_it_was_asked_for(garden: Garden, way: str) -> None:
    pull, repo = garden.opened(), garden.place.repo
    garden.move(22, "theirs")
    pins = garden.pins(pull)
    if way == "spec":
        garden.issue.body = f"{garden.issue.body}\n```yaml mtor\n```\n"
        pins = garden.pins(pull)
    elif way == "head":
        repo.commit({"c.txt": "c\n"}, "by a person", branch=pull.head_ref, by="alice")
    else:
        pull.issue.close("alice")
    worked = garden.run(pull.number, pins)
    words = {"spec": "is not the text that", "head": "moved after", "closed": "is closed"}
    assert words[way] in worked.report["reason"], worked.report
    before = len(garden.reports(pull))
    garden.publish(pull.number, "github-actions[bot]")  # nobody asked, and nothing is needed from anybody
    assert len(garden.reports(pull)) == before


def test_applied_suggestions_are_carried_and_others_are_applied_to_what_was_remade(garden: Garden) -> None:
    repo = garden.place.repo
    repo.commit({PATH: ""}, "notes", branch=BRANCH, by="alice")
    pull = garden.opened()
    garden.suggest(pull, 25, "first")
    garden.apply(pull)
    assert f"\nSpec: #{pull.number}\n" in repo.git.line("log", "-1", "--format=%B", pull.head_sha)
    tip = repo.commit({"b.py": LINES.replace("line 3\n", "new\nline 3\n")}, "theirs", by="alice")
    assert garden.change(pull).is_ours  # it is remade by itself
    assert garden.run(pull.number, garden.pins(pull)).report["outcome"] == "clean"
    assert garden.publish(pull.number, "github-actions[bot]")["reason"] == ""
    garden.suggest(pull, 12, "second")
    garden.apply(pull)
    expected = LINES.replace("line 20", "mine").replace("line 25", "first").replace("line 3\n", "new\nline 3\n")
    assert repo.read("b.py", pull.head_sha) == expected.replace("line 11", "second")
    change = garden.change(pull)
    assert (change.issue, change.start, change.is_ours) == (garden.issue.number, tip, True)
    # Only the spec's own run counts for what runs came to.
    assert repo.git.lines("grep", "-h", "-o", '"job":"[^"]*"', BRANCH, "--", "*.jsonl") == ['"job":"j-1"']
