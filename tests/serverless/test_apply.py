"""`/mtor apply` without a server: which suggestions it takes, the exact bytes that they give, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.github.texts.pins import decode
from mtor_action.manifest.manifest import parse_spec
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree
from serverless.desk import ACTIONS, RIGHTS, Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github.pulls import Pull

BRANCH = "mtor/1-b"
MESSAGE = "b\n\nSpec: #1\nJob: i1-0123456789ab-1"
TEXT = b"one = 1\ntwo = 2\nthree = 3\nfour = 4\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        desk.repository.grant("bob", "write")
        desk.repository.commit({".github/mtor.yml": "test: sh tests/check.sh\n"}, "settings", by="ada")
        yield desk


def own_pull(desk: Desk, content: bytes = TEXT, path: str = "b.py") -> Pull:
    desk.repository.commit({path: content}, MESSAGE, branch=BRANCH, by=ACTIONS)
    return desk.repository.pull_request(BRANCH, "Change", "", by=ACTIONS)


def suggestion(text: str, fence: str = "```") -> str:
    return f"Better so:\n\n{fence}suggestion\n{text}{fence}\n"


def result(desk: Desk, pull: Pull, path: str = "b.py") -> bytes:
    """What the dispatched run's texts make of the file: fetched as the runner does it."""
    (run,) = desk.jobs
    token = desk.repository.token(ACTIONS, RIGHTS).value
    with connect(token, desk.repository.full_name, api_url=desk.github.api_url) as client:
        fetched = fetch_spec(client, pull.number, decode(run.inputs["spec"]))
    before = desk.repository.git.blob(desk.repository.git.line("rev-parse", f"{pull.head_sha}:{path}"))
    spec = parse_spec(fetched.parts, fetched.title)
    plan = make_plan(spec, DictTree({path: FileState(before, "100644")}))
    assert [*spec.diagnostics, *plan.faults] == []
    ((changed, after),) = [(change.path, change.after) for change in plan.changes]
    assert changed == path
    assert after is not None
    return after.content


def refused(desk: Desk, pull: Pull) -> str:
    assert desk.jobs == []
    assert desk.reactions()[-1:] in (["confused"], [])
    return desk.answers(pull.issue)


@pytest.mark.parametrize(
    ("content", "lines", "text", "after"),
    [
        (TEXT, (2, 2), "two = 22\n", b"one = 1\ntwo = 22\nthree = 3\nfour = 4\n"),
        (TEXT, (2, 3), "both = 5\n", b"one = 1\nboth = 5\nfour = 4\n"),
        (TEXT, (2, 3), "", b"one = 1\nfour = 4\n"),
        (TEXT, (2, 2), "\n", b"one = 1\n\nthree = 3\nfour = 4\n"),
        (TEXT, (4, 4), "four = 4\nfive = 5\n", TEXT + b"five = 5\n"),
        (TEXT, (1, 4), "", b""),
        (TEXT.replace(b"\n", b"\r\n"), (2, 2), "two = 22\nx = 0\n",
         b"one = 1\r\ntwo = 22\r\nx = 0\r\nthree = 3\r\nfour = 4\r\n"),
        (TEXT[:-1], (4, 4), "four = 44\nfive = 5\n", b"one = 1\ntwo = 2\nthree = 3\nfour = 44\nfive = 5"),
        (TEXT[:-1], (4, 4), "", b"one = 1\ntwo = 2\nthree = 3"),
        (b"\xef\xbb\xbf" + TEXT, (1, 1), "one = 11\n", b"\xef\xbb\xbfone = 11\ntwo = 2\nthree = 3\nfour = 4\n"),
        (b"x = 1\nx = 1\nx = 1\nx = 1\n", (3, 3), "x = 3\n", b"x = 1\nx = 1\nx = 3\nx = 1\n"),
        (TEXT, (2, 2), "# ... existing code ...\ntwo = '<<<<<<< SEARCH'\n",
         b"one = 1\n# ... existing code ...\ntwo = '<<<<<<< SEARCH'\nthree = 3\nfour = 4\n"),
        (TEXT, (2, 2), "two = 2  \n\tthree = '\u00e9\u2028'\n",
         "one = 1\ntwo = 2  \n\tthree = '\u00e9\u2028'\nthree = 3\nfour = 4\n".encode()),
    ],
)  # fmt: skip
def test_the_lines_come_out_byte_for_byte(
    desk: Desk, content: bytes, lines: tuple[int, int], text: str, after: bytes
) -> None:
    path = "b.txt"
    pull = own_pull(desk, content, path)
    first, last = lines
    root = pull.remark(suggestion(text), path, last, by="bob", start_line=first if first != last else None)
    pull.remark("/mtor apply", path, last, by="ada", reply_to=root.id)
    desk.hear()
    assert result(desk, pull, path) == after


def test_a_fence_of_four_backticks_holds_one_of_three(desk: Desk) -> None:
    pull = own_pull(desk, b"# Title\n\ntext\n", "b.md")
    root = pull.remark(suggestion("```sh\nmake\n```\n", "````"), "b.md", 3, by="bob")
    pull.remark("/mtor apply", "b.md", 3, by="ada", reply_to=root.id)
    desk.hear()
    assert result(desk, pull, "b.md") == b"# Title\n\n```sh\nmake\n```\n"


