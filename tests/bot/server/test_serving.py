"""The server process: how it starts, how it ends, and what survives."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.bots import until
from bot.serving import PROGRAM, SECRET, ServerProcess, a_place, environment, serving

if TYPE_CHECKING:
    from pathlib import Path

EVENT = {"action": "deleted", "installation": {"id": 7}, "sender": {"id": 3, "login": "alice", "type": "User"}}


def statuses(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select workflow_uuid, status from workflow_status").fetchall()
    return {name: status for name, status in rows if name.startswith("delivery-")}


def test_what_was_acknowledged_is_processed_after_a_kill(tmp_path: Path) -> None:
    database = tmp_path / "mtor.sqlite"
    acknowledged = []
    with a_place(tmp_path) as place:
        variables = environment(place.github, f"sqlite:///{database}")
        with serving(variables) as server:
            for number in range(50):
                assert server.deliver("installation", EVENT, f"kill-{number}").status == 202
                acknowledged.append(f"delivery-kill-{number}")
            server.send(signal.SIGKILL)
            assert server.wait() == -signal.SIGKILL
        with serving(variables):
            until(lambda: set(statuses(database).values()) == {"SUCCESS"}, lambda: statuses(database))
    assert set(acknowledged) == set(statuses(database))


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order_and_the_log_is_json_without_secrets(
    tmp_path: Path, name: signal.Signals
) -> None:
    with a_place(tmp_path) as place:
        variables = environment(place.github, f"sqlite:///{tmp_path / 'mtor.sqlite'}")
        with serving(variables) as server:
            payload = {**EVENT, "installation": {"id": 7, "note": "a text of somebody's"}}
            assert server.deliver("installation", payload, "one").status == 202
            server.send(name)
            assert server.wait() == 0
            taken = [line for line in server.lines if line["message"] == "a delivery was taken in"]
            assert [(line["delivery"], line["level"]) for line in taken] == [("one", "info")]
            assert server.lines[-1]["message"] == "stopped"
            said = "".join(server.log)
            assert SECRET not in said
            assert "PRIVATE KEY" not in said
            assert "a text of somebody's" not in said


def test_a_signal_while_it_starts_ends_it(tmp_path: Path) -> None:
    with a_place(tmp_path) as place:
        server = ServerProcess(environment(place.github, f"sqlite:///{tmp_path / 'mtor.sqlite'}"))
        try:
            until(lambda: server.log)
            server.send(signal.SIGTERM)
            assert server.wait() == 0
        finally:
            server.kill()


def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, "serve"], env=variables, capture_output=True, text=True, timeout=60, check=False)


def test_it_refuses_to_start_without_a_secret(tmp_path: Path) -> None:
    with a_place(tmp_path) as place:
        variables = environment(place.github, f"sqlite:///{tmp_path / 'mtor.sqlite'}")
        del variables["MTOR_BOT_WEBHOOK_SECRET"]
        ended = run(variables)
    assert (ended.returncode, "MTOR_BOT_WEBHOOK_SECRET is not set" in ended.stderr) == (64, True)
    assert not (tmp_path / "mtor.sqlite").exists()


def test_an_address_that_is_taken_or_a_missing_folder_is_reported_with_the_next_step(tmp_path: Path) -> None:
    with a_place(tmp_path) as place, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        first = run(environment(place.github, f"sqlite:///{tmp_path / 'a.sqlite'}", listen_port=port, metrics_port=0))
        second = run(environment(place.github, f"sqlite:///{tmp_path / 'none' / 'a.sqlite'}"))
    assert (first.returncode, second.returncode) == (3, 3)
    assert f"cannot listen on 127.0.0.1:{port}" in first.stderr
    assert "cannot be opened" in second.stderr
    assert "Traceback" not in first.stderr + second.stderr


def test_without_its_database_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    database = tmp_path / "mtor.sqlite"
    with a_place(tmp_path) as place, serving(environment(place.github, f"sqlite:///{database}")) as server:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("alter table mtor_executors rename to gone")
            connection.commit()
            assert server.request("GET", "/readyz").status == 503
            assert server.request("GET", "/healthz").status == 200
            connection.execute("alter table gone rename to mtor_executors")
            connection.commit()
        assert server.request("GET", "/readyz").status == 200
