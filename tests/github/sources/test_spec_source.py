from __future__ import annotations

import base64

import pytest

from github.scripted_api import Reply, ScriptedApi
from mtor_action.access.command import Verb, read_command
from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.sources.spec_source import FetchedSpec, PullRequestRef, fetch_spec
from mtor_action.github.texts.pins import MOST_PINS, Pin, pin_comment, pin_file, pin_issue
from mtor_action.manifest.manifest import parse_spec

BODY = "Retry.\r\n\r\n```yaml mtor\r\ntest: []\r\n```\r\n"
LF_BODY = BODY.replace("\r\n", "\n").encode()
COMMIT = "c" * 40
WRITER = Reply(200, {"permission": "write", "role_name": "write", "user": {"id": 7}})
READER = Reply(200, {"permission": "read", "role_name": "triage"})


def issue(**changes: object) -> Reply:
    return Reply(200, {"number": 12, "title": "Retry requests", "body": BODY, "user": {"login": "ada"}, **changes})


def said(number: int, body: object, login: str | None = "ada", **changes: object) -> dict[str, object]:
    made = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    user = None if login is None else {"login": login, "id": 7, "type": "User"}
    place = "https://x.test/repos/o/r/issues/12"
    return {"id": number, "body": body, "user": user, "issue_url": place, **made, **changes}


def comments(*listed: dict[str, object], more: bool = False) -> Reply:
    return Reply(200, list(listed), {"Link": '<http://x.test>; rel="next"'} if more else {})


def fetch(api: ScriptedApi, *pins: Pin) -> FetchedSpec:
    with connect("t", "o/r", api_url=api.url) as client:
        return fetch_spec(client, 12, pins)


ISSUE_PIN = pin_issue(12, "Retry requests", BODY)


def test_without_pins_the_spec_is_the_body_and_what_writers_continued() -> None:
    listed = [
        said(101, "just talk"),
        said(102, "/mtor spec\r\nmore\r\nlines"),
        said(103, "please run\n/mtor spec\nno"),
        said(104, "/mtor spec and more words", "bob"),
        said(105, "/mtor specification"),
        said(106, "/mtor run"),
        said(107, None),
        said(108, "/mtor spec", "ADA"),
    ]
    with ScriptedApi(issue(), comments(*listed), WRITER, WRITER, WRITER) as api:
        spec = fetch(api)
    assert [(part.name, part.data) for part in spec.parts] == [
        ("#12", LF_BODY),
        ("#12 comment 1", b"\nmore\nlines"),
        ("#12 comment 2", b""),
        ("#12 comment 3", b""),
    ]
    assert spec.pins == (
        ISSUE_PIN,
        pin_comment(102, "/mtor spec\nmore\nlines"),
        pin_comment(104, "/mtor spec and more words"),
        pin_comment(108, "/mtor spec"),
    )
    assert (spec.title, spec.pull_request) == ("Retry requests", None)


@pytest.mark.parametrize(
    ("line", "continues"),
    [
        ("/MTOR spec", True),
        ("/mtor Spec", True),
        ("/mtor\u00a0spec", True),
        ("/mtor spec\u200b", True),
        (" /mtor spec", False),
        ("\t/mtor spec", False),
        ("> /mtor spec", False),
    ],
)
def test_a_comment_continues_the_spec_if_its_first_line_is_read_as_that_command(line: str, *, continues: bool) -> None:
    body = f"{line}\nmore"
    command = read_command(body)
    assert (command is not None and command.verb is Verb.SPEC) == continues
    with ScriptedApi(issue(), comments(said(101, body)), WRITER) as api:
        spec = fetch(api)
    assert [part.data for part in spec.parts[1:]] == [b"\nmore"] * continues


def test_what_readers_ghosts_and_strangers_continue_is_not_the_spec_and_each_is_asked_about_once() -> None:
    listed = [
        said(101, "/mtor spec\nevil", "mallory"),
        said(102, "/mtor spec\nevil", None),
        said(103, "/mtor spec\nevil", "mallory", updated_at="2026-02-02T00:00:00Z"),
    ]
    with ScriptedApi(issue(), comments(*listed), READER) as api:
        assert len(fetch(api).parts) == 1
    assert len(api.asked) == 3


