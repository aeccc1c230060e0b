"""Nights that end, in the bot: the issue and the message of each, through kills, lost messages and a full board."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.bots import scene
from mtor_action.errors import MtorError
from mtor_bot.durable.mornings import keep_mornings
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.bots import Scene
    from standins.github.issues import Issue

HOUR = 3600.0
DAY = 24 * HOUR


class Killed(BaseException):
    """The process ended here."""


class Nights:
    """A scene in which nights end when a test says so; `taken` are the messages that the webhook took.

    Only what people and runs do happens `then`, weeks ago: tokens are of today.
    """

    def __init__(self, here: Scene, taken: list[dict[str, Any]], statuses: list[int]) -> None:
        self.here, self.taken, self.statuses = here, taken, statuses
        # So that no test depends on the hour at which it runs: the night ended an hour ago.
        self.now = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0).timestamp() - 40 * DAY
        job_rows.request(here.bot.engine, here.request(here.repository.issue("first", by="alice")), 1.0)

    @contextmanager
    def then(self) -> Iterator[None]:
        clock = self.here.github.clock
        clock.added = datetime.fromtimestamp(self.now, UTC) - datetime.now(UTC)
        try:
            yield
        finally:
            clock.added = timedelta()

    def job(self, title: str, state: str) -> Issue:
        with self.then():
            made = self.here.repository.issue(title, by="alice")
            made.label(f"mtor:{state}", by="mtor[bot]")
        return made

    def end(self) -> int:
        """Let the day pass up to the next end of a night, and the bot look."""
        self.now += DAY
        return self.look()

    def look(self) -> int:
        return keep_mornings(self.here.bot, self.now)

    def issues(self) -> list[Issue]:
        return [issue for issue in self.here.repository.issues.values() if issue.title == "mtor: last night"]


@contextmanager
def nights(folder: Path, **settings: Any) -> Iterator[Nights]:
    with webhook() as (address, taken, statuses), scene(folder, night_webhook=address, **settings) as here:
        playing = Nights(here, taken, statuses)
        assert playing.look() == 0  # what was before is nobody's to tell
        yield playing


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]], list[int]]]:
    """An address, the messages that it took, and the statuses of its next answers; 0 drops the connection."""
    taken: list[dict[str, Any]] = []
    statuses: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = statuses.pop(0) if statuses else 204
            if status == 0:
                taken.append(message)
                self.connection.close()
                return
            if status == 204:
                taken.append(message)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/x", taken, statuses
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_night_is_written_and_sent_once_at_its_end_and_edited_in_place(tmp_path: Path) -> None:
    with nights(tmp_path) as playing:
        failed = playing.job("Cache the index", "failed")
        assert [playing.end(), playing.look(), playing.look()] == [1, 0, 0]
        (issue,) = playing.issues()
        assert f"| #{failed.number} Cache the index | nothing came of it" in str(issue.body)
        assert playing.here.repository.pinned == [issue.number]
        assert [str(message["text"]).count("•") for message in playing.taken] == [1]
        done = playing.job("Greet", "done")
        assert playing.end() == 1
        assert playing.issues() == [issue]
        assert f"#{done.number} Greet" in str(issue.body)
        assert f"#{failed.number} " not in str(issue.body)
        assert issue.comments == []
        assert playing.end() == 1
        assert "**no jobs**" in str(issue.body)
        assert len(playing.taken) == 2  # nothing is told of a quiet night
        assert len(playing.here.github.said("POST", "*/repos/acme/widget/issues")) == 1


def test_a_full_board_or_a_refusal_is_not_an_error_and_is_not_tried_again(tmp_path: Path) -> None:
    with nights(tmp_path) as playing:
        playing.here.repository.pinned += [101, 102, 103]
        playing.job("a", "failed")
        assert [playing.end(), playing.end()] == [1, 1]
        assert len(playing.issues()) == 1
        assert len(playing.here.github.said("POST", "*/graphql")) == 1


def test_a_process_that_is_killed_anywhere_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    """Each request in turn is the last one of a life, after it had its effect."""
    with nights(tmp_path) as playing:
        number, step, told = 0, 0, 0
        while step < 60:
            issue = playing.job(f"night {number}", "failed")
            playing.now += DAY
            if not killed_at(playing, step):
                break
            playing.now += 11 * 60  # the next life may begin
            playing.look()
            (kept,) = playing.issues()
            assert f"#{issue.number} night {number}" in str(kept.body), f"killed at {step}"
            number, step = number + 1, step + 1
        assert 6 < step < 60  # a night asks GitHub seven times
        texts = [str(message["text"]) for message in playing.taken]
        told = sum(text.count("night ") - text.count("last night") for text in texts)
        assert told >= number  # nothing is forgotten
        since = [text.partition(":\u0020")[0] for text in texts]
        assert len(set(since)) == len(since)  # no night is told twice
        assert playing.here.repository.pinned == [issue.number for issue in playing.issues()]


def killed_at(playing: Nights, step: int) -> bool:
    """Let the bot look, and end its life at the request with this number; whether it was still alive then."""
    seen = 0

    def die(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen > step:
            raise Killed

    import httpx

    send = httpx.Client.send

    def sent(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(self, request, **options)
        die()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", sent)
        try:
            playing.look()
        except Killed:
            return True
    return False


def test_a_message_that_was_not_taken_is_sent_again_within_bounds_and_one_that_may_have_arrived_is_not(
    tmp_path: Path,
) -> None:
    with nights(tmp_path) as playing:
        first = playing.job("first night", "failed")
        playing.statuses[:] = [503, 429]
        assert playing.end() == 1
        assert (len(playing.taken), playing.statuses) == (1, [])
        playing.job("second night", "failed")
        playing.statuses[:] = [503] * 5
        assert [playing.end(), playing.look()] == [1, 0]
        assert (len(playing.taken), len(playing.statuses)) == (1, 2)
        playing.statuses[:] = [0]
        third = playing.job("third night", "failed")
        assert playing.end() == 1
        (_, lost) = playing.taken
        assert "second night" in str(lost["text"])  # what was not told then is told now
        assert f"#{third.number} " in str(lost["text"])
        assert f"#{first.number} " not in str(lost["text"])
        assert playing.look() == 0
        assert len(playing.taken) == 2


def test_a_repository_that_fails_is_tried_again_and_holds_up_nobody(tmp_path: Path) -> None:
    with nights(tmp_path) as playing:
        other = playing.here.github.repository("acme/other", {"a": "b"}, roles={"alice": "write"})
        assert playing.here.installation.repositories is not None
        playing.here.installation.repositories.add(other.id)
        asked = playing.here.request(other.issue("x", by="alice"), event=2, repository=other)
        job_rows.request(playing.here.bot.engine, asked, 1.0)
        playing.look()
        playing.job("a", "failed")
        playing.here.github.faults.refuse("GET /repos/acme/widget/issues", 403, "no", times=1)
        assert playing.end() == 1
        assert playing.issues() == []
        playing.now += 11 * 60
        assert [playing.look(), playing.look()] == [1, 0]
        assert len(playing.issues()) == 1


def test_without_an_hour_nothing_is_written(tmp_path: Path) -> None:
    with nights(tmp_path, night_at="") as playing:
        playing.job("a", "failed")
        assert playing.end() == 0
        assert playing.issues() == []


def test_the_issue_of_event_runs_is_taken_over_and_a_persons_never(tmp_path: Path) -> None:
    with nights(tmp_path) as playing:
        there = playing.here.repository
        theirs = there.issue("mtor: last night", "<!-- mtor night -->", by="mallory")
        quiet = there.issue("mtor: last night", "<!-- mtor night -->\n\nold", by="github-actions[bot]")
        for issue in (theirs, quiet):
            issue.label("mtor:night", by="alice")
        playing.job("Cache", "failed")
        assert playing.end() == 1
        assert playing.issues() == [theirs, quiet]
        assert "Cache" in str(quiet.body)
        assert theirs.body == "<!-- mtor night -->"


@pytest.mark.parametrize(
    ("name", "value"),
    [("night_at", "24:00"), ("night_at", "7:00"), ("night_zone", "Europe/Nowhere"), ("night_zone", "../etc/passwd"),
     ("night_webhook", "http://hooks.example/secret-word")],
)  # fmt: skip
def test_a_wrong_setting_is_named_and_a_secret_is_not_repeated(name: str, value: str) -> None:
    from mtor_bot.server_settings import BotSettings, load

    given = {"MTOR_BOT_APP_ID": "1", "MTOR_BOT_APP_PRIVATE_KEY": "k", f"MTOR_BOT_{name.upper()}": value}
    with pytest.raises(MtorError) as caught:
        load(BotSettings, given)
    assert f"MTOR_BOT_{name.upper()}" in caught.value.message
    assert "secret-word" not in caught.value.message
