"""A burst of signed webhooks: how fast they are acknowledged, and that each is processed though the server is killed.

    python benchmarks/deliveries.py [--deliveries N] [--connections N] [--queued N]

Server and generator share this machine. In the second burst the server is killed (SIGKILL) once half is acknowledged,
and started again; what was acknowledged must then be processed. Beside it Probot, which stores nothing, with the same
burst, where npm can install it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mtor_action.github.pins import pin_issue
from mtor_bot.durable.launch import opened
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobRequest, Trigger
from mtor_bot.server.signature import sign
from mtor_bot.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "It's a Secret to Everybody, 2026"
PROBOT = Path(__file__).parent / "probot"
PROCESSED = "select count(*) from workflow_status where workflow_uuid like 'delivery-%' and status = 'SUCCESS'"
LIMIT_MEGABYTES, LIMIT_READY_SECONDS, PATIENCE_SECONDS = 200, 3.0, 300.0


class Peer(NamedTuple):
    """A server under test: its command, environment, folder, and where it takes webhooks."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    path: str
    port: int


@dataclass(slots=True)
class Burst:
    """Deliveries that are still to be acknowledged, and how long each of the others took."""

    waiting: list[int]
    seconds: dict[int, float] = field(default_factory=dict)

    def show(self, name: str) -> None:
        taken = sorted(self.seconds.values())
        p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99) - 1]
        print(f"{name:<28}{len(taken):>8} acknowledged{p50 * 1000:>9.1f} ms p50{p99 * 1000:>9.1f} ms p99")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--queued", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        whole_burst(mtor(work, "whole"), options)
        killed_burst(mtor(work, "killed"), options)
        full_queue(mtor(work, "full"), options.queued)
        if peer := probot(work):
            whole_burst(peer, options)


def whole_burst(peer: Peer, options: argparse.Namespace) -> None:
    with started(peer) as (process, ready_seconds):
        burst = Burst(list(range(options.deliveries)))
        began = time.perf_counter()
        asyncio.run(send(peer, burst, options.connections))
        took = time.perf_counter() - began
        burst.show(peer.name)
        pace = f"{len(burst.seconds) / took:>8.0f} a second"
        print(f"{'':<28}{pace}{resident(process):>9.0f} MB{ready_seconds:>9.1f} s to ready")


