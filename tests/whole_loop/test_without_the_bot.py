"""Issue in, pull request out: the workflow dispatched by API, then `mtor work` and `mtor publish` as processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.github.texts.pins import pin_comment
from mtor_action.setup.workflow import WORKFLOW_FILE
from scripted_runs import WARM_UP
from standins.github.runner import LOST
from standins.night import orchard
from standins.night.loop import looped, result, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue, Run
    from standins.night.loop import Loop

READY, DRAFT, NONE = "ready", "draft", ""
MONEY = ["orchard/money.py", "tests/test_money.py"]

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped(tmp_path, warm_up=WARM_UP) as made:
        yield made


@pytest.mark.parametrize(
    ("ending", "outcome", "left", "files", "said"),
    [
        ("clean", "clean", READY, MONEY, "**0 tokens.**"),
        ("fixed", "fixed", READY, ["orchard/shopping.py", "tests/test_shopping.py"], "by the implementer"),
        ("stalled", "stalled", DRAFT, ["orchard/prices.py", "tests/test_discount.py"], "monologue"),
        ("built nothing", "stalled", DRAFT, ["orchard/receipt.py", "tests/test_receipt.py"], "built-nothing"),
        ("rejected", "rejected", NONE, [], 'unknown attribute "creat", expected create [near-miss]'),
        ("base already red", "clean", READY, ["orchard/cherries.py"], "test_two_apples_cost_twice_as_much"),
    ],
)
def test_an_issue_ends_as_it_is_called(
    loop: Loop, *, ending: str, outcome: str, left: str, files: list[str], said: str
) -> None:
    _assert_ends(loop, loop.issue(ending), outcome, left, files, said)


@pytest.mark.parametrize(
    ("outcome", "settings", "said"), [("empty", "title: Euros", "already"), ("error", "setup: ['false']", "setup")]
)
def test_an_issue_with_nothing_to_publish_gets_a_comment_that_says_why(
    loop: Loop, *, outcome: str, settings: str, said: str
) -> None:
    if outcome == "empty":
        pull = _assert_ends(loop, loop.issue("clean"), "clean", READY, MONEY, "")
        assert pull is not None
        assert pull.pull is not None
        pull.pull.merge("alice")
    title, body = orchard.SPECS["clean"]
    issue = loop.repository.issue(title, f"{body}\n```yaml mtor\n{settings}\n```\n", by="alice")
    _assert_ends(loop, issue, outcome, NONE, [], said, job="-2")


@pytest.mark.parametrize(
    ("made", "left", "said"),
    [
        ("s/^X=/X = /", READY, "Formatted by the spec's format commands: `orchard/x.py`"),
        ("s/1/2/", DRAFT, "format commands changed what is not proven to be layout: `orchard/x.py`"),
    ],
)
def test_a_formatted_file_is_the_specs_own_as_long_as_only_its_layout_changed(
    loop: Loop, *, made: str, left: str, said: str
) -> None:
    settings = f"format: [\"sed -i '{made}' orchard/x.py; rm README.md\"]\ntest: [\"grep -v '^X=1' orchard/x.py\"]"
    body = f"```python create=orchard/x.py\nX=1\n```\n```yaml mtor\n{settings}\n```\n"
    issue = loop.repository.issue("Name X", body, by="alice")
    _assert_ends(loop, issue, "clean", left, ["orchard/x.py"], said)


def test_a_comment_with_code_on_a_pull_request_goes_to_its_branch(loop: Loop) -> None:
    repository = loop.repository
    repository.commit(orchard.PULL_FILES, "sell figs", branch="figs", by="bob")
    pull = repository.pull_request("figs", orchard.PULL_TITLE, by="bob")
    # Without the command, for which an event run would start a job of its own.
    comment = pull.issue.comment(orchard.PULL_COMMENT.removeprefix("/mtor run\n\n"), by="alice")
    before = repository.head("figs")
    run = loop.dispatch(pull.issue, (pin_comment(comment.id, comment.body),))
    loop.github.settle(200)
    assert result(run)["outcome"] == "clean", loop.log(run)
    assert repository.git.lines("diff", "--name-only", str(before), "figs") == ["tests/test_figs.py"]
    assert [each.number for each in repository.issues.values() if each.pull] == [pull.issue.number]
    assert "Pushed to `figs`" in pull.issue.comments[-1].body


def test_the_app_s_key_publishes_as_the_app_and_starts_the_project_s_own_checks(loop: Loop) -> None:
    loop.repository.commit({".github/workflows/ci.yml": "name: ci\non: [pull_request]\n"})
    loop.github.app.install(loop.repository)
    loop.repository.variables["MTOR_APP_ID"] = str(loop.github.app.id)
    loop.runner.secrets = {**loop.runner.secrets, "MTOR_APP_PRIVATE_KEY": loop.github.app.private_key}
    pull = _assert_ends(loop, loop.issue("clean"), "clean", READY, MONEY, "")
    assert pull is not None
    assert pull.user.login == loop.github.app.bot
    assert [run.event for run in loop.repository.runs.values() if run.path.endswith("ci.yml")] == ["pull_request"]


def test_a_cancelled_run_stops_its_commands_and_publishes_nothing(loop: Loop) -> None:
    issue, run = _waiting(loop, loop.open_folder() / "begun")
    loop.post(f"actions/runs/{run.id}/cancel")
    loop.github.settle(200)
    assert [(done.name, done.conclusion, done.code) for done in loop.runner.of(run)] == [
        ("work", "cancelled", 130),
        ("publish", "skipped", None),
    ], loop.log(run)
    assert run.conclusion == "cancelled"
    assert [each.name for each in run.artifacts] == ["mtor-handover"]
    assert (issue.comments, loop.pull_of(issue, run)) == ([], None)


def test_a_lost_runner_leaves_nothing_and_the_next_attempt_does_the_work(loop: Loop) -> None:
    begun = loop.open_folder() / "begun"
    loop.runner.lost, loop.runner.lose_when = ["work"], begun.exists
    _, run = _waiting(loop, begun)
    loop.github.settle(200)
    assert [(done.name, done.conclusion) for done in loop.runner.of(run)] == [
        ("work", "failure"),
        ("publish", "skipped"),
    ]
    assert (run.conclusion, run.artifacts) == ("failure", [])
    assert [job.annotation for job in run.jobs if job.name not in ("event", "relay")] == [LOST, ""]
    issue = loop.issue("clean")
    _assert_ends(loop, issue, "clean", READY, MONEY, "", attempt=2)


def test_a_run_that_takes_too_long_is_stopped_and_says_so(loop: Loop) -> None:
    workflow = orchard.FILES[WORKFLOW_FILE]
    assert "timeout-minutes: 180" in workflow
    loop.repository.commit({WORKFLOW_FILE: workflow.replace("timeout-minutes: 180", "timeout-minutes: 8")})
    _, run = _waiting(loop, loop.open_folder() / "begun")
    loop.github.settle(200)
    work, publish = loop.runner.of(run)
    assert (work.conclusion, work.outputs["outcome"], publish.conclusion) == ("timed_out", "cancelled", "success")
    assert run.conclusion == "timed_out"


def test_publishing_that_failed_is_done_again_without_the_work(loop: Loop) -> None:
    loop.github.faults.refuse("POST */pulls", 403, "Resource not accessible by integration")
    issue = loop.issue("fixed")
    run = loop.dispatched(issue)
    assert (run.conclusion, loop.pull_of(issue, run)) == ("failure", None), loop.log(run)
    asked = len(loop.model.requests)
    loop.github.faults.clear()
    loop.post(f"actions/runs/{run.id}/rerun-failed-jobs")
    loop.github.settle(200)
    assert [(done.name, done.attempt) for done in loop.runner.of(run)] == [("work", 1), ("publish", 1), ("publish", 2)]
    assert (run.conclusion, result(run)["outcome"]) == ("success", "fixed"), loop.log(run)
    assert loop.pull_of(issue, run) is not None
    assert len(loop.model.requests) == asked
    assert len(issue.comments) == 1


def test_the_second_run_of_a_job_leaves_at_once(loop: Loop) -> None:
    issue = loop.issue("clean")
    first = loop.dispatched(issue)
    second = loop.dispatched(issue)
    assert "came first" in loop.log(second)
    assert [done.conclusion for done in loop.runner.of(second)] == ["success", "skipped"]
    assert (len(issue.comments), first.conclusion, second.artifacts) == (1, "success", [])


def _waiting(loop: Loop, begun: Path) -> tuple[Issue, Run]:
    """An issue whose test does not end, and its run, once the test has begun."""
    title, body = orchard.SPECS["clean"]
    test = f"touch {begun}; sleep 300"
    issue = loop.repository.issue(title, f"{body}\n```yaml mtor\ntest: [{test!r}]\n```\n", by="alice")
    run = loop.dispatch(issue)
    wait_until(begun.exists)
    return issue, run


def _assert_ends(
    loop: Loop, issue: Issue, outcome: str, left: str, files: list[str], said: str, **dispatch: Any
) -> Issue | None:
    """Run it, and look at everything that it left; the pull request if there is one."""
    run = loop.dispatched(issue, **dispatch)
    found = result(run)
    pull = loop.pull_of(issue, run)
    assert (found["outcome"], found["reason"]) == (outcome, ""), loop.log(run)
    assert run.conclusion == ("failure" if outcome == "error" else "success"), loop.log(run)
    (comment,) = issue.comments[-1:]
    # The details of what has a pull request of its own are told there, below.
    told = f"#{pull.number}" if pull and pull.pull else said
    assert (comment.id, told in comment.body) == (found["comment"], True), comment.body
    assert found["pull_request"] == (pull and pull.number)
    assert left == ("" if pull is None or pull.pull is None else "draft" if pull.pull.draft else "ready")
    if pull and pull.pull:
        changed = loop.repository.git.lines("diff", "--name-only", f"{pull.pull.base_ref}...{pull.pull.head_ref}")
        assert (changed, pull.title, pull.label_names) == (files, issue.title, [])
        assert said in (pull.body or "")
    return pull
