"""Artifacts of runs: listed, and downloaded as zip archives."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp
from standins.github.people import Json, node_id
from standins.github.tokens import secret
from standins.github.workflows import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from standins.github.runs import Run


@dataclass(slots=True)
class Artifact:
    """One upload; `archive` is the zip file."""

    run: Run
    id: int
    name: str
    archive: bytes
    created_at: datetime
    expired: bool = False

    def json(self) -> Json:
        """OpenAPI's `artifact`."""
        repository = self.run.repository
        url = repository.api(f"/actions/artifacts/{self.id}")
        ids = {"id": self.run.id, "repository_id": repository.id, "head_repository_id": repository.id}
        made = stamp(self.created_at)
        return {
            "id": self.id,
            "node_id": node_id("A", self.id),
            "name": self.name,
            "size_in_bytes": len(self.archive),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": self.expired,
            "created_at": made,
            "updated_at": made,
            "expires_at": stamp(self.created_at + timedelta(days=90)),
            "workflow_run": {**ids, "head_branch": self.run.branch, "head_sha": self.run.sha},
        }


def upload(run: Run, name: str, files: Mapping[str, str | bytes]) -> Artifact:
    """A new artifact of these files."""
    world, packed = run.repository.world, io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    made = Artifact(run, world.next_id("artifact"), name, packed.getvalue(), world.clock.now())
    run.artifacts.append(made)
    return made


def _of(call: Call) -> Artifact:
    for run in call.repository.runs.values():
        for each in run.artifacts:
            if each.id == int(call.parameters["artifact"]):
                return each
    raise not_found()


@route("GET", f"{ACTIONS}/artifacts", needs="actions:read")
@route("GET", f"{ACTIONS}/runs/{{run}}/artifacts", needs="actions:read")
def index(call: Call) -> Answer:
    runs = [call.run] if "run" in call.parameters else list(call.repository.runs.values())
    found = sorted((each for run in runs for each in run.artifacts), key=lambda each: -each.id)
    name = call.query.get("name")
    return call.list([each.json() for each in found if name in (None, each.name)], "artifacts")


@route("GET", f"{ACTIONS}/artifacts/{{artifact}}", needs="actions:read")
def show(call: Call) -> Answer:
    return Answer(200, _of(call).json())


@route("GET", f"{ACTIONS}/artifacts/{{artifact}}/zip", needs="actions:read")
def download(call: Call) -> Answer:
    """A redirect to a signed address that wants no token, for a minute."""
    artifact = _of(call)
    if call.token is None:
        raise Refusal(401, "Requires authentication")
    if artifact.expired:
        raise Refusal(410, "Artifact has expired")
    signature = secret("", artifact.id, 40)
    return Answer(302, None, {"location": call.world.html(f"/_storage/artifacts/{artifact.id}.zip?sig={signature}")})


@route("GET", "/_storage/artifacts/{artifact}.zip")
def stored(call: Call) -> Answer:
    number = int(call.parameters["artifact"])
    if call.query.get("sig") != secret("", number, 40) or "authorization" in call.headers:
        raise Refusal(403, "the signature is wrong, or a token was sent where none belongs")
    for repository in call.world.repositories.values():
        for run in repository.runs.values():
            for each in run.artifacts:
                if each.id == number:
                    return Answer(200, each.archive, {"content-type": "application/zip"})
    raise not_found()