def test_a_review_and_the_conversation_take_a_batch_and_a_thread_takes_its_own(desk: Desk) -> None:
    pull = own_pull(desk)
    pull.remark(suggestion("four = 44\n"), "b.py", 4, by="bob")
    remarks = [(suggestion("one = 11\n"), "b.py", 1), (suggestion("three = 33\nx = 0\n"), "b.py", 3)]
    pull.review("/mtor apply", by="ada", remarks=remarks)
    desk.hear()
    assert result(desk, pull) == b"one = 11\ntwo = 2\nthree = 33\nx = 0\nfour = 4\n"
    desk.jobs[0].finish()
    desk.repository.runs.pop(desk.jobs[0].id)
    pull.issue.comment("/mtor apply", by="ada")
    desk.hear()
    assert result(desk, pull) == b"one = 11\ntwo = 2\nthree = 33\nx = 0\nfour = 44\n"


def test_lines_that_another_commit_only_shifted_are_found_and_changed_ones_are_not(desk: Desk) -> None:
    pull = own_pull(desk)
    pull.remark(suggestion("four = 44\n"), "b.py", 4, by="bob")
    pull.remark(suggestion("one = 11\n"), "b.py", 1, by="bob")
    desk.repository.commit(
        {"b.py": b"one = 7\ntwo = 2\nx = 0\nthree = 3\nfour = 4\n"}, MESSAGE, branch=BRANCH, by=ACTIONS
    )
    pull.issue.comment("/mtor apply", by="ada")
    desk.hear()
    assert result(desk, pull) == b"one = 7\ntwo = 2\nx = 0\nthree = 3\nfour = 44\n"
    assert "Left out: the suggestion of @\u200bbob for b.py:1" in desk.statuses(pull.issue)[0]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("moved", "its lines have changed since it was written"),
        ("outsider", "mallory cannot write to this repository"),
        ("left", "lines that the pull request removes"),
        ("file", "the file as a whole"),
        ("twice", "two suggestions for the same lines"),
        ("hidden", "where readers may not see it"),
        ("open", "no closing fence"),
        ("overlap", "are about the same lines"),
        ("edited", "edited after this was asked for"),
        ("none", "there is no suggestion here"),
        ("same", "nothing differs"),
        ("person", "is not mtor's, but by ada"),
        ("closed", "the pull request is closed"),
        ("foreign", "is for pull requests that mtor opened"),
        ("issue", "is for pull requests that mtor opened"),
        ("quoted", "there is no suggestion here"),
    ],
)
def test_what_may_not_be_applied_changes_nothing_and_says_why(desk: Desk, case: str, why: str) -> None:
    pull = desk.pull() if case == "foreign" else own_pull(desk)
    if case == "issue":
        issue = desk.repository.issue("Wish", "", by="ada")
        issue.comment("/mtor apply", by="ada")
        desk.hear()
        assert why in desk.answers(issue)
        return
    texts = {
        "twice": suggestion("a\n") + suggestion("b\n"),
        "hidden": "<details hidden>\n\n" + suggestion("two = 22\n"),
        "open": "```suggestion\ntwo = 22\n",
        "none": "Why?",
        "same": suggestion("two = 2\n"),
        "quoted": "> " + suggestion("two = 22\n").replace("\n", "\n> "),
    }
    by = "mallory" if case == "outsider" else "bob"
    line = None if case == "file" else 1 if case == "foreign" else 2
    root = pull.remark(
        texts.get(case, suggestion("two = 22\n")), "b.py", line, by=by, side="LEFT" if case == "left" else "RIGHT"
    )
    if case == "overlap":
        pull.remark(suggestion("x\n"), "b.py", 3, by="bob", start_line=2, reply_to=root.id)
    if case == "moved":
        desk.repository.commit({"b.py": TEXT.replace(b"2", b"7")}, MESSAGE, branch=BRANCH, by=ACTIONS)
    if case == "person":
        desk.repository.commit({"c.py": "c = 1\n"}, "c", branch=BRANCH, by="ada")
    if case == "closed":
        pull.issue.close(by="ada")
    pull.remark("/mtor apply", "b.py", line, by="ada", reply_to=root.id)
    if case == "edited":
        desk.github.clock.advance(2)
        root.edit(suggestion("two = 'evil'\n"), by="bob")
    desk.hear()
    assert why in refused(desk, pull)


def test_an_outsiders_command_does_nothing(desk: Desk) -> None:
    pull = own_pull(desk)
    pull.remark(suggestion("two = 22\n"), "b.py", 2, by="bob")
    pull.issue.comment("/mtor apply", by="mallory")
    desk.hear()
    assert (desk.jobs, desk.answers(pull.issue)) == ([], "")


def test_one_that_may_not_be_applied_stops_the_others(desk: Desk) -> None:
    pull = own_pull(desk)
    pull.remark(suggestion("two = 22\n"), "b.py", 2, by="bob")
    pull.remark(suggestion("one = 11\n"), "b.py", 1, by="mallory")
    pull.issue.comment("/mtor apply", by="ada")
    desk.hear()
    assert "mallory cannot write" in refused(desk, pull)


def test_a_bots_suggestion_counts_once_the_bot_is_listed(desk: Desk) -> None:
    pull = own_pull(desk)
    root = pull.remark(suggestion("two = 22\n"), "b.py", 2, by="reviewer[bot]")
    pull.remark("/mtor apply", "b.py", 2, by="ada", reply_to=root.id)
    desk.hear()
    assert "cannot write to this repository" in refused(desk, pull)
    pull.remark("/mtor apply", "b.py", 2, by="ada", reply_to=root.id)
    desk.hear(MTOR_LISTED_BOTS=str(root.user.id))
    assert result(desk, pull) == TEXT.replace(b"two = 2", b"two = 22")
