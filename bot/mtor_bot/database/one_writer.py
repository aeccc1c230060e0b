"""Hand SQLite's one write lock from thread to thread, in order.

SQLite has a waiting thread look again after sleeps of up to a tenth of a second, and whoever looks at the right moment
overtakes. Within this process threads queue instead, and one is woken as soon as another has committed. Other programs,
such as `mtor-bot jobs`, still wait for SQLite's own lock.
https://www.sqlite.org/c3ref/busy_timeout.html
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_goes_first: ContextVar[bool] = ContextVar("mtor_bot_goes_first", default=False)
# What begins a transaction that writes: sqlite3 begins one by itself before these.
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE")
_LONGEST_WORD = 16


@contextmanager
def going_first() -> Iterator[None]:
    """Let transactions that begin inside overtake all that wait: somebody outside waits for them."""
    token = _goes_first.set(True)
    try:
        yield
    finally:
        _goes_first.reset(token)


@dataclass(slots=True)
class WriteTurns:
    """Whose turn it is to write to one file; threads wait `patience_seconds` for theirs."""

    patience_seconds: float
    _is_taken: bool = False
    _waiting: deque[threading.Event] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        """Return when it is this thread's turn. Raises sqlite3.OperationalError, as SQLite does, if it never is."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Event()
            if _goes_first.get():
                self._waiting.appendleft(mine)
            else:
                self._waiting.append(mine)
        try:
            came = mine.wait(self.patience_seconds)
        except BaseException:
            # An exception from outside, such as a signal's: a turn that came nevertheless is for the next one.
            if self._give_up(mine):
                self.hand_on()
            raise
        if not came and not self._give_up(mine):
            raise sqlite3.OperationalError("database is locked")

    def _give_up(self, mine: threading.Event) -> bool:
        """Leave the queue; return True if the turn came at the last moment."""
        with self._lock:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
            return False

    def hand_on(self) -> None:
        """End this turn and let the longest waiting thread write."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


class QueuedCursor(sqlite3.Cursor):
    """A cursor whose connection waits for its turn before it begins to write."""

    connection: QueuedConnection

    def execute(self, sql: str, *parameters: Any) -> QueuedCursor:
        """sqlite3's `execute`; a statement that writes waits for its turn."""
        with self.connection.writing(sql):
            super().execute(sql, *parameters)
        return self

    def executemany(self, sql: str, *parameters: Any) -> QueuedCursor:
        """sqlite3's `executemany`; a statement that writes waits for its turn."""
        with self.connection.writing(sql):
            super().executemany(sql, *parameters)
        return self


class QueuedConnection(sqlite3.Connection):
    """A connection that has its turn from its first write to the end of the transaction."""

    turns: WriteTurns | None = None
    _has_turn = False

    def cursor(self, factory: Any = QueuedCursor) -> Any:
        """sqlite3's `cursor`, of a class whose writes wait for their turn."""
        return super().cursor(factory)

    def execute(self, sql: str, *parameters: Any) -> Any:
        """As sqlite3's, whose own shortcut makes a cursor of another class."""
        return self.cursor().execute(sql, *parameters)

    def executemany(self, sql: str, *parameters: Any) -> Any:
        """sqlite3's `executemany`, by a cursor of our class."""
        return self.cursor().executemany(sql, *parameters)

    def commit(self) -> None:
        """sqlite3's `commit`; the turn ends with it."""
        try:
            super().commit()
        finally:
            self._end()

    def rollback(self) -> None:
        """sqlite3's `rollback`; the turn ends with it."""
        try:
            super().rollback()
        finally:
            self._end()

    def close(self) -> None:
        """As sqlite3's; what was not committed is gone."""
        super().close()
        self._end(closed=True)

    @contextmanager
    def writing(self, sql: str) -> Iterator[None]:
        """Wait for the turn if `sql` begins a transaction that writes; give it back if none was begun."""
        begins = not self.in_transaction and sql.lstrip()[:_LONGEST_WORD].upper().startswith(_WRITES)
        if begins and self.turns is not None and not self._has_turn:
            self.turns.take()
            self._has_turn = True
        try:
            yield
        finally:
            self._end()

    def _end(self, *, closed: bool = False) -> None:
        if self._has_turn and self.turns is not None and (closed or not self.in_transaction):
            self._has_turn = False
            self.turns.hand_on()
