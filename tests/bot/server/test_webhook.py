"""POST /webhook of a server process: what is refused, cheaply and without a trace, and what is stored."""

from __future__ import annotations

import json
import socket
import sqlite3
import tarfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from bot.bots import until
from bot.serving import ServerProcess, a_place, delivery_headers, environment, serving
from mtor_bot.server.connections import HEAD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
LABELED = {
    "action": "labeled",
    "label": {"name": "mtor"},
    "issue": {"number": 1},
    "repository": {"id": 1, "full_name": "acme/widget"},
    "installation": {"id": 1},
    "sender": {"id": 3, "login": "alice", "type": "User"},
}
BODY = json.dumps(LABELED).encode()
SIGNED = delivery_headers("issues", "g", BODY)


class Serving(NamedTuple):
    """A server, and the SQLite file that it stores in."""

    server: ServerProcess
    database: Path

    def stored(self) -> list[str]:
        """The ids of the deliveries that are stored: in the inbox, or on the queue already."""
        with closing(sqlite3.connect(self.database)) as connection:
            both = "select id from mtor_inbox union select workflow_uuid from workflow_status"
            rows = connection.execute(both).fetchall()
        return sorted(row[0] for row in rows if row[0].startswith("delivery-"))

    def jobs(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            return int(connection.execute("select count(*) from mtor_jobs").fetchone()[0])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    root = tmp_path_factory.mktemp("webhook")
    database = root / "mtor.sqlite"
    with a_place(root) as place, serving(environment(place.github, f"sqlite:///{database}")) as server:
        yield Serving(server, database)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in SIGNED.items() if key != name}


