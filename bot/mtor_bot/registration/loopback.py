"""The page's server: one address on loopback, for one browser, until GitHub has sent it back once.

Any page in any browser, and any program of any user on this machine, can send requests to loopback. So the server
answers only its own Host (a name that is rebound to 127.0.0.1 is another Host), the page has an unguessable path, and
the answer from GitHub must bring back the state that was in the page.
"""

from __future__ import annotations

import hmac
import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

from mtor_bot.errors import RegistrationError
from mtor_bot.registration import page
from mtor_bot.registration.app_credentials import is_code
from mtor_bot.registration.app_manifest import Registration
from mtor_bot.registration.page import Page

HOST = "127.0.0.1"
STATE_BYTES = 32
REQUEST_SECONDS = 10.0
# How long a browser that came back from GitHub may wait for the exchange of its code.
ANSWER_SECONDS = 300.0
_BACK = "/created"
_AGAIN = "go back to the page that mtor-bot setup opened, or stop it and start it again"


@dataclass(slots=True)
class Visit:
    """A browser that came back with a code and waits for a page."""

    code: str = field(repr=False)
    answers: queue.SimpleQueue[Page] = field(default_factory=queue.SimpleQueue)
    shown: threading.Event = field(default_factory=threading.Event)

    def show(self, answer: Page) -> None:
        """Send the page, and wait until it has been sent, or the browser is gone."""
        self.answers.put(answer)
        self.shown.wait(REQUEST_SECONDS)


class Loopback:
    """The page's server, running inside a `with` block. Raises RegistrationError if the port is taken."""

    def __init__(self, registration: Registration, port: int, notice: Callable[[str], None]) -> None:
        self._registration, self._notice, self._noticed = registration, notice, set[str]()
        self._path, self._state = (f"/{secrets.token_urlsafe(STATE_BYTES)}", secrets.token_urlsafe(STATE_BYTES))
        self._visits: queue.SimpleQueue[Visit] = queue.SimpleQueue()
        self._visit: Visit | None = None
        self._lock = threading.Lock()
        try:
            self._server = _PageServer((HOST, port), self)
        except OSError as error:
            raise RegistrationError(
                f"cannot listen on port {port} of {HOST}: {error.strerror}",
                "name another with --port, or leave it out to take a free one",
            ) from error
        self.host = f"{HOST}:{self._server.server_port}"

    @property
    def address(self) -> str:
        """Return the URL at which a person's browser starts."""
        return f"http://{self.host}{self._path}"

    @property
    def port(self) -> int:
        """Return the port of loopback on which the page is served."""
        return self._server.server_port

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="setup page").start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._visit is not None and not self._visit.shown.is_set():
            self._visit.show(_stopped())
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> Visit | None:
        """Return the visit that brought a code, None if none did within `seconds`."""
        try:
            return self._visits.get(timeout=seconds)
        except queue.Empty:
            return None

    def answer(self, host: str, target: str) -> tuple[Page, Visit | None]:
        """Return the page for one GET, and the visit that waits for a better one, or None."""
        if not hmac.compare_digest(host.encode("latin-1", "replace"), self.host.encode()):
            return page.refused(
                421, f"This is not the address of the page of {HOST}.", f"open http://{self.host}"
            ), None
        path, _, query = target.partition("?")
        if hmac.compare_digest(path.encode(), self._path.encode()):
            return page.ask(self._registration, f"http://{self.host}{_BACK}", self._state), None
        if path == _BACK:
            return self._came_back(query)
        return page.refused(404, "There is nothing here.", "open the address that mtor-bot setup printed"), None

    def _came_back(self, query: str) -> tuple[Page, Visit | None]:
        fields = parse_qs(query)
        state, code = (next(iter(fields.get(name, ())), "") for name in ("state", "code"))
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            self._once("an answer with another state was refused: it is not from this setup's page; still waiting")
            return page.refused(403, "This answer does not belong to this setup: its state is another.", _AGAIN), None
        if not is_code(code):
            self._once("GitHub sent the browser back without a code; still waiting")
            return page.refused(400, "GitHub sent no code, so no App was made.", _AGAIN), None
        with self._lock:  # a state serves once
            if self._visit is not None:
                return page.refused(
                    409, "This answer was used already.", "look at the terminal of mtor-bot setup"
                ), None
            self._visit = Visit(code)
        self._visits.put(self._visit)
        return _stopped(), self._visit

    def _once(self, notice: str) -> None:
        """Print a notice only once: whoever repeats a request cannot flood the terminal."""
        if notice not in self._noticed:
            self._noticed.add(notice)
            self._notice(notice)

    def headers(self) -> dict[str, str]:
        """Return the headers of every answer, a security policy among them."""
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": page.security_policy(self._registration.place.web),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
            # "no-referrer" would send the form with `Origin: null`: https://fetch.spec.whatwg.org/#append-a-request-origin-header
            "Referrer-Policy": "strict-origin",
        }


def _stopped() -> Page:
    return page.refused(503, "mtor-bot setup was stopped before it had an answer.", "read what its terminal says")


class _PageServer(ThreadingHTTPServer):
    daemon_threads = True  # a browser that keeps a connection open does not keep the command running

    def __init__(self, address: tuple[str, int], loopback: Loopback) -> None:
        self.loopback = loopback
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a browser that hangs up is not a fault."""


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS
    server: _PageServer

    def do_GET(self) -> None:
        hosts = self.headers.get_all("Host", [])
        answer, visit = self.server.loopback.answer(hosts[0] if len(hosts) == 1 else "", self.path)
        if visit is None:
            self._send(answer)
            return
        try:
            self._send(self._awaited(visit) or answer)
        finally:
            visit.shown.set()

    def _awaited(self, visit: Visit) -> Page | None:
        try:
            return visit.answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            return None

    def _send(self, answer: Page) -> None:
        body = answer.html.encode()
        self.send_response(answer.status)
        for name, value in self.server.loopback.headers().items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def version_string(self) -> str:
        """Return a name that says nothing about Python."""
        return "mtor-bot"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Log nothing: the addresses of requests hold the code."""
