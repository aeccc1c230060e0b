"""Commits that GitHub signs: by the real `mtor publish` against the stand-in, and what happens where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.report.report import Outcome, Report
from publishing import SPEC, WRITES, dispatched, reported, staged
from scripted_runs import WARM_UP
from standins.github.commits import read
from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publishing import Stage
    from standins.github.commits import Commit
    from standins.nursery import Child

BRANCH = "mtor/1-make-a-two"
SIGNED = "The commits are signed by GitHub and verified."
UNSIGNED = "The commits are not signed."


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


def commits(stage: Stage, branch: str = BRANCH) -> list[Commit]:
    """What the branch has beyond the base, oldest first."""
    shas = stage.repository.git.lines("rev-list", "--reverse", f"{stage.base}..{branch}")
    return [read(stage.repository, sha) for sha in shas]


def are_signed(stage: Stage) -> list[bool]:
    return [commit.sha in stage.repository.signed for commit in commits(stage)]


def told(stage: Stage) -> str:
    """The comment and the pull request, which has what the comment leaves out."""
    (comment,) = stage.issue.comments
    pulls = [issue.body or "" for issue in stage.repository.issues.values() if issue.pull]
    return "\n".join([comment.body, *pulls])


def hidden(stage: Stage) -> list[str]:
    return sorted(stage.repository.git.refs("refs/mtor/"))


@pytest.mark.parametrize("with_app", [True, False])
def test_both_commits_are_signed_and_keep_their_shape(stage: Stage, with_app: bool) -> None:
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    assert stage.publish(**(stage.app() if with_app else {})) == 0
    spec, implementer = commits(stage)
    assert are_signed(stage) == [True, True]
    assert {spec.author.name, implementer.author.name} == {"github-actions[bot]"}
    assert spec.message.splitlines()[0] == "Make a two"
    assert spec.message.endswith("\nJob: j-1")
    assert implementer.message.splitlines()[0] == "Make a two (implementer)"
    assert stage.repository.read("a.py", spec.sha) == "a = 2\n"
    assert stage.repository.read("a.py", implementer.sha) == "a = 2  # repaired\n"
    assert SIGNED in told(stage)
    assert SIGNED in (stage.repository.issues[2].body or "")
    assert SIGNED in (stage.folder / "summary").read_text()
    assert hidden(stage) == []


def test_where_signatures_are_required_the_branch_is_pushed_all_the_same(stage: Stage) -> None:
    stage.repository.rules_elsewhere.append("required_signatures")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    assert are_signed(stage) == [True]


def test_where_github_does_not_sign_it_is_pushed_unsigned_and_said(stage: Stage) -> None:
    stage.repository.signs_for_bots = False
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    assert are_signed(stage) == [False]
    assert UNSIGNED in told(stage)
    assert "unsigned" in told(stage)
    assert hidden(stage) == []


def test_unsigned_where_signatures_are_required_is_refused_in_githubs_words(stage: Stage) -> None:
    stage.repository.signs_for_bots = False
    stage.repository.rules_elsewhere.append("required_signatures")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 3
    assert "Commits must have verified signatures" in told(stage)
    assert stage.repository.head(BRANCH) is None
    assert hidden(stage) == []


@pytest.mark.parametrize(
    ("pattern", "body"),
    [
        ("POST */git/commits", {"message": "Resource not accessible by integration"}),
        ("POST *graphql", {"message": "Resource not accessible by integration"}),
    ],
)
def test_what_the_api_refuses_is_pushed_and_said(stage: Stage, pattern: str, body: dict[str, str]) -> None:
    stage.github.faults.add(pattern, 403, body=body, times=-1)
    stage.hand_over()
    assert stage.publish() == 0
    assert are_signed(stage) == [False]
    assert UNSIGNED in told(stage)
    assert "Resource not accessible" in told(stage)
    assert hidden(stage) == []


def test_a_commit_of_other_files_is_never_published(stage: Stage) -> None:
    other = {"sha": stage.base, "tree": {"sha": "0" * 40}, "parents": [], "verification": {"verified": True}}
    stage.github.faults.add("POST */git/commits", 201, body=other, times=-1)
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    (commit,) = commits(stage)
    assert stage.repository.read("a.py", commit.sha) == "a = 2\n"
    assert "other files" in told(stage)


def test_an_answer_that_was_lost_moves_nothing_twice(stage: Stage) -> None:
    stage.github.faults.add("POST */git/commits", 502, after_effect=True)
    stage.github.faults.add("POST *graphql", 502, after_effect=True, skip=1)  # the first one only asks
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    assert are_signed(stage) == [True]
    assert SIGNED in told(stage)


def test_publishing_again_makes_no_second_commit_and_says_the_same(stage: Stage) -> None:
    stage.hand_over()
    app = stage.app()
    assert stage.publish(**app) == 0
    first = stage.repository.head(BRANCH)
    before = told(stage)
    assert stage.publish(**app) == 0
    assert stage.repository.head(BRANCH) == first
    assert told(stage) == before


def test_a_second_job_replaces_the_signed_branch(stage: Stage) -> None:
    stage.hand_over(Outcome.FAILING)
    app = stage.app()
    assert stage.publish(**app) == 0
    stage.run = dispatched(stage.repository, stage.issue, "j-2")
    stage.hand_over(Outcome.FIXED, {"b.py": "b = 2\n"}, job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **app) == 0
    assert are_signed(stage) == [True, True]
    assert stage.repository.read("b.py", BRANCH) == "b = 2\n"
    assert stage.repository.head(f"{BRANCH}-2") is None


def test_a_signed_commit_that_a_person_made_in_the_browser_is_not_ours(stage: Stage) -> None:
    stage.hand_over(Outcome.FAILING)
    app = stage.app()
    assert stage.publish(**app) == 0
    theirs = stage.repository.commit({"b.py": "b = 3\n"}, "fix\n\nJob: j-1", branch=BRANCH, by="bob")
    stage.repository.signed.add(theirs)
    stage.run = dispatched(stage.repository, stage.issue, "j-2")
    stage.hand_over(job="j-2")
    assert stage.publish(MTOR_JOB="j-2", **app) == 0
    assert stage.repository.head(BRANCH) == theirs
    assert stage.repository.head(f"{BRANCH}-2")


def before_the_move(stage: Stage, act: Callable[[], object]) -> None:
    """Let somebody do something just before the branch is moved; the query before that only asks."""
    faults = stage.github.faults
    faults.before("POST *graphql", lambda: faults.before("POST *graphql", act))


def test_a_branch_that_moves_meanwhile_is_left_alone(stage: Stage) -> None:
    stage.hand_over()
    theirs: list[str] = []

    def interfere() -> None:
        theirs.append(stage.repository.commit({"b.py": "b = 9\n"}, "mine", branch=BRANCH, by="bob"))

    before_the_move(stage, interfere)
    assert stage.publish(**stage.app()) == 3
    assert stage.repository.head(BRANCH) == theirs[0]
    assert "has other commits by now" in told(stage)
    assert hidden(stage) == []


def test_what_a_killed_run_left_is_removed_by_a_later_one(stage: Stage) -> None:
    killed = dispatched(stage.repository, stage.issue, "j-0")
    alive = dispatched(stage.repository, stage.issue, "j-9")
    killed.finish("failure")
    names = [f"refs/mtor/publish/{run.id}" for run in (killed, alive)] + [
        "refs/mtor/publish/999",
        "refs/mtor/publish/x",
    ]
    for name in names:
        stage.repository.git.run("update-ref", name, stage.base)
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    assert hidden(stage) == sorted([names[1], names[3]])


def test_what_the_artifact_says_of_signatures_is_not_believed(stage: Stage) -> None:
    stage.repository.signs_for_bots = False
    forged = Report("j-1", Outcome.CLEAN, signature={"verified": True, "reason": ""})
    stage.hand_over(report=forged)
    assert stage.publish(**stage.app()) == 0
    assert SIGNED not in told(stage)


def test_mtors_own_records_are_signed_where_a_rule_requires_that(stage: Stage) -> None:
    notes = "notes:\n  - id: imports\n    text: Import a, not b.\n    state: active\n"
    stage.repository.commit({"coaching.yml": notes}, "notes", branch="mtor-coaching")
    stage.repository.rules_elsewhere.append("required_signatures")
    counted = {"counted": True, "jobs": 0, "usd": 0.0, "unknown": 0}
    stage.hand_over(report=reported(Outcome.CLEAN, per_day=counted))
    assert stage.publish(**stage.app()) == 0
    for branch in ("mtor-coaching", "mtor-spending"):
        assert stage.repository.head(branch) in stage.repository.signed
    assert "was not" not in told(stage)
    assert hidden(stage) == []


def test_a_publish_that_is_killed_is_done_again_and_leaves_nothing(stage: Stage) -> None:
    children: list[Child] = []
    stage.hand_over(Outcome.FIXED, {"a.py": "a = 2  # repaired\n"})
    environ = stage.environment(WRITES) | stage.app()

    def kill() -> None:
        children[-1].kill()

    # The second one is carried out: nobody is there any more for its answer.
    for is_at_the_move in (False, True):
        if is_at_the_move:
            before_the_move(stage, kill)
        else:
            stage.github.faults.before("POST */git/commits", kill)
        children.append(nursery(WARM_UP).start(MTOR, ["publish"], env=environ, cwd=stage.folder))
        assert children[-1].wait(60) != 0
        assert hidden(stage) == [f"refs/mtor/publish/{stage.run.id}"]
    assert stage.publish(**stage.app()) == 0
    assert are_signed(stage) == [True, True]
    assert hidden(stage) == []


def test_a_spec_of_many_files_costs_no_more_requests(tmp_path: Path) -> None:
    def requests(spec: str, folder: Path) -> int:
        with staged(folder, spec=spec) as stage:
            stage.hand_over()
            assert stage.publish(**stage.app()) == 0
            assert SIGNED in told(stage)
            return len(stage.github.requests)

    blocks = "".join(f"```python create=many/f{number}.py\nx = {number}\n```\n\n" for number in range(990))
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    assert requests(SPEC + "\n" + blocks, tmp_path / "many") == requests(SPEC, tmp_path / "one")