REFUSED: dict[str, tuple[bytes, dict[str, str], int]] = {
    "no signature": (BODY, without("X-Hub-Signature-256"), 401),
    "another secret": (BODY, {**SIGNED, "X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
    "a signature of another body": (BODY + b" ", SIGNED, 401),
    "only SHA-1": (BODY, {**without("X-Hub-Signature-256"), "X-Hub-Signature": "sha1=" + "0" * 40}, 401),
    "a signature in capitals": (
        BODY,
        {**SIGNED, "X-Hub-Signature-256": SIGNED["X-Hub-Signature-256"].upper()},
        401,
    ),
    "no event": (BODY, without("X-GitHub-Event"), 400),
    "no id": (BODY, without("X-GitHub-Delivery"), 400),
    "a long id": (BODY, {**SIGNED, "X-GitHub-Delivery": "g" * 201}, 400),
    "a form": (BODY, {**SIGNED, "Content-Type": "application/x-www-form-urlencoded"}, 415),
    "too large by its own account": (b"", {**SIGNED, "Content-Length": str(25 * 1024 * 1024 + 1)}, 413),
    "nested deeply": (b"[" * 200_000, delivery_headers("issues", "g", b"[" * 200_000), 400),
    "nested objects": (b'{"a":' * 200_000, delivery_headers("issues", "g", b'{"a":' * 200_000), 400),
    "no JSON": (b"payload=1", delivery_headers("issues", "g", b"payload=1"), 400),
    "no UTF-8": (b'"\xff"', delivery_headers("issues", "g", b'"\xff"'), 400),
    "a number of many digits": (b"1" * 9000, delivery_headers("issues", "g", b"1" * 9000), 400),
    "nothing": (b"", delivery_headers("issues", "g", b""), 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_delivery_is_refused_and_nothing_is_stored(here: Serving, name: str) -> None:
    body, headers, status = REFUSED[name]
    before = here.stored()
    answer = here.server.request("POST", "/webhook", body, headers)
    assert (answer.status, bool(answer.json["error"])) == (status, True)
    assert here.stored() == before


def test_a_body_that_grows_past_the_limit_is_cut_off(here: Serving) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(26):
            yield b"x" * 1024 * 1024

    try:
        status = here.server.request("POST", "/webhook", chunks(), SIGNED).status
    except OSError:  # closed before everything was sent
        status = 413
    assert status == 413
    assert 'mtor_bot_deliveries_total{result="large"}' in here.server.metrics()


@pytest.mark.parametrize("payload", [None, 3, "x", [], {}, {"action": "labeled"}, {"action": ["labeled"]}], ids=repr)
def test_json_of_another_form_is_ignored(here: Serving, payload: object) -> None:
    assert here.server.deliver("issues", payload).status == 204


def test_words_that_no_database_holds_are_taken_in_all_the_same(here: Serving) -> None:
    comment = {"id": 5, "body": "/mtor run \ud800 \0 \U0001f600", "user": LABELED["sender"]}
    payload = {**LABELED, "action": "created", "comment": comment}
    assert here.server.deliver("issue_comment", payload, "odd-words").status == 202
    assert here.server.deliver("issues", LABELED, "\u00fc / ..\u00ff").status == 202


def test_the_same_delivery_five_times_is_stored_once(here: Serving) -> None:
    answers = [here.server.deliver("issues", LABELED, "five-times").status for _ in range(5)]
    assert answers == [202] * 5
    assert here.stored().count("delivery-five-times") == 1


def test_slow_senders_are_cut_off_while_others_are_served(here: Serving) -> None:
    """Nothing at all, half a head, half a head after a request, and a head whose body does not come."""
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\n"
    rest = "".join(f"{name}: {value}\r\n" for name, value in SIGNED.items()).encode()
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = [b"", head, whole + head, head + rest + b"Content-Length: 10\r\n\r\n{"]
    with ExitStack() as slow:
        connections = [slow.enter_context(_connected(here.server.port)) for _ in sent]
        for connection, start in zip(connections, sent, strict=True):
            connection.sendall(start)
        assert here.server.request("GET", "/healthz").status == 200
        ends = [_rest(connection) for connection in connections]
    assert [end[:12] for end in ends] == [b"", b"", b"HTTP/1.1 200", b"HTTP/1.1 408"]


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=HEAD_SECONDS * 5)


def _rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/webhook/", "/token"])
def test_other_addresses_hold_nothing(here: Serving, path: str) -> None:
    assert here.server.request("GET", path).status in (404, 405, 307)


def examples() -> list[tuple[str, str, dict[str, Any]]]:
    """GitHub's own example payloads: event, server version, payload."""
    archive = ROOT / "build/npm/octokit-webhooks-examples-7.6.1.tgz"
    if not archive.exists():
        pytest.skip("GitHub's example payloads are not here: they are fetched by npm (make setup)")
    found = []
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member) if member.name.endswith("/index.json") else None
            for event in json.loads(content.read()) if content else []:
                found += [(event["name"], member.name.split("/")[1], payload) for payload in event["examples"]]
    return found


# In the examples no label is called "mtor", no comment begins with a command, no branch with "mtor/", and no run is
# named after a job. What is left is about installations, repositories, issues that end, and pull requests whose check
# `mtor/four-eyes` may be due.
STORED = {
    *[
        ("installation", action)
        for action in ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted")
    ],
    *[("installation_repositories", action) for action in ("added", "removed")],
    *[("repository", action) for action in ("archived", "deleted", "transferred", "renamed")],
    *[("issues", action) for action in ("closed", "deleted", "transferred")],
    *[("pull_request", action) for action in ("closed", "opened", "reopened", "synchronize")],
    *[("pull_request_review", action) for action in ("submitted", "dismissed")],
}


def test_githubs_own_example_payloads_are_answered_and_none_makes_a_job(here: Serving) -> None:
    given = examples()
    assert len(given) > 200
    answers = [
        (event, payload.get("action", ""), here.server.deliver(event, payload, f"example-{number}").status)
        for number, (event, _, payload) in enumerate(given)
    ]
    assert {status for _, _, status in answers} == {202, 204}
    stored = {(event, action) for event, action, status in answers if status == 202}
    assert stored <= STORED
    assert {("installation", "deleted"), ("issues", "closed")} & stored
    until(lambda: _is_quiet(here), lambda: "".join(here.server.log[-20:]))
    assert here.jobs() == 0


def _is_quiet(here: Serving) -> bool:
    with closing(sqlite3.connect(here.database)) as connection:
        query = (
            "select count(*) from workflow_status where workflow_uuid like 'delivery-example-%' and status = 'SUCCESS'"
        )
        ended = connection.execute(query).fetchone()[0]
    return int(ended) == len([name for name in here.stored() if name.startswith("delivery-example-")])
