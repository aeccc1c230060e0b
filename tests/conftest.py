"""For all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start: a shell's background job ignores it, and so would all its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
