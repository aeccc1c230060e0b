"""What a job needs from a person, in which order, and how the night is told."""

from __future__ import annotations

import dataclasses
import http.server
import json
import re
import threading
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import MtorError
from mtor_action.neutral import BREAK
from mtor_action.night.morning import Morning
from mtor_action.night.night_issue import night_markdown
from mtor_action.night.night_job import (
    Checks,
    NightJob,
    NightPull,
    NightState,
    PullEnd,
    Urgency,
    headline,
    in_order,
)
from mtor_action.night.night_message import night_message, send
from mtor_action.night.night_page import night_page
from mtor_action.night.night_table import night_table
from mtor_action.report.terminal import Paint

if TYPE_CHECKING:
    from collections.abc import Iterator

SINCE = "2026-11-28T18:00:00Z"


def job(
    number: int, state: NightState, end: PullEnd | None = None, checks: Checks = Checks.NONE, title: str = "t"
) -> NightJob:
    page = f"https://github.example/acme/widget/issues/{number}"
    pull = NightPull(number + 100, f"{page}/pull", end, checks) if end else None
    return NightJob(number, title, page, state, pull, tokens=number * 1_000, usd=number / 100)


@pytest.mark.parametrize(
    ("state", "end", "checks", "urgency"),
    [
        (NightState.QUEUED, None, Checks.NONE, Urgency.NOTHING_YET),
        (NightState.RUNNING, PullEnd.OPEN, Checks.RED, Urgency.NOTHING_YET),  # an earlier job's
        (NightState.FAILED, None, Checks.NONE, Urgency.FAILED),
        (NightState.STALLED, None, Checks.NONE, Urgency.FAILED),
        (NightState.FAILED, PullEnd.CLOSED, Checks.NONE, Urgency.NOTHING),
        (NightState.DONE, None, Checks.NONE, Urgency.NOTHING),  # it was applied already
        (NightState.DONE, PullEnd.MERGED, Checks.NONE, Urgency.NOTHING),
        (NightState.DONE, PullEnd.OPEN, Checks.HELD, Urgency.HELD),
        (NightState.DONE, PullEnd.DRAFT, Checks.RED, Urgency.RED),
        (NightState.STALLED, PullEnd.DRAFT, Checks.NONE, Urgency.DRAFT),
        (NightState.FAILED, PullEnd.DRAFT, Checks.RUNNING, Urgency.DRAFT),
        (NightState.DONE, PullEnd.OPEN, Checks.RUNNING, Urgency.NOTHING_YET),
        (NightState.DONE, PullEnd.OPEN, Checks.GREEN, Urgency.REVIEW),
        (NightState.DONE, PullEnd.OPEN, Checks.NONE, Urgency.REVIEW),
    ],
)
def test_what_a_job_needs(state: NightState, end: PullEnd | None, checks: Checks, urgency: Urgency) -> None:
    each = job(1, state, end, checks)
    assert each.urgency is urgency
    assert each.needs_a_person is (urgency < Urgency.NOTHING_YET)
    assert bool(each.as_json()["needs"]) is bool(each.as_json()["next_step"]) is each.needs_a_person


NIGHT = in_order(
    [
        job(1, NightState.DONE, PullEnd.OPEN, Checks.GREEN, "Retry"),
        job(2, NightState.FAILED, title="Cache | *it* <!channel> @everyone"),
        job(3, NightState.RUNNING),
        job(4, NightState.DONE, PullEnd.MERGED),
        job(5, NightState.DONE, PullEnd.OPEN, Checks.HELD),
    ]
)


def morning(*jobs: NightJob) -> Morning:
    return Morning("acme/widget", SINCE, jobs)


MORNING = morning(*NIGHT)


def test_what_needs_a_person_comes_first() -> None:
    assert [each.number for each in NIGHT] == [2, 5, 1, 3, 4]
    assert headline(NIGHT) == "5 jobs: 3 need you, 1 under way, 1 done; 15,000 tokens, 0.150 USD (estimate)"
    assert headline([]) == "no jobs"
    assert headline(NIGHT[:1]).startswith("1 job: 1 needs you; 2,000 tokens")


