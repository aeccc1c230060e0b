"""The record that the work job hands to the publish job, beside the report: `handover.json`, schema 1."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.github.texts.pins import Pin, encode

if TYPE_CHECKING:
    from mtor_action.tree.changes import FileState

SCHEMA = 1


class Handover(NamedTuple):
    """One job: `job` is the queue's id or "", `base` a commit id or "".

    `implementer` has every file of the tested tree that is not as the spec's own plan makes it; None: it is gone.
    `tree` is the id of the tested tree, "" where nothing was committed.
    """

    job: str
    issue: int
    base: str
    pins: tuple[Pin, ...]
    implementer: tuple[tuple[str, FileState | None], ...] = ()
    tree: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the object written to `handover.json`."""
        return {
            "schema": SCHEMA,
            "job": self.job,
            "issue": self.issue,
            "base": self.base,
            "tree": self.tree,
            "pins": json.loads(encode(self.pins) or "[]"),
            "implementer": [_file(path, state) for path, state in self.implementer],
        }


def _file(path: str, state: FileState | None) -> dict[str, str | None]:
    if state is None:
        return {"path": path, "mode": "", "content": None}
    return {"path": path, "mode": state.mode, "content": base64.b64encode(state.content).decode("ascii")}
