"""Ids by which GraphQL's mutations know issues, labels and comments: they never change, so that each is read once.

Learnt from whatever answer has one. A label that is deleted and made anew has another id; what an old one leads to is
an error, after which it is forgotten.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

MOST = 20_000


@dataclass(slots=True)
class NodeIds:
    """Node ids by a repository's id and REST's path, such as `issues/3`, "" for itself; the oldest are dropped.

    It may be shared by threads.
    """

    _kept: dict[tuple[int, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, repository_id: int, path: str) -> str:
        """Return the id, "" if it is not known."""
        return self._kept.get((repository_id, path.casefold()), "")

    def keep(self, repository_id: int, path: str, node_id: str) -> None:
        """Remember an id; "" is none."""
        if not node_id:
            return
        with self._lock:
            self._kept[repository_id, path.casefold()] = node_id
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]

    def drop(self, repository_id: int, path: str) -> None:
        """Forget an id that led nowhere."""
        with self._lock:
            self._kept.pop((repository_id, path.casefold()), None)
