"""Headless Chromium that does what a person does: opens pages, clicks, looks.

It is told so over a pair of pipes, which needs no port and no library.
https://chromedevtools.github.io/devtools-protocol/ (`--remote-debugging-pipe`: JSON, each message ends with NUL)
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from browser import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
CENTRE = """(() => {{ const box = document.querySelector({selector}).getBoundingClientRect();
return [box.x + box.width / 2, box.y + box.height / 2]; }})()"""


class DrivenBrowser:
    """One page; `network` has the addresses that it asked for, `console` what it complained about."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from, self._rest = to_browser, from_browser, b""
        self._number, self._session = 0, ""
        self.network: list[str] = []
        self.console: list[str] = []
        page = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def open(self, address: str) -> None:
        self._call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def see(self, expression: str) -> Any:
        """The value of an expression in the page; None while there is no page to ask."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    def until(self, expression: str) -> Any:
        """The first value that is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if value := self.see(expression):
                return value
            time.sleep(POLL_SECONDS)
        raise AssertionError(
            f"not within {PATIENCE_SECONDS} s: {expression}; the page: {self.see('document.body.innerText')}"
        )

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the element."""
        x, y = self.until(CENTRE.format(selector=json.dumps(selector)))
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def hear(self, words: str) -> None:
        """Wait until the browser complains with these words."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(words in line for line in self.console):
            assert time.monotonic() < deadline, f"{words!r} not within {PATIENCE_SECONDS} s: {self.console}"
            self.see("0")  # what it says comes with its answers
            time.sleep(POLL_SECONDS)

    def size(self, width: int, height: int) -> None:
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        """Prefer the colours `light` or `dark`."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, file: Path) -> None:
        """The whole page as PNG."""
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def _call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                return answer.get("result", {})
            self._hear(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from, 65536)
            if not more:
                raise AssertionError("the browser has ended")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        content: dict[str, Any] = json.loads(message)
        return content

    def _hear(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Network.requestWillBeSent":
            self.network.append(event["params"]["request"]["url"])
        elif event.get("method") == "Log.entryAdded":
            self.console.append(event["params"]["entry"]["text"])


@contextmanager
def driven(profile: Path) -> Iterator[DrivenBrowser]:
    """A browser with a fresh profile, ended at the end."""
    to_browser, from_browser = os.pipe(), os.pipe()
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-pipe"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={profile}",
    ]
    # The browser listens on descriptor 3 and speaks on 4.
    shell = f'exec 3<&{to_browser[0]} 4>&{from_browser[1]}; exec "$0" "$@"'
    process = subprocess.Popen(
        ["bash", "-c", shell, str(CHROMIUM), *options],
        pass_fds=(to_browser[0], from_browser[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        yield DrivenBrowser(to_browser[1], from_browser[0])
    finally:
        process.kill()
        process.wait()
        os.close(to_browser[1])
        os.close(from_browser[0])