def killed_burst(peer: Peer, options: argparse.Namespace) -> None:
    burst = Burst(list(range(options.deliveries)))
    with started(peer) as (process, _):
        asyncio.run(send(peer, burst, options.connections, until=options.deliveries // 2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = len(burst.seconds)
    with started(peer):
        asyncio.run(send(peer, burst, options.connections))
        give_up = time.monotonic() + PATIENCE_SECONDS
        while (done := processed(peer)) < options.deliveries and time.monotonic() < give_up:
            time.sleep(0.2)
    burst.show(f"{peer.name}, killed")
    print(f"{'':<28}{before} acknowledged before the kill; {done} of {options.deliveries} processed")
    if done < options.deliveries:
        sys.exit("an acknowledged delivery was lost")


def full_queue(peer: Peer, queued: int) -> None:
    url = peer.environment["MTOR_BOT_DATABASE_URL"]
    with opened(DatabaseSettings(database_url=url)) as engine:
        for number in range(1, queued + 1):
            job_rows.request(engine, request(number), time.time())
    with started(peer) as (process, ready_seconds):
        megabytes = resident(process)
    print(f"{f'{peer.name}, {queued:,} queued':<28}{'':>17}{megabytes:>11.0f} MB{ready_seconds:>9.1f} s to ready")
    if megabytes > LIMIT_MEGABYTES or ready_seconds > LIMIT_READY_SECONDS:
        print(f"{'':<28}above {LIMIT_MEGABYTES} MB or {LIMIT_READY_SECONDS} s")


def request(number: int) -> JobRequest:
    """A job of a repository whose day is full."""
    pins = (pin_issue(number, "Title", "body"),)
    return JobRequest(
        installation_id=1,
        repository_id=1,
        repository="acme/widget",
        number=number,
        is_pull_request=False,
        title="Title",
        digest=f"{number:064x}",
        pins=pins,
        requester="alice",
        trigger=Trigger("label", number),
        target_branch=f"mtor/{number}",
        base_ref="main",
    )


async def send(peer: Peer, burst: Burst, connections: int, until: int = sys.maxsize) -> None:
    """Send what is waiting over so many connections; stop once `until` are acknowledged."""
    await asyncio.gather(*(_sender(peer, burst, until) for _ in range(connections)))


async def _sender(peer: Peer, burst: Burst, until: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
    while burst.waiting and len(burst.seconds) < until:
        number = burst.waiting.pop()
        message = delivery(peer.path, number)
        began = time.perf_counter()
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
        if status not in (200, 202):
            sys.exit(f"{peer.name} answered {status}")
        burst.seconds[number] = time.perf_counter() - began
    writer.close()


def delivery(path: str, number: int) -> bytes:
    """A whole request, about as long as those of GitHub."""
    account = {"id": 3, "login": "alice", "type": "User"}
    payload = {"action": "deleted", "installation": {"id": number + 1, "account": account}, "sender": account}
    body = json.dumps({**payload, "repositories": [{"id": n, "full_name": f"acme/r{n}"} for n in range(200)]}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-GitHub-Event: installation\r\nX-GitHub-Delivery: burst-{number}\r\n"
        f"X-Hub-Signature-256: {sign(SECRET.encode(), body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def started(peer: Peer) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The server, and the seconds until it answered."""
    began = time.perf_counter()
    process = subprocess.Popen(
        peer.command, env=dict(peer.environment), cwd=peer.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(peer.port):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE_SECONDS:
                sys.exit(f"{peer.name} did not start")
            time.sleep(0.02)
        yield process, time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(12).startswith(b"HTTP/1.1 ")
    except OSError:
        return False


def resident(process: subprocess.Popen[bytes]) -> float:
    """Megabytes of memory at their most."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def processed(peer: Peer) -> int:
    with closing(sqlite3.connect(peer.folder / "mtor.sqlite", timeout=30)) as connection:
        return int(connection.execute(PROCESSED).fetchone()[0])


def mtor(work: Path, name: str) -> Peer:
    folder, port = work / name, free_port()
    folder.mkdir()
    given = {
        "DATABASE_URL": f"sqlite:///{folder / 'mtor.sqlite'}",
        "APP_ID": "1",
        "APP_PRIVATE_KEY": private_key(),
        "API_URL": "http://127.0.0.1:9",
        "WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": "https://bot.example",
        "LISTEN_PORT": str(port),
        "MAX_JOBS_PER_DAY": "1",
    }
    variables = {f"MTOR_BOT_{key}": value for key, value in given.items()}
    program = [sys.executable, "-P", "-c", "from mtor_bot.cli.main import entry; entry()", "serve"]
    return Peer("mtor-bot", program, {"PATH": os.environ["PATH"], **variables}, folder, "/webhook", port)


def probot(work: Path) -> Peer | None:
    if not shutil.which("npm"):
        print("Probot is left out: there is no npm")
        return None
    folder, port = work / "probot", free_port()
    shutil.copytree(PROBOT, folder)
    install = ["npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"]
    if subprocess.run(install, cwd=folder, check=False).returncode:
        print("Probot is left out: npm cannot install it")
        return None
    variables = {"APP_ID": "1", "PRIVATE_KEY": private_key(), "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production", "LOG_LEVEL": "warn", **variables}
    return Peer("Probot (stores nothing)", ["node", "app.js"], environment, folder, "/api/github/webhooks", port)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def private_key() -> str:
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


if __name__ == "__main__":
    main()