def test_the_terminal_shows_the_next_step_below_what_needs_one() -> None:
    assert night_table(MORNING, Paint(enabled=False)).splitlines() == [
        f"mtor since {SINCE}: {headline(NIGHT)}",
        "",
        "needs you",
        "  #2  failed                           2,000 tokens  Cache | *it* <!channel> @everyone",
        "      → nothing came of it: its last comment says why and what to change",
        "  #5  done    #105 open, checks held   5,000 tokens  t",
        "      → press Approve workflows to run in its merge box, or write /mtor ci there",
        "  #1  done    #101 open, checks green  1,000 tokens  Retry",
        "      → ready for review",
        "",
        "nothing to do",
        "  #3  running               3,000 tokens  t",
        "  #4  done     #104 merged  4,000 tokens  t",
    ]


def test_a_hostile_title_is_only_words_in_the_issue_and_in_the_message() -> None:
    body = night_markdown(MORNING)
    assert body.splitlines()[0] == "<!-- mtor night -->"
    (row,) = (line for line in body.splitlines() if line.startswith("| #2 "))
    assert row.count("|") - row.count("\\|") - row.count("&#124;") == 6
    assert "@everyone" not in body
    text = str(night_message(MORNING)["text"])
    assert "@everyone" not in text
    assert not set("<>[]`") & set(text)


def test_a_phone_shows_what_to_do_whatever_the_title_is() -> None:
    word = "w" * 24
    many = (job(6, NightState.FAILED, title=word * 3), job(7, NightState.FAILED, title=f"{word[:-1]}_|x"), *NIGHT)
    body = night_markdown(morning(*many))
    assert "| issue | what to do | state | pull request | cost (estimate) |" in body
    # Where nobody has to do anything there is no such column.
    assert "| issue | state | pull request | cost (estimate) |" in body
    (long,) = (line for line in body.splitlines() if line.startswith("| #6 "))
    assert long.startswith(f"| #6 {BREAK.join([word] * 3)} | nothing came of it")
    (escaped,) = (line for line in body.splitlines() if line.startswith("| #7 "))
    assert escaped.startswith(f"| #7 {word[:-1]}\\_\\|x | nothing came of it")
    rows = [line for line in body.splitlines() if line.startswith("| ")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {5, 6}


def test_the_page_is_self_contained_and_a_title_is_only_words() -> None:
    hostile = job(6, NightState.FAILED, title="<script>document.title = 'no'</script><img src=x onerror=alert(1)>")
    bad_link = dataclasses.replace(hostile, number=7, html_url="javascript:alert(1)")
    page = night_page(morning(*NIGHT, hostile, bad_link))
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript:' not in page
    linked = [*(each.html_url for each in (*NIGHT, hostile)), *(each.pull.html_url for each in NIGHT if each.pull)]
    assert sorted(re.findall(r'(?:src|href)="([^"]*)"', page)) == sorted(linked)
    assert page.index("Needs you") < page.index(">Retry</a>") < page.index("Nothing to do")


def test_the_message_is_bounded_and_says_what_is_left_out() -> None:
    many = [job(number, NightState.FAILED, title="x" * 300) for number in range(1, 200)]
    message = night_message(morning(*many))
    text = str(message["content"])
    assert message["text"] == text
    assert len(text) <= 1_900
    shown = text.count("•")
    assert text.splitlines()[-1] == f"… and {199 - shown} more"
    assert len(night_markdown(morning(*many * 20))) < 65_000


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[bytes], list[int]]]:
    """A server's address, what it got, and the status of its answers."""
    got: list[bytes] = []
    status = [204]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/services/secret-word", got, status
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_json_and_its_address_stays_a_secret(webhook: tuple[str, list[bytes], list[int]]) -> None:
    address, got, status = webhook
    message = night_message(MORNING)
    send(message, address)
    assert json.loads(got[0]) == message
    status[0] = 404
    with pytest.raises(MtorError) as caught:
        send(message, address)
    assert "status 404" in caught.value.message
    assert "secret-word" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("address", ["http://hooks.example/x", "file:///etc/passwd", "ftp://x", "https//x", ""])
def test_an_address_that_is_not_https_is_refused(address: str) -> None:
    with pytest.raises(MtorError, match="https://"):
        send({}, address)
