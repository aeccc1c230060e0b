"""Ctrl-C and its kin, held back until it is safe to obey."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType

_HELD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Within the block interrupt, terminate and hang-up only count; after it the first one is delivered.

    An exception out of a signal handler could otherwise strike between the start of a process and the line
    that remembers it, or while it is being killed. What our caller ignores (nohup) stays ignored. Outside the
    main thread, where Python delivers no signals, it does nothing.
    """

    def __init__(self) -> None:
        self.count = 0
        self._first: int | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Start to hold back SIGINT, SIGTERM and SIGHUP."""
        if threading.current_thread() is threading.main_thread():
            for signum in _HELD:
                # None is a handler that was not set from Python, which could not be put back.
                if signal.getsignal(signum) not in {signal.SIG_IGN, None}:
                    self._handlers[signum] = signal.signal(signum, self._hold)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the handlers back and deliver: KeyboardInterrupt, unless the handler has its own exception."""
        for signum, handler in self._handlers.items():
            signal.signal(signum, handler)
        if self._first is not None:
            signal.raise_signal(self._first)
            raise KeyboardInterrupt

    def _hold(self, signum: int, _frame: FrameType | None) -> None:
        self.count += 1
        self._first = self._first or signum
