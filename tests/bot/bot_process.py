"""A bot without its server in a process of its own; with MTOR_TEST_KILLS it kills itself once at each boundary.

A boundary is a moment before or after a transaction of the job's workflow is committed, or before or after a request
that changes something on GitHub is sent. MTOR_TEST_KILLS names the file of those that were met in earlier lives. With
MTOR_KILL_READS requests that only read are boundaries too: nothing differs there from the boundary before, and walking
them takes three times as long.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from mtor_bot.durable.delivery_workflow import process_delivery
from mtor_bot.durable.job_workflow import advance
from mtor_bot.durable.launch import running
from mtor_bot.queue.durable_queue import JOB_WORKFLOW
from mtor_bot.server_settings import BotSettings

WORKFLOW = os.environ.get("MTOR_TEST_WORKFLOW", "job_workflow.move_on")


class Reaper:
    """Kills the process at the first boundary that is not in the file, after entering it there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.met = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        self._lock = threading.Lock()

    def boundary(self, name: str) -> None:
        place = self._place()
        if place is None:
            return
        line = f"{name} {place}"
        with self._lock:
            if line in self.met:
                return
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()

    def _place(self) -> str | None:
        """The functions of the bot's that led here, None outside the workflow that is to be killed."""
        frames = [frame for frame in traceback.extract_stack() if "/bot/mtor_bot/" in frame.filename]
        names = [f"{Path(frame.filename).stem}.{frame.name}:{frame.lineno}" for frame in frames]
        return " > ".join(names) if any(name.startswith(WORKFLOW) for name in names) else None


def watch(reaper: Reaper) -> None:
    """Meet a boundary at each commit and each request."""
    sa.event.listen(sa.engine.Engine, "commit", lambda _: reaper.boundary("before commit"))
    sa.event.listen(sa.pool.Pool, "checkin", lambda *_: reaper.boundary("after transaction"))
    send = httpx.Client.send

    def sent(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        reads = request.method == "GET" or request.url.path.endswith("/access_tokens")
        if reads and "MTOR_KILL_READS" not in os.environ:
            return send(self, request, **options)
        reaper.boundary(f"before {request.method}")
        answer = send(self, request, **options)
        reaper.boundary(f"after {request.method}")
        return answer

    httpx.Client.send = sent  # type: ignore[method-assign]


def old_form(job_id: str) -> None:
    """A job's workflow of a release that had other steps."""
    from dbos import DBOS

    while True:
        DBOS.run_step({"name": "acknowledge and dispatch"}, advance, job_id)
        DBOS.recv("news", timeout_seconds=3600)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    kills = os.environ.get("MTOR_TEST_KILLS")
    if kills:
        watch(Reaper(Path(kills)))
    older = {JOB_WORKFLOW: old_form} if "MTOR_TEST_OLD_FORM" in os.environ else {}
    with running(BotSettings(), {"delivery": process_delivery, **older}) as bot:  # type: ignore[call-arg] # environment
        sys.stdout.write(f"ready {bot.lease.id}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM})
    os._exit(0)
