"""The page's server, as other pages and other programs on the machine meet it."""

from __future__ import annotations

import http.client
import re
import socket
from typing import TYPE_CHECKING

import pytest

from bot.registration.agreeing import Setup, agree, look, setting_up
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as made:
        yield made


@pytest.fixture
def setup(github: GitHubSandbox, tmp_path: Path) -> Iterator[Setup]:
    folder = tmp_path / "server"
    folder.mkdir()
    with setting_up(github, folder) as made:
        yield made
        assert list(folder.iterdir()) == []


def raw(setup: Setup, head: str) -> bytes:
    """What a request of these bytes is answered with."""
    with socket.create_connection(("127.0.0.1", int(setup.origin.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(head.encode("latin-1"))
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


def test_a_name_that_was_bound_to_loopback_gets_nothing(github: GitHubSandbox, setup: Setup) -> None:
    location, port = agree(github, setup), setup.origin.rpartition(":")[2]
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"localhost:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port}0",
        "",
        "\xff",
    ):
        for address in (setup.address, location):
            path = address.removeprefix(setup.origin)
            answer = raw(setup, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.0 421 "), (host, answer[:60])
            assert b"state=" not in answer
    twice = f"Host: 127.0.0.1:{port}\r\n" * 2
    assert raw(setup, f"GET {location.removeprefix(setup.origin)} HTTP/1.1\r\n{twice}\r\n").startswith(b"HTTP/1.0 421 ")
    assert not github.said("POST", "/app-manifests/*")


def test_only_who_knows_the_pages_address_sees_its_state(setup: Setup) -> None:
    for path in (
        "/",
        "/created",
        "/favicon.ico",
        f"/{'A' * 43}",
        setup.address.removeprefix(setup.origin)[:-1],
        "//[",
        "*",
    ):
        answer = raw(setup, f"GET {path} HTTP/1.1\r\nHost: {setup.origin.removeprefix('http://')}\r\n\r\n")
        assert re.match(rb"HTTP/1.0 (404|403) ", answer), (path, answer[:60])
        assert b"<form" not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "CONNECT"])
def test_only_get_is_understood(setup: Setup, method: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(setup.origin.rpartition(":")[2]), timeout=30)
    connection.request(method, setup.address.removeprefix(setup.origin), b"")
    assert connection.getresponse().status == 501
    connection.close()


def test_every_answer_forbids_scripts_frames_and_forms_to_others(github: GitHubSandbox, setup: Setup) -> None:
    for address in (setup.address, f"{setup.origin}/other", f"{setup.origin}/created?state=x&code=y"):
        headers = look(address).headers
        policy = dict(each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";"))
        assert policy["form-action"] == github.url
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert re.fullmatch(r"'sha256-[\w+/=]{44}'", policy["style-src"])
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "strict-origin"
        assert "python" not in headers["server"].lower()


def test_a_browser_that_opens_connections_and_says_nothing_stops_nobody(setup: Setup) -> None:
    port = int(setup.origin.rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    assert look(setup.address).status_code == 200
    for each in idle:
        each.close()


def test_hostile_names_stay_text(github: GitHubSandbox, tmp_path: Path) -> None:
    name = '"><script>alert(1)</script>'
    with setting_up(github, tmp_path, "--name", name) as setup:
        page = look(setup.address).text
    assert "<script" not in page
    assert "&quot;&gt;&lt;script&gt;" in page
