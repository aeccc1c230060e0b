"""`mtor-bot setup` as a person runs it, and what that person does in the browser."""

from __future__ import annotations

import html
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from bot.bots import WARM_UP, until
from bot.serving import ENTRY
from standins.nursery import nursery

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import GitHubSandbox
    from standins.nursery import Child

PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Setup:
    """The command under way."""

    process: Child
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page's, once it is printed."""
        until(lambda: self.lines or self.process.poll() is not None)
        assert self.lines, "".join(self.complaints)
        return self.lines[0].split()[-1]

    @property
    def origin(self) -> str:
        return self.address.rsplit("/", 1)[0]

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        until(lambda: not self.readers_alive())
        return code

    readers: list[threading.Thread] = field(default_factory=list)

    def readers_alive(self) -> bool:
        return any(each.is_alive() for each in self.readers)

    @property
    def out(self) -> str:
        return "".join(self.lines)

    @property
    def err(self) -> str:
        return "".join(self.complaints)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "MTOR_BOT_TIME_SCALE": "0.01", **more}


@contextmanager
def setting_up(github: GitHubSandbox, folder: Path, *arguments: str, **more: str) -> Iterator[Setup]:
    """The command with `--no-browser`, at that GitHub, with its files in `folder`."""
    line = ["setup", "--no-browser", "--github", github.url, "--to", str(folder), *arguments]
    (out, stdout), (err, stderr) = os.pipe(), os.pipe()
    process = nursery(WARM_UP).start(ENTRY, line, env=environment(**more), stdout=stdout, stderr=stderr)
    os.close(stdout)
    os.close(stderr)
    streams = [os.fdopen(descriptor, encoding="utf-8") for descriptor in (out, err)]
    made = Setup(process)
    for stream, lines in zip(streams, (made.lines, made.complaints), strict=True):
        reader = threading.Thread(target=lambda lines=lines, stream=stream: lines.extend(iter(stream.readline, "")))
        reader.start()
        made.readers.append(reader)
    try:
        yield made
    finally:
        process.kill()
        made.wait()
        for stream in streams:
            stream.close()


def look(address: str) -> httpx.Response:
    """What the browser gets, however long the command takes."""
    return httpx.get(address, timeout=PATIENCE_SECONDS)


def form(page: str) -> tuple[str, dict[str, str]]:
    """Where a page's form goes, and its fields."""
    (action,) = re.findall(r'<form method="post" action="([^"]*)"', page)
    fields = dict(re.findall(r'<input (?:type="hidden" )?name="([^"]*)" value="([^"]*)"', page))
    return html.unescape(action), {name: html.unescape(value) for name, value in fields.items()}


def agree(github: GitHubSandbox, setup: Setup) -> str:
    """Press both buttons; the address that GitHub sends the browser back to, which is not opened."""
    action, fields = form(look(setup.address).text)
    action, fields = form(httpx.post(action, data=fields, timeout=PATIENCE_SECONDS).text)
    return httpx.post(f"{github.url}{action}", data=fields, timeout=PATIENCE_SECONDS).headers["location"]
