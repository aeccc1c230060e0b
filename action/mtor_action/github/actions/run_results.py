"""The result that a publish job leaves in an artifact of its run: `result.json`, as `publish/outputs.py` writes it.

https://docs.github.com/rest/actions/artifacts
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.github.answers import Answer
from mtor_action.github.downloads import stored_chunks
from mtor_action.neutral import one_line
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from mtor_action.github.client import Client

RESULT = "mtor-result"
LARGEST_RESULT = 1_000_000


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a job ended: why is a sentence; `pull_request` is a number, None for none; `paused`: it never began."""

    outcome: Outcome
    reason: str
    pull_request: int | None
    paused: bool


def run_result(client: Client, run_id: int, job: str) -> RunResult | None:
    """Return the result in the publish job's artifact; None if none is valid for this job. Raises GitHubError."""
    listed = client.pages(f"actions/runs/{run_id}/artifacts", key="artifacts", params={"name": RESULT}, most=1)
    newest = max((artifact.number("id") for artifact in listed if not artifact.flag("expired")), default=0)
    return _read_result(_download(client, newest), job) if newest else None


def _read_result(archive: bytes, job: str) -> RunResult | None:
    """Return the result in an artifact's zip file, None if it is not one of this job."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed, packed.open("result.json") as opened:
            content = opened.read(LARGEST_RESULT)
        stored = Answer(json.loads(content))
        outcome = Outcome(stored.text("outcome"))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, NotImplementedError, RuntimeError, OSError):
        return None
    if (stored.number("schema"), stored.text("job")) != (1, job):
        return None
    return RunResult(
        outcome,
        one_line(stored.text("reason"), 1000),
        stored.number("pull_request") or None,
        paused=stored.flag("paused") and outcome is Outcome.CANCELLED,
    )


def _download(client: Client, artifact_id: int) -> bytes:
    """Return the archive up to a limit; a longer one is cut, and then is not a valid archive. Raises GitHubError."""
    read = b""
    for chunk in stored_chunks(client, f"actions/artifacts/{artifact_id}/zip"):
        read += chunk
        if len(read) > LARGEST_RESULT:
            break
    return read
