"""Files and folders by path."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from standins.github.branches import refuse_protected
from standins.github.call import Answer, Call, Refusal, invalid, not_found, route
from standins.github.commits import read
from standins.github.git import is_malformed
from standins.github.git_data import WORKFLOWS, git_commit_json
from standins.github.people import Json, Via
from standins.github.tokens import FORBIDDEN

if TYPE_CHECKING:
    from standins.github.git import Entry
    from standins.github.repositories import Repository

KINDS = {"tree": "dir", "blob": "file", "commit": "submodule"}


def _entry_json(repository: Repository, entry: Entry, ref: str) -> Json:
    """One of OpenAPI's `content-directory`."""
    kind = "symlink" if entry.mode == "120000" else KINDS[entry.kind]
    url = repository.api(f"/contents/{entry.path}?ref={ref}")
    git_url = repository.api(f"/git/{entry.kind}s/{entry.sha}")
    page = repository.html(f"/{entry.kind}/{ref}/{entry.path}")
    return {
        "type": kind,
        "size": max(entry.size, 0),
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "url": url,
        "git_url": git_url,
        "html_url": page,
        "download_url": None if kind == "dir" else repository.html(f"/raw/{ref}/{entry.path}"),
        "_links": {"self": url, "git": git_url, "html": page},
    }


def _find(repository: Repository, ref: str, path: str) -> Entry:
    found = repository.git.tree(ref, path=path.strip("/"))
    if not found:
        raise not_found()
    return found[0]


@route("GET", "/repos/{owner}/{repo}/contents", needs="contents:read")
@route("GET", "/repos/{owner}/{repo}/contents/{path+}", needs="contents:read")
def show(call: Call) -> Answer:
    """A file with its content, a folder's list, or the bytes alone for the raw media type."""
    repository, path = call.repository, call.parameters.get("path", "").strip("/")
    if path and is_malformed(path):
        raise not_found()
    ref = call.query.get("ref") or repository.default_branch
    sha = repository.git.resolve(ref.removeprefix("refs/heads/"))
    if sha is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    entry = _find(repository, sha, path) if path else None
    if entry is None or entry.kind == "tree":
        rows = repository.git.tree(sha, path=f"{path}/" if path else "")
        return Answer(200, [_entry_json(repository, each, ref) for each in rows])
    raw = repository.git.blob(entry.sha)
    if "raw" in call.headers.get("accept", ""):
        return Answer(200, raw, {"content-type": "application/vnd.github.raw+json; charset=utf-8"})
    shown = _entry_json(repository, entry, ref)
    if entry.mode == "120000":
        return Answer(200, {**shown, "target": raw.decode()})
    # Over 1 MB the content is left out: docs.github.com/rest/repos/contents#get-repository-content
    small = len(raw) <= 1_048_576
    content = base64.encodebytes(raw).decode() if small else ""
    return Answer(200, {**shown, "content": content, "encoding": "base64" if small else "none"})


@route("PUT", "/repos/{owner}/{repo}/contents/{path+}", needs="contents:write")
def write(call: Call) -> Answer:
    path, old = call.parameters["path"], _old_sha(call)
    if old != call.body.get("sha"):
        if call.body.get("sha") is None:
            raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        raise Refusal(409, f"{path} does not match {call.body['sha']}")
    try:
        raw = base64.b64decode(call.text("content", "", resource="Commit").replace("\n", ""), validate=True)
    except ValueError as error:
        raise Refusal(422, "content is not valid Base64") from error
    return _commit(call, path, raw, 200 if old else 201)


@route("DELETE", "/repos/{owner}/{repo}/contents/{path+}", needs="contents:write")
def delete(call: Call) -> Answer:
    old = _old_sha(call)
    if old is None:
        raise not_found()
    if old != call.body.get("sha"):
        raise Refusal(409, f"{call.parameters['path']} does not match {call.body.get('sha')}")
    return _commit(call, call.parameters["path"], None, 200)


def _branch(call: Call) -> str:
    return str(call.body.get("branch") or call.repository.default_branch).removeprefix("refs/heads/")


def _old_sha(call: Call) -> str | None:
    """Of the file as it is on the branch."""
    repository, branch = call.repository, _branch(call)
    if is_malformed(call.parameters["path"]):
        raise Refusal(422, "path contains a malformed path component")
    head = repository.head(branch)
    if head is None:
        if branch != repository.default_branch:
            raise Refusal(404, f"Branch {branch} not found")
        return None
    found = repository.git.tree(head, path=call.parameters["path"])
    return found[0].sha if found else None


def _commit(call: Call, path: str, raw: bytes | None, status: int) -> Answer:
    repository, branch, token = call.repository, _branch(call), call.token
    if path.startswith(WORKFLOWS) and token and token.permissions is not None and token.level("workflows") < 2:
        raise Refusal(403, FORBIDDEN)
    if not call.body.get("message"):
        raise invalid("Commit", "message", code="missing_field")
    refuse_protected(repository, branch)
    sha = repository.commit({path: raw}, call.body["message"], branch=branch, by=call.actor)
    if call.repository.signs_for_bots and call.actor.via is not Via.USER:
        repository.signed.add(sha)
    content = None if raw is None else _entry_json(repository, _find(repository, sha, path), branch)
    return Answer(status, {"content": content, "commit": git_commit_json(repository, read(repository, sha))})
