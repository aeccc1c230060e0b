"""What anybody who reaches the server may cost it: connections, bodies, lines of the log."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.bots import until
from bot.serving import ServerProcess, a_place, delivery_headers, environment, serving
from mtor_bot.server.connections import MOST_CONNECTIONS, MOST_OF_AN_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"POST /webhook HTTP/1.1\r\nHost: x\r\n"
LARGE = 24 * 1024 * 1024
SIGNED = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
MEBIBYTE = 1024 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with (
        a_place(tmp_path) as place,
        serving(environment(place.github, f"sqlite:///{tmp_path / 'a.sqlite'}")) as process,
    ):
        yield process


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


@pytest.mark.parametrize("sent", [b"", HEAD, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_idle_connections_of_anybody_make_room_for_who_has_something_to_say(server: ServerProcess, sent: bytes) -> None:
    """Nothing at all, half a head, and a whole request after which the connection stays."""
    with ExitStack() as idle:
        for _ in range(MOST_CONNECTIONS + 40):
            connection = idle.enter_context(connect(server.port))
            connection.sendall(sent)
        for _ in range(3):
            assert server.request("GET", "/healthz").status == 200


def test_an_address_that_is_not_a_proxys_holds_so_many_connections_and_no_more(server: ServerProcess) -> None:
    with ExitStack() as idle:
        others = [idle.enter_context(connect(server.port, "127.0.0.3")) for _ in range(3)]
        many = [idle.enter_context(connect(server.port, "127.0.0.2")) for _ in range(MOST_OF_AN_ADDRESS + 20)]
        until(lambda: sum(map(is_open, many)) <= MOST_OF_AN_ADDRESS)
        assert all(map(is_open, others))
        with closing(connect(server.port, "127.0.0.2")) as newcomer:
            newcomer.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert newcomer.recv(12) == b"HTTP/1.1 200"


def test_a_busy_address_is_refused_further_ones_and_a_proxy_is_not(tmp_path: Path) -> None:
    """Requests whose body does not come are busy until they are too slow."""
    rest = "".join(f"{n}: {v}\r\n" for n, v in delivery_headers("issues", "g", b"").items()).encode()
    slow = HEAD + rest + b"Content-Length: 10\r\n\r\n{"
    with a_place(tmp_path) as place:
        variables = environment(place.github, f"sqlite:///{tmp_path / 'a.sqlite'}", trusted_proxies="127.0.0.4/31")
        with serving(variables) as server, ExitStack() as held:
            for source, most in (("127.0.0.2", MOST_OF_AN_ADDRESS), ("127.0.0.4", MOST_OF_AN_ADDRESS + 10)):
                busy = [held.enter_context(connect(server.port, source)) for _ in range(MOST_OF_AN_ADDRESS + 10)]
                for connection in busy:
                    connection.sendall(slow)
                assert server.request("GET", "/healthz").status == 200
                # One that is refused is closed at once, the others after eight seconds.
                until(lambda most=most, busy=busy: sum(map(is_open, busy)) <= most)  # type: ignore[misc]
                assert sum(map(is_open, busy)) == most


def resident(server: ServerProcess, name: str) -> int:
    status = Path(f"/proc/{server.id}/status").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def test_bodies_that_nobody_signed_cost_no_memory(server: ServerProcess) -> None:
    assert server.request("GET", "/healthz").status == 200
    before = resident(server, "VmHWM")
    statuses = []

    def send() -> None:
        headers = {**delivery_headers("issues", "g", b""), **SIGNED, "Content-Length": str(LARGE)}
        piece = b"x" * MEBIBYTE
        try:
            answer = server.request("POST", "/webhook", (piece for _ in range(LARGE // MEBIBYTE)), headers)
        except OSError:  # closed before everything was sent
            return
        statuses.append(answer.status)

    threads = [threading.Thread(target=send) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {401, 408}
    assert 401 in statuses
    assert resident(server, "VmHWM") - before < 64 * MEBIBYTE


def test_a_large_body_that_github_signed_is_taken_in(server: ServerProcess) -> None:
    payload = {"action": "deleted", "installation": {"id": 7}, "sender": {"id": 1, "login": "a"}, "x": "y" * 20_000_000}
    assert server.deliver("installation", payload, "large").status == 202
    changed = bytearray(json.dumps(payload).encode())
    headers = delivery_headers("installation", "other", bytes(changed))
    changed[-3] ^= 1
    assert server.request("POST", "/webhook", bytes(changed), headers).status == 401


def test_metrics_answer_at_their_own_address_and_nowhere_else(server: ServerProcess) -> None:
    assert server.request("GET", "/metrics").status == 404
    assert "mtor_bot_info{version=" in server.metrics()
    (line,) = [line for line in server.lines if line["message"] == "serving"]
    host, _, port = line["metrics"].rpartition(":")
    assert host == "127.0.0.1"
    with closing(connect(int(port))) as other:
        other.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 404"


@pytest.mark.parametrize(
    "name", ["acme/wid\0get", "acme/\ud800", "acme", "acme/w/x", "../..", "acme/" + "w" * 500, "a\nb/c", "acme/w w"]
)
def test_an_odd_name_of_a_repository_is_one_line_of_the_log(server: ServerProcess, name: str) -> None:
    before = len(server.lines)
    for action in ("renamed", "archived"):
        payload = {"action": action, "installation": {"id": 7}, "repository": {"id": 5, "full_name": name}}
        assert server.deliver("repository", payload, f"odd-{action}").status == 204
    assert server.deliver("installation", {"action": "deleted", "installation": {"id": 7}}, "after").status == 202
    until(lambda: any(line.get("delivery") == "after" for line in server.lines))
    told = [line for line in server.lines[before:] if line.get("delivery") != "after"]
    assert [line["level"] for line in told] == ["warning"] * 2
    assert "exception" not in str(told)


def test_every_line_of_the_log_is_json_whatever_breaks(tmp_path: Path) -> None:
    database = tmp_path / "mtor.sqlite"
    with a_place(tmp_path) as place, serving(environment(place.github, f"sqlite:///{database}")) as server:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("alter table mtor_jobs rename to gone")
            connection.commit()
            payload = {"action": "deleted", "installation": {"id": 7}}
            assert server.deliver("installation", payload, "broken").status == 202
            until(lambda: any("no such table" in line.get("exception", "") for line in server.lines))
            until(lambda: any(line["logger"].startswith("dbos") for line in server.lines))
            connection.execute("alter table gone rename to mtor_jobs")
            connection.commit()
        with closing(connect(server.port)) as broken:
            broken.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
            broken.recv(100)
        assert server.request("GET", "/healthz").status == 200
        assert all(isinstance(line, dict) for line in server.lines)


def test_what_nobody_catches_is_a_line_of_the_log_too() -> None:
    program = (
        "import threading, warnings, logging\nfrom mtor_bot import logs\nlogs.set_up('hunter22')\n"
        "import dbos\nlogging.getLogger('dbos').error('of the library %s %s', 1)\nlogs.take_over()\n"
        "logging.getLogger('dbos').error('of the library')\nlogging.getLogger('sqlalchemy.pool').error('lost')\n"
        "warnings.warn('hunter22 is old')\n"
        "class Bad:\n    def __del__(self): raise ValueError('hunter22')\nBad()\n"
        "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()\nraise SystemError('hunter22')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(lines) == 7
    assert [("exception" in line) for line in lines] == [False] * 4 + [True] * 3
    assert "hunter22" not in done.stderr
