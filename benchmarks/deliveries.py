"""A burst of signed webhooks: how fast they are acknowledged, and that each is processed though the server is killed.

    python benchmarks/deliveries.py [--deliveries N] [--connections N] [--queued N] [--rounds N]

Server and generator share this machine. Beside mtor-bot, in turns: a floor that checks signatures on the same web
server and stores nothing, and Probot, which stores nothing either, where npm can install it. The last floor is SQLite
alone, with the same durability. Then the server is killed (SIGKILL) once half of a burst is acknowledged, and started
again; what was acknowledged must then be processed.
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

from mtor_action.github.texts.pins import pin_issue
from mtor_bot.durable.launch import opened
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobRequest, Trigger
from mtor_bot.server.signature import sign
from mtor_bot.server_settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SECRET = "It's a Secret to Everybody, 2026"
FLOOR = Path(__file__).with_name("deliveries_floor.py")
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

    def percentile(self, share: float) -> float:
        """Return the seconds within which that share of the deliveries was acknowledged."""
        return sorted(self.seconds.values())[max(0, int(len(self.seconds) * share) - 1)]


class Pace(NamedTuple):
    """A burst as a server took it; `processor` is its own time for each delivery, in milliseconds."""

    a_second: float
    p50: float
    p99: float
    processor: float
    megabytes: float
    ready_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        compare(work, options)
        bare_inserts(work, options)
        killed_burst(mtor(work, "killed"), options)
        full_queue(mtor(work, "full"), options.queued)


def compare(work: Path, options: argparse.Namespace) -> None:
    """Send the same burst to each server in turns; print the medians, beside the first one's."""
    installed = probot(work)
    paces: dict[str, list[Pace]] = {}
    for number in range(options.rounds):
        peers = [floor(work), mtor(work, f"whole{number}"), *([installed] if installed else [])]
        for peer in peers:
            paces.setdefault(peer.name, []).append(whole_burst(peer, options))
    print(f"{'':<28}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'own ms':>9}{'MB':>6}{'ready s':>9}{'pace':>7}")
    medians = {name: Pace(*map(statistics.median, zip(*taken, strict=True))) for name, taken in paces.items()}
    first = next(iter(medians.values()))
    for name, pace in medians.items():
        print(
            f"{name:<28}{pace.a_second:>10.0f}{pace.p50 * 1000:>9.0f}{pace.p99 * 1000:>9.0f}{pace.processor:>9.2f}"
            f"{pace.megabytes:>6.0f}{pace.ready_seconds:>9.1f}{pace.a_second / first.a_second:>6.2f}x"
        )


def whole_burst(peer: Peer, options: argparse.Namespace) -> Pace:
    messages = [delivery(peer.path, number) for number in range(options.deliveries)]
    with started(peer) as (process, ready_seconds):
        burst, before = Burst(list(range(options.deliveries))), processor_seconds(process)
        began = time.perf_counter()
        asyncio.run(send(peer, burst, options.connections, messages))
        took = time.perf_counter() - began
        own = (processor_seconds(process) - before) / options.deliveries * 1000
        return Pace(
            options.deliveries / took,
            burst.percentile(0.5),
            burst.percentile(0.99),
            own,
            resident(process),
            ready_seconds,
        )


def bare_inserts(work: Path, options: argparse.Namespace) -> None:
    """Print how fast SQLite alone takes rows of that size, by how many share a transaction."""
    for together in (1, options.connections):
        with closing(sqlite3.connect(work / f"bare{together}.sqlite", isolation_level=None)) as connection:
            for statement in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {statement}")
            connection.execute("CREATE TABLE t (position INTEGER PRIMARY KEY, id TEXT UNIQUE, event TEXT)")
            rows = [
                (f"delivery-burst-{number}", "x" * 150) for number in range(min(options.deliveries, 1000 * together))
            ]
            began = time.perf_counter()
            for start in range(0, len(rows), together):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO t (id, event) VALUES (?, ?)", rows[start : start + together])
                connection.execute("COMMIT")
            pace = len(rows) / (time.perf_counter() - began)
        print(f"{f'bare SQLite, {together} a commit':<28}{pace:>10.0f}")


def killed_burst(peer: Peer, options: argparse.Namespace) -> None:
    burst = Burst(list(range(options.deliveries)))
    messages = [delivery(peer.path, number) for number in range(options.deliveries)]
    with started(peer) as (process, _):
        asyncio.run(send(peer, burst, options.connections, messages, until=options.deliveries // 2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = len(burst.seconds)
    with started(peer):
        asyncio.run(send(peer, burst, options.connections, messages))
        give_up = time.monotonic() + PATIENCE_SECONDS
        while (done := processed(peer)) < options.deliveries and time.monotonic() < give_up:
            time.sleep(0.2)
    print(f"{f'{peer.name}, killed':<28}{before} acknowledged before; {done} of {options.deliveries} processed")
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


async def send(peer: Peer, burst: Burst, connections: int, messages: Sequence[bytes], until: int = sys.maxsize) -> None:
    """Send what is waiting over so many connections; stop once `until` are acknowledged."""
    await asyncio.gather(*(_sender(peer, burst, messages, until) for _ in range(connections)))


async def _sender(peer: Peer, burst: Burst, messages: Sequence[bytes], until: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
    while burst.waiting and len(burst.seconds) < until:
        number = burst.waiting.pop()
        began = time.perf_counter()
        writer.write(messages[number])
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


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the time that processors have spent on it, all its threads."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: subprocess.Popen[bytes]) -> float:
    """Megabytes of memory at their most."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def processed(peer: Peer) -> int:
    with closing(sqlite3.connect(peer.folder / "mtor.sqlite", timeout=30)) as connection:
        return int(connection.execute(PROCESSED).fetchone()[0])


def floor(work: Path) -> Peer:
    port = free_port()
    program = [sys.executable, str(FLOOR), str(port)]
    return Peer(
        "signature alone", program, {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": SECRET}, work, "/webhook", port
    )


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
