"""Concurrency groups of jobs: one runs, with `queue: max` a hundred wait, and what comes then is cancelled.

https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.github.runs import MOST_PENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_SECONDS = 0.02


@dataclass(slots=True)
class JobGroups:
    """Who runs and who waits in each group, by ticket: the first of a group's list runs."""

    _line: dict[str, list[object]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(self, group: str, is_over: Callable[[], bool]) -> Iterator[bool]:
        """Wait for the group's turn; False if there is no room, or the run is over before. "" is no group."""
        if not group:
            yield True
            return
        ticket = object()
        with self._changed:
            line = self._line.setdefault(group, [])
            has_room = len(line) <= MOST_PENDING
            if has_room:
                line.append(ticket)
        try:
            yield has_room and self._come_first(line, ticket, is_over)
        finally:
            with self._changed:
                if ticket in line:
                    line.remove(ticket)
                self._changed.notify_all()

    def _come_first(self, line: list[object], ticket: object, is_over: Callable[[], bool]) -> bool:
        with self._changed:
            while line[0] is not ticket and not is_over():
                self._changed.wait(_LOOK_SECONDS)
            return line[0] is ticket and not is_over()