def test_comments_are_read_from_all_pages() -> None:
    first = [said(number, "talk") for number in range(100, 200)]
    with ScriptedApi(issue(), comments(*first, more=True), comments(said(200, "/mtor spec\nlate")), WRITER) as api:
        assert fetch(api).parts[1].data == b"\nlate"


@pytest.mark.parametrize("updated", ["2026-01-01T00:00:01Z", None])
def test_a_writers_edited_continuation_stops_the_job_instead_of_being_left_out(updated: str | None) -> None:
    edited = comments(said(101, "/mtor spec\nx", updated_at=updated))
    with ScriptedApi(issue(), edited, WRITER) as api, pytest.raises(SpecChanged) as caught:
        fetch(api)
    assert caught.value.part == "#12 comment 1"
    assert "edited" in caught.value.message
    assert "new comment" in caught.value.hint


def test_more_parts_than_pins_can_name_are_refused() -> None:
    listed = [said(1000 + number, "/mtor spec\nx") for number in range(MOST_PINS)]
    with (
        ScriptedApi(issue(), comments(*listed), WRITER) as api,
        pytest.raises(MtorError, match="more than 99 comments"),
    ):
        fetch(api)


def test_an_empty_issue_is_an_empty_text() -> None:
    with ScriptedApi(issue(title=None, body=None), comments()) as api:
        spec = fetch(api)
    assert (spec.title, spec.parts[0].data, spec.pins) == ("", b"", (pin_issue(12, "", ""),))


def test_pinned_texts_come_in_the_order_of_the_pins_with_lines_where_they_were() -> None:
    body = "/mtor run\r\n\r\n```yml mtor\r\ntest: []\r\n```\r\n"
    replies = (issue(), Reply(200, said(101, "/mtor spec\nmore")), Reply(200, said(102, body)))
    pins = (pin_comment(101, "/mtor spec\nmore"), pin_comment(102, body), ISSUE_PIN)
    with ScriptedApi(*replies) as api:
        spec = fetch(api, *pins)
    assert api.calls == [f"GET /repos/o/r/issues/{path}" for path in ("12", "comments/101", "comments/102")]
    assert spec.pins == pins
    assert [part.name for part in spec.parts] == ["#12 comment 1", "#12 comment 2", "#12"]
    places = {found.rule: (found.path, found.line) for found in parse_spec(spec.parts, spec.title).diagnostics}
    assert places["near-miss"] == ("#12 comment 2", 3)


def test_a_pinned_comment_may_be_by_anybody_and_edited_back() -> None:
    edited = said(101, "/mtor run\nx", "mallory", updated_at="2026-02-02T00:00:00Z")
    with ScriptedApi(issue(), Reply(200, edited)) as api:
        assert fetch(api, pin_comment(101, "/mtor run\nx")).parts[0].data == b"\nx"


GONE = Reply(404, {"message": "Not Found"})


@pytest.mark.parametrize(
    ("reply", "part"),
    [
        ([issue(body=BODY + "!")], "#12"),
        ([issue(title="Retry request")], "#12"),
        ([issue(body=None)], "#12"),
        ([issue(), Reply(200, said(101, "/mtor spec\nother"))], "#12 comment 1"),
        ([issue(), Reply(200, said(101, None))], "#12 comment 1"),
        ([issue(), GONE], "#12 comment 1"),
    ],
)
def test_a_text_that_is_not_what_its_pin_says_is_named(reply: list[Reply], part: str) -> None:
    with ScriptedApi(*reply) as api, pytest.raises(SpecChanged) as caught:
        fetch(api, ISSUE_PIN, pin_comment(101, "/mtor spec\nmore"))
    assert caught.value.part == part
    assert caught.value.message.startswith(f"{part}: ")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("replies", "pin"),
    [
        ([issue()], pin_issue(13, "Retry requests", BODY)),
        ([issue(), Reply(200, said(101, "x", issue_url="https://x.test/repos/o/r/issues/112"))], pin_comment(101, "x")),
        ([issue(), Reply(200, said(101, "x", issue_url=None))], pin_comment(101, "x")),
        ([issue(), Reply(200, said(102, "x"))], pin_comment(101, "x")),
    ],
)
def test_a_pin_of_another_issue_is_refused(replies: list[Reply], pin: Pin) -> None:
    with ScriptedApi(*replies) as api, pytest.raises(MtorError, match="#12"):
        fetch(api, pin)


