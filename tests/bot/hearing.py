"""A bot's ears: the stand-in's webhooks, taken in as the server does it, and acted on here or by a bot in a process."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dbos import DBOS

from bot.bots import Scene, scene
from mtor_action.report.report import Outcome
from mtor_bot.behaviours.table import behave, from_plain, read_webhook
from mtor_bot.bot import use_bot
from mtor_bot.database.schema import COMMANDS
from mtor_bot.durable.receive import receive
from mtor_bot.events.event import as_plain
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobResult
from mtor_bot.speech.status_comment import body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_bot.jobs.job_record import Job
    from standins.github.issues import Issue

SPEC = """\
Please add this.

```python create=src/hello.py
print("hello")
```

```yaml mtor
test: python src/hello.py
```
"""


@dataclass(slots=True)
class Hearing:
    """A scene and the webhooks that came and were not acted on yet: name, guid, payload."""

    here: Scene
    came: list[tuple[str, str, Any]] = field(default_factory=list)
    stored: bool = False

    def act(self, times: int = 1) -> None:
        """Let everything arrive, and do what is to be done about it, in this process."""
        self.here.github.settle()
        arrived, self.came[:] = list(self.came), []
        for name, _guid, payload in arrived:
            event = read_webhook(name, payload, self.here.settings.trigger_label)
            if event is None:
                continue
            again = from_plain(json.loads(json.dumps(as_plain(event))))
            assert again is not None
            for turn in range(times):
                if turn:
                    self._as_after_a_crash()
                behave(self.here.bot, again)

    def _as_after_a_crash(self) -> None:
        """Nothing that was done is noted yet, so that it is done again."""
        with self.here.bot.engine.begin() as connection:
            connection.execute(sa.update(COMMANDS).values(done_at=None))

    def shown(self, issue: Issue) -> str:
        """The status comment as it will be once edits that were put off are made."""
        return body(self.here.bot, self.place, issue.number)

    def end(self, job: Job, outcome: Outcome = Outcome.CLEAN) -> Job:
        """Let the job be over."""
        job_rows.finish(self.here.bot.engine, job.id, JobResult(outcome, "That was it."), self.here.bot.clock.now())
        return job_rows.job_by_id(self.here.bot.engine, job.id)

    @property
    def place(self) -> InstalledRepository:
        repository = self.here.repository
        return InstalledRepository(self.here.installation.id, repository.id, repository.full_name)

    def take(self, name: str, guid: str, payload: Any) -> None:
        if self.stored:
            receive(self.here.bot, name, guid, payload)
        else:
            self.came.append((name, guid, payload))


@contextmanager
def hearing(root: Path, url: str = "", **changes: Any) -> Iterator[Hearing]:
    """A scene whose webhooks come here; its bot may write for as long as it lasts."""
    with scene(root, url, **changes) as here:
        DBOS.migrate(here.bot.engine.url.render_as_string(hide_password=False))
        ears = Hearing(here)
        use_bot(here.bot)
        with _server(ears) as address:
            here.github.webhook(address)
            try:
                yield ears
            finally:
                here.github.settle()
                use_bot(None)


@contextmanager
def _server(ears: Hearing) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ears.take(self.headers["X-GitHub-Event"], self.headers["X-GitHub-Delivery"], json.loads(body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # its end is waited for
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(issue: Issue) -> list[str]:
    """What the bot has written on an issue."""
    return [comment.body for comment in issue.comments if comment.user.login == "mtor[bot]"]
