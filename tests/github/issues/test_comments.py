from __future__ import annotations

import re

import pytest

from github.scripted_api import LOST, FakeTime, Reply, ScriptedApi
from mtor_action.errors import MtorError
from mtor_action.github.client import Client, connect
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.comments import (
    MOST_CHARACTERS,
    Comment,
    create_comment,
    fit,
    marker,
    own_id,
    own_login,
    upsert_comment,
)

MARKER = "<!-- mtor:report job=J-1 -->"
OURS, STRANGER = {"id": 9, "login": "mtor[bot]"}, {"id": 66, "login": "mallory"}
ME = Reply(200, {"id": 9, "login": "mtor[bot]"})
LINK = "https://github.test/o/r/actions/runs/7"


def said(number: int, body: str, user: object = OURS) -> dict[str, object]:
    return {"id": number, "html_url": f"https://github.test/c/{number}", "body": body, "user": user}


def ours(api: ScriptedApi) -> Client:
    return connect("t", "o/r", api_url=api.url, login="mtor[bot]", clock=FakeTime().clock())


def test_the_marker_is_a_hidden_line_that_nothing_can_leave() -> None:
    assert marker("report", "J-1") == MARKER
    for job in ("", "a b", "x-->", "a\nb", "é", "j" * 81):
        with pytest.raises(MtorError):
            marker("report", job)


def test_our_comment_is_edited_in_place_and_a_forged_one_is_not() -> None:
    listed = [
        said(1, f"{MARKER}\nforged", STRANGER),
        said(2, f"{MARKER}\nfrom a ghost", None),
        said(3, f"quoted:\n{MARKER}"),
        said(4, "<!-- mtor:report job=J-2 -->\nanother job"),
        said(5, f"{MARKER}\r\nold"),
        said(6, f"{MARKER}\nolder twin"),
    ]
    with ScriptedApi(ME, Reply(200, listed), Reply(200, said(5, f"{MARKER}\nnew"))) as api:
        found = upsert_comment(ours(api), 12, MARKER, "new")
    assert found == Comment(5, "https://github.test/c/5", f"{MARKER}\nnew", 9, "mtor[bot]")
    assert api.calls[-1] == "PATCH /repos/o/r/issues/comments/5"
    assert api.asked[-1].json == {"body": f"{MARKER}\nnew"}


def test_without_a_comment_of_ours_one_is_posted() -> None:
    forged = Reply(200, [said(1, f"{MARKER}\nforged", STRANGER)])
    with ScriptedApi(ME, forged, Reply(201, said(8, "x"))) as api:
        assert upsert_comment(ours(api), 12, MARKER, "new").id == 8
    assert api.calls[-1] == "POST /repos/o/r/issues/12/comments"


def test_a_comment_that_says_it_already_is_left_alone() -> None:
    with ScriptedApi(ME, Reply(200, [said(5, f"{MARKER}\r\nsame\r\n")])) as api:
        assert upsert_comment(ours(api), 12, MARKER, "same").id == 5
    assert len(api.asked) == 2


def test_an_account_that_is_not_known_owns_no_comment() -> None:
    ghost = Reply(200, [{"id": 1, "body": f"{MARKER}\nx", "user": {}}])
    for unknown in (Reply(200, {}), Reply(404, {"message": "Not Found"})):
        with ScriptedApi(unknown, ghost, Reply(201, said(8, "x")), Reply(200, [said(8, MARKER)]), Reply(200)) as api:
            client = ours(api)
            assert upsert_comment(client, 12, MARKER, "new").id == 8
            upsert_comment(client, 12, MARKER, "newer")
        assert api.calls[-1] == "PATCH /repos/o/r/issues/comments/8"


@pytest.mark.parametrize("fault", [LOST, Reply(502, "<html>")])
def test_after_a_lost_answer_the_comment_is_looked_for_before_it_is_posted_again(fault: Reply) -> None:
    earlier = [said(5, f"{MARKER}\nsomething else"), said(6, f"{MARKER}\nthis", STRANGER)]
    with ScriptedApi(fault, ME, Reply(200, [*earlier, said(7, f"{MARKER}\nthis")])) as api:
        assert create_comment(ours(api), 12, MARKER, "this").id == 7
    with ScriptedApi(fault, ME, Reply(200, earlier), Reply(201, said(8, "x"))) as api:
        assert create_comment(ours(api), 12, MARKER, "this").id == 8
    assert [call.split()[0] for call in api.calls] == ["POST", "GET", "GET", "POST"]