CONTENT = b"# Retry\r\n\r\nText \xc3\xa9.\r\n"
FILE = pin_file("specs/a b#1.md", COMMIT, CONTENT)
ENTRY = Reply(200, {"type": "file", "size": 9, "sha": "b" * 40})
# The default branch holds the commit.
HELD = (Reply(200, {"default_branch": "main"}), Reply(200, {"status": "ahead"}))


def blob(content: bytes) -> Reply:
    return Reply(200, {"encoding": "base64", "content": base64.encodebytes(content).decode()})


def test_a_file_is_read_at_its_commit() -> None:
    with ScriptedApi(issue(), *HELD, ENTRY, blob(CONTENT)) as api:
        spec = fetch(api, FILE)
    assert [tuple(part) for part in spec.parts] == [("specs/a b#1.md@cccccccc", CONTENT.replace(b"\r\n", b"\n"))]
    assert spec.authors == ()
    assert api.calls[1:] == [
        "GET /repos/o/r",
        f"GET /repos/o/r/compare/{COMMIT}...main?per_page=1",
        f"GET /repos/o/r/contents/specs/a%20b%231.md?ref={COMMIT}",
        f"GET /repos/o/r/git/blobs/{'b' * 40}",
    ]


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([ENTRY, blob(b"other")], "not what it was"),
        ([GONE], "no such file"),
        ([Reply(200, {"type": "symlink", "size": 9, "sha": "b" * 40})], "not a regular file"),
        ([Reply(200, [{"type": "file", "size": 9, "sha": "b" * 40}])], "not a regular file"),
        ([Reply(200, {"type": "file", "size": 10**9, "sha": "b" * 40})], "1000000000 bytes"),
        ([ENTRY, Reply(200, {"content": "a"})], "does not contain the file"),
        ([ENTRY, Reply(200, {"content": "é"})], "does not contain the file"),
        ([ENTRY, Reply(200, {"content": None})], "not what it was"),
    ],
)
def test_a_file_that_is_not_what_its_pin_says_is_named(replies: list[Reply], message: str) -> None:
    with ScriptedApi(issue(), *HELD, *replies) as api, pytest.raises(SpecChanged) as caught:
        fetch(api, FILE)
    assert message in caught.value.message
    assert caught.value.part == "specs/a b#1.md@cccccccc"


def pull(head_repo: object) -> Reply:
    head = {"ref": "topic", "sha": COMMIT, "repo": head_repo}
    return Reply(200, {"number": 12, "head": head, "base": {"ref": "main", "repo": {"id": 5}}})


@pytest.mark.parametrize(("head_repo", "same"), [({"id": 5}, True), ({"id": 6}, False), (None, False)])
def test_an_issue_that_is_a_pull_request_says_where_it_comes_from(head_repo: object, same: bool) -> None:
    with ScriptedApi(issue(pull_request={"url": "x"}), pull(head_repo)) as api:
        found = fetch(api, ISSUE_PIN).pull_request
    assert found == PullRequestRef(12, "topic", COMMIT, "main", same_repository=same)
    assert api.calls[1] == "GET /repos/o/r/pulls/12"


@pytest.mark.parametrize(
    ("reply", "kind", "hint"),
    [
        (Reply(410, {"message": "This issue was deleted"}), RequestFailureKind.GONE, "new issue"),
        (
            Reply(301, {"message": "Moved Permanently"}, {"Location": "https://x.test/repositories/7/issues/1"}),
            RequestFailureKind.MOVED,
            "where it is now",
        ),
        (Reply(404, {"message": "Not Found"}), RequestFailureKind.NOT_FOUND, "check"),
    ],
)
def test_an_issue_that_is_gone_or_moved_is_not_read_elsewhere(
    reply: Reply, kind: RequestFailureKind, hint: str
) -> None:
    with ScriptedApi(reply) as api, pytest.raises(GitHubError) as caught:
        fetch(api, ISSUE_PIN)
    assert caught.value.kind is kind
    assert hint in caught.value.hint


def test_a_locked_issue_is_read_as_any_other() -> None:
    with ScriptedApi(issue(locked=True, state="closed")) as api:
        assert fetch(api, ISSUE_PIN).parts[0].data == LF_BODY


def test_what_is_not_utf8_reaches_the_parser_as_a_mistake() -> None:
    with ScriptedApi(issue(body="\ud800"), comments()) as api:
        spec = fetch(api)
    assert "not-utf8" in {found.rule for found in parse_spec(spec.parts, spec.title).diagnostics}
