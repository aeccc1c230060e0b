"""`job.json` next to a transcript: what it takes to resume an interrupted fix, from its first request to the commit."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, UsageError
from mtor_action.job.options import Options
from mtor_action.job.ownership import find_user
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.preparation.text_origin import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.report.report import Report
    from mtor_action.repository.git import Git
    from mtor_action.untyped import JsonObject


class Unfinished(NamedTuple):
    """A fix that did not come to its end. `base` is the commit that it works on, `origin` where the spec comes from."""

    job: str
    base: str
    source: str
    spec: Spec
    options: Options
    origin: Origin


def save_unfinished(git: Git, spec: Spec, source: str, report: Report, options: Options) -> None:
    """Write `job.json`, before the first request."""
    folder = git.state_dir / "jobs" / report.job
    folder.mkdir(parents=True, exist_ok=True)
    parts = [[lines.name, lines.data.decode("utf-8", "surrogateescape")] for lines in spec.texts]
    body = {
        "base": report.base,
        "written_for": report.written_for.commit,
        "found": report.written_for.found,
        "source": source,
        "title": spec.title,
        "parts": parts,
        # What a review asks for is in none of the parts.
        "wish": spec.wish,
        "entrusted": list(spec.entrusted),
        "check_logs": spec.check_logs,
        "models": list(options.models),
        "api_base": options.api_base,
        "as_user": options.as_user.name if options.as_user else None,
    }
    temporary = folder / "job.json.new"
    with temporary.open("w", encoding="ascii") as file:
        file.write(json.dumps(body))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "job.json")


def find_unfinished(git: Git, job: str) -> Unfinished:
    """Return the job of that id, or the last one that did not end. Raises MtorError if there is none."""
    jobs = git.state_dir / "jobs"
    if job and (jobs / job).parent != jobs:
        raise UsageError(f"{job!r} is not the name of a job", "jobs are named like the folders in .git/mtor/jobs")
    names = [job] if job else sorted((folder.name for folder in jobs.glob("*")), reverse=True)
    for name in names:
        if is_unfinished(git, name):
            return _read(jobs / name)
    which = f"the job {job}" if job else "any job"
    raise MtorError(f"there is nothing to resume for {which}", "a run can be resumed if it was killed during a fix")


def forget_unfinished(git: Git, job: str) -> None:
    """The job has come to its end: there is nothing to resume of it."""
    (git.state_dir / "jobs" / job / "job.json").unlink(missing_ok=True)


def is_unfinished(git: Git, job: str) -> bool:
    """Return whether the job in this folder can be resumed."""
    folder = git.state_dir / "jobs" / job
    return (folder / "job.json").exists() and (folder / "transcript.jsonl").exists()


def _read(folder: Path) -> Unfinished:
    try:
        record = json.loads((folder / "job.json").read_bytes())
        as_user = find_user(record["as_user"]) if record["as_user"] else None
        options = Options(tuple(record["models"]), record["api_base"], as_user)
        spec = _spec_in(record)
        origin = Origin(commit=record.get("written_for", ""), is_found=record.get("found", False))
        return Unfinished(folder.name, record["base"], record["source"], spec, options, origin)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "start over with `mtor run SPEC`"
        raise MtorError(f"{folder / 'job.json'} cannot be read: {error}", hint) from error


def _spec_in(record: JsonObject) -> Spec:
    parts = [Part(name, text.encode("utf-8", "surrogateescape")) for name, text in record["parts"]]
    spec = parse_spec(parts, record["title"])
    wish = record.get("wish", "")
    return spec.wishing(wish, record["entrusted"], record["check_logs"]) if wish else spec
