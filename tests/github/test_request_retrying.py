"""How long mtor waits, over real answers; time is injected."""

from __future__ import annotations

import pytest

from github.scripted_api import LOST, NOW, FakeTime, Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError

OK = Reply(200, {"number": 7})
BROKEN = Reply(502, {"message": "Bad Gateway"})
SECONDARY = Reply(403, {"message": "You have exceeded a secondary rate limit."})


def limited(status: int = 403, *, retry_after: str = "", remaining: str = "0", reset: object = "") -> Reply:
    headers = {"retry-after": retry_after, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": str(reset)}
    return Reply(
        status, {"message": "API rate limit exceeded"}, {name: value for name, value in headers.items() if value}
    )


@pytest.mark.parametrize(
    ("before", "waits"),
    [
        ([], []),
        ([BROKEN], [2.0]),
        ([BROKEN, LOST, BROKEN], [2.0, 8.0, 32.0]),
        ([SECONDARY], [60.0]),
        ([SECONDARY, SECONDARY, SECONDARY], [60.0, 120.0, 240.0]),
        ([limited(retry_after="7")], [7.0]),
        ([limited(429, retry_after="7")], [7.0]),
        ([Reply(503, None, {"Retry-After": "30"})], [30.0]),
        ([limited(retry_after="Sun, 06 Nov 1994 08:50:07 GMT")], [30.0]),
        ([limited(retry_after="-5")], [0.0]),
        ([limited(retry_after="soon")], [60.0]),
        ([limited(retry_after="7", reset=int(NOW) + 90)], [7.0]),
        ([limited(reset=int(NOW) + 90)], [91.0]),
        ([limited(reset=int(NOW) - 90)], [1.0]),
        ([limited(reset="never")], [60.0]),
        ([limited(reset="²")], [60.0]),
        ([limited(remaining="12", reset=int(NOW) + 90)], [60.0]),
    ],
)
def test_a_wait_is_what_github_asks_for_or_grows(before: list[Reply], waits: list[float]) -> None:
    time = FakeTime()
    with ScriptedApi(*before, OK) as api, connect("t", "o/r", api_url=api.url, clock=time.clock()) as client:
        assert client.call("GET", "issues/7").number("number") == 7
    assert time.waits == waits
    assert len(api.asked) == len(before) + 1


@pytest.mark.parametrize(
    ("reply", "tries", "note"),
    [
        (BROKEN, 4, "gave up after 4 tries"),
        (limited(retry_after="3600"), 1, "the next try is due in 3600 s, longer than mtor waits"),
        (limited(retry_after="inf"), 1, "longer than mtor waits"),
        (limited(reset=int(NOW) + 3599), 1, "the next try is due in 3600 s"),
        (limited(reset="9" * 400), 1, "longer than mtor waits"),
        (limited(retry_after="400"), 3, "the next try is due in 400 s"),
    ],
)
def test_waiting_is_bounded_in_tries_and_in_time(reply: Reply, tries: int, note: str) -> None:
    time = FakeTime()
    with ScriptedApi(*[reply] * 9) as api, pytest.raises(GitHubError) as caught:
        connect("t", "o/r", api_url=api.url, clock=time.clock()).call("GET", "issues/7")
    assert note in caught.value.message
    assert len(api.asked) == tries
    assert sum(time.waits) <= 900


def test_the_bound_in_time_holds_for_all_requests_of_a_client_together() -> None:
    time, slow = FakeTime(), limited(retry_after="500")
    with ScriptedApi(slow, OK, slow, OK) as api, connect("t", "o/r", api_url=api.url, clock=time.clock()) as client:
        client.call("GET", "issues/7")
        with pytest.raises(GitHubError, match="longer than mtor waits"):
            client.call("GET", "issues/7")
    assert time.waits == [500.0]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("unsure", [BROKEN, LOST])
def test_what_is_safe_to_repeat_is_repeated_after_a_lost_answer(method: str, unsure: Reply) -> None:
    with ScriptedApi(unsure, OK) as api, connect("t", "o/r", api_url=api.url, clock=FakeTime().clock()) as client:
        client.call(method, "issues/7", {} if method != "GET" else None)
    assert api.calls == [f"{method} /repos/o/r/issues/7"] * 2


@pytest.mark.parametrize("unsure", [BROKEN, LOST])
def test_a_post_is_not_repeated_when_it_may_have_been_carried_out(unsure: Reply) -> None:
    time = FakeTime()
    with ScriptedApi(unsure, OK) as api, pytest.raises(GitHubError, match="it may have been carried out"):
        connect("t", "o/r", api_url=api.url, clock=time.clock()).call("POST", "issues", {})
    assert (len(api.asked), time.waits) == (1, [])


def test_a_post_that_was_refused_for_its_pace_is_repeated() -> None:
    time = FakeTime()
    with ScriptedApi(SECONDARY, OK) as api, connect("t", "o/r", api_url=api.url, clock=time.clock()) as client:
        assert client.call("POST", "issues", {"title": "x"}).number("number") == 7
    assert [asked.json for asked in api.asked] == [{"title": "x"}] * 2
