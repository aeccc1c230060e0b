"""What the work job fetches: the spec, the base and the notes that were meant, with a token that goes nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, git
from mtor_action.github.texts.pins import encode, pin_file, pin_issue
from other_words import OTHER_WORDS, let_graphql_differ
from standins.github.pulls import open_pull

if TYPE_CHECKING:
    from standins.github import Repository
    from work.workplace import Worked, Workplace

_THREE = "```text create=three\n3\n```\n"
_NOTES = "notes:\n- {id: two, text: Never., state: active, forbid: {pattern: return 2, paths: ['**']}}\n"


def _base(done: Worked) -> str:
    assert done.outputs["outcome"] == "clean", done.log
    return done.received.handover.base


def test_the_base_is_the_default_branch_as_it_is_now(workplace: Workplace) -> None:
    now = workplace.repo.commit({"new": "x\n"})
    assert _base(workplace.work(workplace.issue(EDIT, test=["test -e new"]))) == now


@pytest.mark.parametrize("wanted", ["release", "v1", "commit"])
@pytest.mark.parametrize("is_default", [True, False])
def test_the_base_is_what_the_spec_or_the_settings_name(workplace: Workplace, wanted: str, *, is_default: bool) -> None:
    meant = workplace.repo.commit({"old": "x\n"}, branch="release")
    workplace.repo.git.run("tag", "-a", "-m", "one", "v1", meant)
    name = meant if wanted == "commit" else wanted
    if is_default:
        workplace.repo.commit({".github/mtor.yml": f"base: {name}\n"})
    settings = {} if is_default else {"base": name}
    assert _base(workplace.work(workplace.issue(EDIT, test=["test -e old"], **settings))) == meant


@pytest.mark.parametrize("wanted", ["nowhere", "0" * 40, "1234567"])
def test_a_base_that_is_not_on_the_server_is_an_error(workplace: Workplace, wanted: str) -> None:
    done = workplace.work(workplace.issue(EDIT, test=["true"], base=wanted))
    assert (done.code, done.outputs["outcome"]) == (3, "error")
    assert wanted in done.report["reason"]


def test_on_a_pull_request_the_base_is_its_branch(workplace: Workplace) -> None:
    head = workplace.repo.commit({"topic": "x\n"}, branch="topic")
    done = workplace.work(_pull(workplace, workplace.repo))
    assert _base(done) == head


def test_a_pull_request_of_a_fork_is_refused_with_the_next_step(workplace: Workplace) -> None:
    fork = workplace.github.repository("eve/widget", fork_of=workplace.repo)
    fork.commit({"topic": "x\n"}, branch="topic")
    done = workplace.work(_pull(workplace, fork))
    assert (done.code, done.outputs["outcome"]) == (3, "error")
    assert "comes from a fork" in done.report["reason"]
    assert "push its branch to this repository" in done.report["next_step"]


def test_a_history_that_was_checked_out_stays_whole(workplace: Workplace) -> None:
    trusted = ("-c", f"safe.directory={workplace.root}")
    git(workplace.root, *trusted, "fetch", "-q", "--unshallow", f"file://{workplace.repo.git.path}")
    for number in range(3):
        workplace.repo.commit({"new": f"{number}\n"})
    done = workplace.work(workplace.issue(EDIT, test=["test $(git rev-list --count HEAD) = 4"]))
    assert done.outputs["outcome"] == "clean", done.log


@pytest.mark.parametrize("pinned", [True, False])
def test_the_notes_are_those_that_were_pinned_or_the_newest(workplace: Workplace, *, pinned: bool) -> None:
    repo = workplace.repo
    strict = repo.commit({"coaching.yml": _NOTES}, branch="mtor-coaching")
    repo.commit({"coaching.yml": "notes: []\n"}, branch="mtor-coaching")
    done = workplace.work(workplace.issue(EDIT, test=["true"]), MTOR_COACHING=strict if pinned else "")
    assert done.outputs["outcome"] == ("failing" if pinned else "clean"), done.log
    assert (done.report["coaching"]["commit"] == strict) == pinned


def test_notes_that_are_gone_fail_no_job(workplace: Workplace) -> None:
    done = workplace.work(workplace.issue(EDIT, test=["true"]), MTOR_COACHING="0" * 40)
    assert done.outputs["outcome"] == "clean", done.log
    assert "coaching notes could not be fetched" in str(done.report["reflection"])


def test_an_edited_spec_is_not_run(workplace: Workplace) -> None:
    issue = workplace.issue(EDIT, test=["true"])
    pins = encode([pin_issue(issue.number, "Return two", issue.body)])
    assert workplace.work(issue, MTOR_SPEC=pins).outputs["outcome"] == "clean"
    issue.edit("alice", body=f"{issue.body}more\n")
    done = workplace.work(issue, MTOR_SPEC=pins)
    assert (done.code, done.outputs["outcome"]) == (0, "rejected"), done.log
    assert "#1: the text is not what it was" in done.report["reason"]


def test_of_two_runs_of_one_job_the_later_leaves_at_once(workplace: Workplace) -> None:
    issue = workplace.issue(EDIT, test=["true"])
    first, second = (workplace.run_id(issue, "JOB") for _ in range(2))
    other = workplace.run_id(issue, "OTHER")
    left = workplace.work(issue, MTOR_JOB="JOB", GITHUB_RUN_ID=second)
    assert (left.code, left.outputs, list(left.handover.iterdir())) == (0, {}, [])
    assert f"the run {first} is for the same job" in left.log
    assert not workplace.github.said("GET", "*/issues/*")
    done = workplace.work(issue, MTOR_JOB="JOB", GITHUB_RUN_ID=first)
    assert (done.received.handover.job, done.received.report.job) == ("JOB", "JOB")
    assert workplace.work(issue, MTOR_JOB="OTHER", GITHUB_RUN_ID=other).outputs["outcome"] == "clean"


@pytest.mark.parametrize(("fault", "said"), [("token", "Bad credentials"), ("issue", "404")])
def test_what_github_refuses_is_an_error_that_says_so(workplace: Workplace, fault: str, said: str) -> None:
    issue = workplace.issue(EDIT, test=["true"]) if fault == "token" else 99
    done = workplace.work(issue, **({"MTOR_TOKEN": "ghs_" + "x" * 36} if fault == "token" else {}))
    assert (done.code, done.outputs["outcome"]) == (3, "error")
    assert done.report["next_step"], said
    assert done.received.report.outcome == "error"


def test_only_the_api_and_the_servers_git_see_the_token(workplace: Workplace) -> None:
    workplace.repo.commit({"new": "x\n"})
    done = workplace.work(workplace.issue(EDIT, test=["! git config --get-regexp extraheader"]))
    assert done.outputs["outcome"] == "clean", done.log
    assert {request.who for request in workplace.github.requests} == {"github-actions[bot]"}
    token = workplace.env["MTOR_TOKEN"].encode()
    below = [path for path in workplace.place.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in below if token in path.read_bytes()]


def _pull(workplace: Workplace, head: Repository) -> int:
    """A pull request with a spec, from the branch `topic` of `head`; its number."""
    body = f"{_THREE}\n```yaml mtor\ntest: {json.dumps(['test -e topic'])}\n```\n"
    alice = workplace.github.world.actor("alice")
    return open_pull(workplace.repo, ("Add three", body), head, ("topic", "main"), alice).issue.number


def test_a_commit_that_only_a_fork_has_is_fetched_by_nobody(workplace: Workplace) -> None:
    fork = workplace.github.repository("eve/widget", fork_of=workplace.repo)
    evil = fork.commit({".github/mtor.yml": "setup: ['touch ran']\n"}, "evil", branch="evil", by="eve")
    workplace.repo.pull_request("eve:evil", "Evil", "", by="eve")
    done = workplace.work(workplace.issue(EDIT, test=["true"], base=evil))
    assert (done.code, done.outputs["outcome"]) == (3, "error")
    assert f"the base {evil} is in no branch or tag" in done.report["reason"]
    assert not (workplace.root / "ran").exists()
    assert (
        git(
            workplace.root, "-c", f"safe.directory={workplace.root}", "cat-file", "--batch-check", "--batch-all-objects"
        ).find(evil)
        < 0
    )


def test_a_base_whose_place_github_does_not_tell_is_not_taken(workplace: Workplace) -> None:
    meant = workplace.repo.commit({"old": "x\n"}, branch="release")
    workplace.github.faults.refuse("GET */compare/*", 403, "Resource not accessible by integration")
    done = workplace.work(workplace.issue(EDIT, test=["true"], base=meant))
    assert (done.code, done.outputs["outcome"]) == (3, "error"), done.log


def test_notes_that_are_not_a_commit_of_their_branch_are_not_used(workplace: Workplace) -> None:
    repo = workplace.repo
    repo.commit({"coaching.yml": "notes: []\n"}, branch="mtor-coaching")
    fork = workplace.github.repository("eve/widget", fork_of=repo)
    evil = fork.commit({"coaching.yml": _NOTES}, "evil", branch="evil", by="eve")
    repo.pull_request("eve:evil", "Evil", "", by="eve")
    done = workplace.work(workplace.issue(EDIT, test=["true"]), MTOR_COACHING=evil)
    assert done.outputs["outcome"] == "clean", done.log
    assert "is not a commit of the branch mtor-coaching" in str(done.report["reflection"])


def test_a_file_at_a_commit_of_a_fork_is_not_run(workplace: Workplace) -> None:
    fork = workplace.github.repository("eve/widget", fork_of=workplace.repo)
    text = _THREE + "\n```yaml mtor\ntest: []\n```\n"
    evil = fork.commit({"evil.md": text}, "evil", branch="evil", by="eve")
    workplace.repo.pull_request("eve:evil", "Evil", "", by="eve")
    pins = encode([pin_file("evil.md", evil, text.encode())])
    done = workplace.work(workplace.issue(EDIT, test=["true"]), MTOR_SPEC=pins)
    assert done.outputs["outcome"] == "rejected", done.log
    assert "in no branch or tag" in done.report["reason"]


@pytest.mark.parametrize("by", ["eve", "alice"])
def test_an_outsiders_text_is_not_run_by_hand_unless_it_is_pinned_whoever_filed_what_a_model_made_of_it(
    workplace: Workplace, by: str
) -> None:
    eve = workplace.repo.world.user("eve")
    read = f"<!-- mtor:read User:{eve.id}:eve -->\n" if by != "eve" else ""
    body = f"{_THREE}\n```yaml mtor\ntest: ['true']\n```\n\n{read}"
    issue = workplace.repo.issue("Add three", body, by=by)
    done = workplace.work(issue)
    assert (done.code, done.outputs["outcome"]) == (0, "rejected"), done.log
    assert "text by @eve, who cannot write here" in done.report["reason"]
    pins = encode([pin_issue(issue.number, issue.title, issue.body)])
    assert pins in done.report["next_step"]
    assert workplace.work(issue, MTOR_SPEC=pins).outputs["outcome"] == "clean"


@pytest.mark.parametrize("change", ["body", "title", "part"])
def test_what_changed_while_a_run_that_a_person_started_waited_is_not_run(workplace: Workplace, change: str) -> None:
    issue = workplace.issue(EDIT, test=["true"])
    run = workplace.run_id(issue, "")
    workplace.github.clock.advance(60)
    if change == "part":
        issue.comment("/mtor spec\n\n" + _THREE, by="alice")
    else:
        issue.edit("alice", **{change: f"{getattr(issue, change)} more\n"})
    done = workplace.work(issue, GITHUB_RUN_ID=run)
    assert (done.code, done.outputs["outcome"]) == (0, "rejected"), done.log
    assert "after the run was created" in done.report["reason"]


def test_talk_and_labels_and_edits_before_the_run_do_not_keep_it_from_running(workplace: Workplace) -> None:
    issue = workplace.issue(EDIT, test=["true"])
    issue.edit("alice", body=f"{issue.body}\nMore.\n")
    issue.comment("/mtor spec\n\n" + _THREE, by="alice")
    workplace.github.clock.advance(60)
    run = workplace.run_id(issue, "")
    workplace.github.clock.advance(60)
    issue.comment("nice", by="eve")
    issue.comment("/mtor spec\n\nevil", by="eve")
    issue.label("bug", by="alice")
    assert workplace.work(issue, GITHUB_RUN_ID=run).outputs["outcome"] == "clean"


@pytest.mark.parametrize("fault", ["POST *graphql", "GET */actions/runs/*"])
def test_where_github_does_not_tell_of_edits_nothing_is_run(workplace: Workplace, fault: str) -> None:
    issue = workplace.issue(EDIT, test=["true"])
    run = workplace.run_id(issue, "")
    workplace.github.clock.advance(60)
    issue.comment("nice", by="eve")
    workplace.github.faults.refuse(fault, 403, "Resource not accessible by integration", times=-1)
    done = workplace.work(issue, GITHUB_RUN_ID=run)
    assert done.outputs["outcome"] in ("rejected", "error"), done.log


@pytest.mark.parametrize("is_pinned", [False, True])
def test_a_text_that_graphql_has_otherwise_is_the_one_that_rest_has(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, *, is_pinned: bool
) -> None:
    let_graphql_differ(monkeypatch, OTHER_WORDS["another title"])
    issue = workplace.issue(EDIT, test=["true"])
    pin = pin_issue(issue.number, issue.title, issue.body)
    done = workplace.work(issue, MTOR_SPEC=encode([pin]) if is_pinned else "")
    assert (done.outputs["outcome"], done.received.handover.pins) == ("clean", (pin,)), done.log