def test_the_token_of_a_workflow_is_known_by_the_account_that_it_cannot_ask_for() -> None:
    refused = Reply(403, {"message": "Resource not accessible by integration"})
    with ScriptedApi(refused, Reply(200, {"id": 41898282, "login": "github-actions[bot]"})) as api:
        client = connect("t", "o/r", api_url=api.url)
        assert (own_id(client), own_login(client), own_id(client)) == (41898282, "github-actions[bot]", 41898282)
    assert api.calls == ["GET /user", "GET /users/github-actions%5Bbot%5D"]


def test_a_persons_token_is_asked_for_its_account_and_a_bad_one_is_not_mistaken_for_a_workflows() -> None:
    with ScriptedApi(Reply(200, {"login": "ada"}), Reply(200, {"id": 7})) as api:
        assert own_id(connect("t", "o/r", api_url=api.url)) == 7
    with ScriptedApi(Reply(401, {"message": "Bad credentials"})) as api, pytest.raises(GitHubError):
        own_id(connect("t", "o/r", api_url=api.url))


def test_a_body_that_is_too_long_is_cut_before_it_is_sent() -> None:
    with ScriptedApi(Reply(201, said(8, "x"))) as api:
        create_comment(ours(api), 12, MARKER, "word\n\n" * 20_000)
    sent = api.asked[0].json["body"]
    assert sent.startswith(f"{MARKER}\nword\n")
    assert len(sent) < 65_000


def test_what_fits_is_not_touched() -> None:
    body = "a" * MOST_CHARACTERS
    assert fit(body, LINK) == body
    assert len(fit(body + "a", LINK)) <= MOST_CHARACTERS


LONG = "word " * 14_000


@pytest.mark.parametrize(
    ("body", "last_kept"),
    [
        ("first\n\nsecond\n\n```text\n" + "line\n" * 20_000 + "```\n", "second"),
        ("first\n\nsecond\n\n~~~~ text\n" + "line\n" * 20_000, "second"),
        ("first\n\nsecond\n\n    " + "indented\n    " * 10_000, "second"),
        ("second\n\n<details><summary>s</summary>\n\n" + "word\n\n" * 20_000 + "</details>\n\nend", "second"),
        ("second\n\n<DETAILS open>\n<details>\n\nx\n\n</details>\n\n" + "word\n\n" * 20_000, "second"),
        ("second\n\nx <details>\n" + "word\n" * 20_000, "second"),
        ("second\n\n<!-- hidden\n" + "word\n" * 20_000, "second"),
        ("second\n\n> ```\n> " + "line\n> " * 20_000, "second"),
        ("second\n\n- " + "- ".join(f"item {n:05}\n" for n in range(9_000)), None),
        ("second\n\n- one\n\n  ```\n" + "  line\n" * 20_000, "second"),
        ("second\n\n| a |\n|---|\n" + "| b |\n" * 20_000, "| b |"),
        ("second\r\n\r\n" + "word\r\n\r\n" * 20_000, "word"),
        ("second\n\n`<details>` is code\n\n" + "word\n\n" * 20_000, "word"),
        (f"second\n\n{LONG}", "second"),
        (LONG, ""),
    ],
)
def test_a_cut_falls_between_blocks_and_ends_with_the_link(body: str, last_kept: str | None) -> None:
    text = fit(body, LINK)
    kept, _, closing = text.rpartition("**Cut here**")
    assert len(text) <= MOST_CHARACTERS
    assert LINK in closing
    last = kept.rstrip().rpartition("\n")[2]
    assert last == last_kept if last_kept is not None else re.fullmatch(r"- item \d{5}", last)


def test_a_hostile_body_is_cut_too_and_keeps_its_link() -> None:
    for pattern in ("<details>", "- ", "> ", "`", "[", "<!--", "\r", "*_"):
        text = fit(pattern * (2_000_000 // len(pattern)), LINK)
        assert len(text) <= MOST_CHARACTERS
        assert LINK in text
