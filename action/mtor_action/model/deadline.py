"""Wait for a call at most so long, whatever it is doing.

A socket's timeout starts anew with every byte, and busy providers send blank lines to keep a connection open
(https://api-docs.deepseek.com/quick_start/rate_limit), so it alone never ends a request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class _TimedCall(threading.Thread, Generic[T]):
    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="model-request", daemon=True)
        self._call = call
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error


def call_within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, raise what it raises; TimeoutError after `seconds`.

    A call that is late is left to end by itself, in a thread that does not keep the process alive.
    """
    running = _TimedCall(call)
    running.start()
    running.join(max(0.0, seconds))
    if running.error is not None:
        raise running.error
    if not running.results:
        raise TimeoutError(f"no complete answer within {seconds:g} s")
    return running.results[0]
