"""One POST, and what became of it."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_CHARACTERS = 10_000


class Posted(NamedTuple):
    """The answer's status (0: no connection, 504: none in time), its text and the seconds that it took."""

    status: int
    body: str
    seconds: float


def post(url: str, payload: bytes, headers: Mapping[str, str], timeout_seconds: float) -> Posted:
    """Send once, on a connection of its own."""
    parts, began = urlsplit(url), time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        connection.request("POST", parts.path or "/", payload, dict(headers))
        answer = connection.getresponse()
        status, body = answer.status, answer.read(KEPT_CHARACTERS).decode("utf-8", "replace")
    except TimeoutError:
        status, body = 504, ""
    except (OSError, http.client.HTTPException):
        status, body = 0, ""
    finally:
        connection.close()
    return Posted(status, body, time.monotonic() - began)
