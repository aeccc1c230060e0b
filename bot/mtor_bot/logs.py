"""JSON log lines on stderr. The job or delivery is bound once; payloads, tokens and prompts never appear."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

from mtor_action.redaction.redactor import Redactor

LONGEST = 4_000
LONGEST_REMEMBERED, MOST_REMEMBERED = 100, 512
logger = logging.getLogger(__name__)
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_bound: ContextVar[dict[str, str]] = ContextVar("mtor_bot_log", default={})  # noqa: B039  never changed in place


@contextmanager
def bound(**about: str) -> Iterator[None]:
    """Add `about` to every line that is logged inside, such as the job or the delivery."""
    token = _bound.set({**_bound.get(), **about})
    try:
        yield
    finally:
        _bound.reset(token)


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object a line: `extra=` and bound values are fields, secrets are taken out."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        redact = Redactor(os.environ, secrets).redact
        # Keys, sentences and names of loggers are the same few in all lines.
        self._redact = lru_cache(MOST_REMEMBERED)(redact)
        self._redact_long = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON, without the newline."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_bound.get(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-LONGEST:]
        if record.stack_info:
            line["stack"] = record.stack_info[-LONGEST:]
        return json.dumps({self._text(name): self._text(_plain(value)) for name, value in line.items()})

    def _text(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return self._redact(value) if len(value) <= LONGEST_REMEMBERED else self._redact_long(value)


def _message(record: logging.LogRecord) -> str:
    """Return the record's sentence; a library may give it other values than it has places for."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else str(value)[:LONGEST]


def set_up(*secrets: str) -> None:
    """Make the whole process log so, warnings and uncaught exceptions included; `secrets` never appear."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(*secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Their many lines contain addresses with queries.
    for name in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    # A line that cannot be written is lost; its traceback would not be JSON.
    logging.raiseExceptions = False
    sys.excepthook = lambda kind, error, trace: _uncaught("the process", (kind, error, trace))
    sys.unraisablehook = lambda args: _uncaught(
        repr(args.object), (args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
    )
    threading.excepthook = _uncaught_in_thread
    # The queue's library gives its logger a form of its own, unless it has one already.
    logging.getLogger("dbos").addHandler(handler)
    take_over()


def take_over() -> None:
    """Make loggers that libraries gave a format of their own use ours."""
    for logger_ in logging.root.manager.loggerDict.values():
        if isinstance(logger_, logging.Logger) and logger_.handlers:
            logger_.handlers[:], logger_.propagate = logging.root.handlers, False


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "a thread"
    _uncaught(name, (args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback))


def _uncaught(origin: str, error: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
    logger.critical("an exception was caught by nobody", exc_info=error, extra={"where": origin})
