"""The git database: blobs, trees, commits and refs over the real repository."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from standins.github.branches import refuse_protected
from standins.github.call import Answer, Call, Refusal, invalid, not_found, route
from standins.github.commits import Commit, read, verification
from standins.github.git import ZERO, GitFailed, is_malformed
from standins.github.people import Json, node_id
from standins.github.signatures import SIGNER, is_signed_by_github, refuse_unsigned

if TYPE_CHECKING:
    from standins.github.repositories import Repository

MODES = ("100644", "100755", "040000", "160000", "120000")
WORKFLOWS = ".github/workflows"


@route("POST", "/repos/{owner}/{repo}/git/blobs", needs="contents:write")
def create_blob(call: Call) -> Answer:
    content = call.body.get("content", "")
    try:
        raw = base64.b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    except binascii.Error as error:
        raise Refusal(422, "content is not valid Base64") from error
    sha = call.repository.git.store_blob(raw)
    return Answer(201, {"sha": sha, "url": call.repository.api(f"/git/blobs/{sha}")})


@route("GET", "/repos/{owner}/{repo}/git/blobs/{sha}", needs="contents:read")
def show_blob(call: Call) -> Answer:
    repository, sha = call.repository, call.parameters["sha"]
    if repository.git.kind(sha) != "blob":
        raise not_found()
    raw = repository.git.blob(sha)
    shown = {"sha": sha, "node_id": node_id("B", int(sha[:8], 16)), "size": len(raw), "encoding": "base64"}
    url = repository.api(f"/git/blobs/{sha}")
    return Answer(200, {**shown, "url": url, "content": base64.encodebytes(raw).decode()})


def _tree_json(repository: Repository, sha: str, *, recursive: bool) -> Json:
    entries = repository.git.tree(sha, *(["-r", "-t"] if recursive else []))
    rows: list[Json] = []
    for each in entries:
        row: Json = {"path": each.path, "mode": each.mode, "type": each.kind, "sha": each.sha}
        if each.kind == "blob":
            row["size"] = each.size
        if each.kind != "commit":
            row["url"] = repository.api(f"/git/{each.kind}s/{each.sha}")
        rows.append(row)
    return {"sha": sha, "url": repository.api(f"/git/trees/{sha}"), "tree": rows, "truncated": False}


@route("GET", "/repos/{owner}/{repo}/git/trees/{sha+}", needs="contents:read")
def show_tree(call: Call) -> Answer:
    sha = call.repository.git.resolve(call.parameters["sha"], "tree")
    if sha is None:
        raise not_found()
    return Answer(200, _tree_json(call.repository, sha, recursive="recursive" in call.query))


@route("POST", "/repos/{owner}/{repo}/git/trees", needs="contents:write")
def create_tree(call: Call) -> Answer:
    repository, base = call.repository, call.body.get("base_tree")
    if base is not None and (base := repository.git.resolve(base, "tree")) is None:
        raise Refusal(404, "base_tree is not a valid tree oid")
    changes = [_tree_change(repository, entry) for entry in call.body.get("tree", [])]
    try:
        sha = repository.git.write_tree(base, changes)
    except GitFailed as error:
        raise Refusal(422, f"GitRPC::BadObjectState: {error}") from error
    return Answer(201, _tree_json(repository, sha, recursive=False))


def _tree_change(repository: Repository, entry: Json) -> tuple[str, str, str | None]:
    path, mode = str(entry.get("path", "")), str(entry.get("mode", ""))
    if mode not in MODES:
        raise Refusal(422, "Must supply a valid tree.mode")
    if is_malformed(path):
        raise Refusal(422, "tree.path contains a malformed path component")
    if "content" in entry:
        return mode, path, repository.git.store_blob(str(entry["content"]).encode())
    sha = entry.get("sha")
    if sha is not None and repository.git.kind(sha) is None:
        raise Refusal(422, f"tree.sha {sha} is not a valid {entry.get('type', 'blob')}")
    return mode, path, sha


def git_commit_json(repository: Repository, commit: Commit) -> Json:
    """OpenAPI's `git-commit`."""
    url = repository.api("/git/commits/")
    parents = [
        {"sha": each, "url": url + each, "html_url": repository.html(f"/commit/{each}")} for each in commit.parents
    ]
    return {
        "sha": commit.sha,
        "node_id": node_id("C", int(commit.sha[:8], 16)),
        "url": url + commit.sha,
        "html_url": repository.html(f"/commit/{commit.sha}"),
        "author": commit.author.json(),
        "committer": commit.committer.json(),
        "tree": {"sha": commit.tree, "url": repository.api(f"/git/trees/{commit.tree}")},
        "message": commit.message,
        "parents": parents,
        "verification": verification(repository, commit),
    }


@route("GET", "/repos/{owner}/{repo}/git/commits/{sha}", needs="contents:read")
def show_commit(call: Call) -> Answer:
    if call.repository.git.kind(call.parameters["sha"]) != "commit":
        raise not_found()
    return Answer(200, git_commit_json(call.repository, read(call.repository, call.parameters["sha"])))


@route("POST", "/repos/{owner}/{repo}/git/commits", needs="contents:write")
def create_commit(call: Call) -> Answer:
    """Signed by GitHub if a bot's token makes it without an author or committer of its own."""
    repository, body, user = call.repository, call.body, call.actor.user
    if repository.git.kind(str(body.get("tree", ""))) != "tree":
        raise Refusal(422, "Tree SHA does not exist")
    for parent in body.get("parents", []):
        if repository.git.kind(parent) != "commit":
            raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    own = {"name": user.login, "email": user.email_at(call.world.url), "date": call.world.clock.now().isoformat()}
    author = {**own, **body.get("author", {})}
    is_signed = is_signed_by_github(call, body)
    committer = {**author, **SIGNER} if is_signed else {**author, **body.get("committer", {})}
    environment = {
        f"GIT_{role}_{name.upper()}": str(person[name])
        for role, person in (("AUTHOR", author), ("COMMITTER", committer))
        for name in ("name", "email", "date")
    }
    parents = [part for parent in body.get("parents", []) for part in ("-p", parent)]
    message = str(body.get("message", "")).encode()
    sha = repository.git.line("commit-tree", body["tree"], *parents, data=message, environment=environment)
    if is_signed:
        repository.signed.add(sha)
    return Answer(201, git_commit_json(repository, read(repository, sha)))


def ref_json(repository: Repository, ref: str, sha: str) -> Json:
    """OpenAPI's `git-ref`."""
    kind = repository.git.kind(sha) or "commit"
    target = {"type": kind, "sha": sha, "url": repository.api(f"/git/{kind}s/{sha}")}
    url = repository.api(f"/git/{ref}")
    return {"ref": ref, "node_id": node_id("REF", int(sha[:8], 16)), "url": url, "object": target}


@route("GET", "/repos/{owner}/{repo}/git/ref/{ref+}", needs="contents:read")
def show_ref(call: Call) -> Answer:
    ref = f"refs/{call.parameters['ref']}"
    sha = call.repository.git.refs().get(ref)
    if sha is None:
        raise not_found()
    return Answer(200, ref_json(call.repository, ref, sha))


@route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref+}", needs="contents:read")
def matching_refs(call: Call) -> Answer:
    prefix = f"refs/{call.parameters['ref']}"
    found = {ref: sha for ref, sha in call.repository.git.refs().items() if ref.startswith(prefix)}
    return Answer(200, [ref_json(call.repository, ref, sha) for ref, sha in found.items()])


@route("POST", "/repos/{owner}/{repo}/git/refs", needs="contents:write")
def create_ref(call: Call) -> Answer:
    repository, ref, sha = call.repository, str(call.body.get("ref", "")), str(call.body.get("sha", ""))
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise Refusal(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if repository.git.kind(sha) is None:
        raise Refusal(422, "Object does not exist")
    if ref in repository.git.refs():
        raise Refusal(422, "Reference already exists")
    _set_ref(call, ref, sha, None)
    return Answer(201, ref_json(repository, ref, sha))


@route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref+}", needs="contents:write")
def update_ref(call: Call) -> Answer:
    repository, ref, sha = call.repository, f"refs/{call.parameters['ref']}", str(call.body.get("sha", ""))
    old = repository.git.refs().get(ref)
    if old is None:
        raise Refusal(422, "Reference does not exist")
    if repository.git.kind(sha) is None:
        raise Refusal(422, "Object does not exist")
    if not call.body.get("force") and not repository.git.is_ancestor(old, sha):
        raise Refusal(422, "Update is not a fast forward")
    _set_ref(call, ref, sha, old)
    return Answer(200, ref_json(repository, ref, sha))


@route("DELETE", "/repos/{owner}/{repo}/git/refs/{ref+}", needs="contents:write")
def delete_ref(call: Call) -> Answer:
    repository, ref = call.repository, f"refs/{call.parameters['ref']}"
    old = repository.git.refs().get(ref)
    if old is None:
        raise Refusal(422, "Reference does not exist")
    refuse_protected(repository, ref.removeprefix("refs/heads/"))
    repository.git.run("update-ref", "-d", ref, old)
    repository.refs_changed({ref: old}, call.actor)
    return Answer(204)


def _set_ref(call: Call, ref: str, sha: str, old: str | None) -> None:
    repository = call.repository
    refuse_protected(repository, ref.removeprefix("refs/heads/"))
    refuse_unsigned(repository, ref, sha)
    refuse_workflows(call, sha)
    before = repository.git.refs()
    try:
        repository.git.run("update-ref", ref, sha, old or ZERO)
    except GitFailed as error:
        raise invalid("Reference", "ref", str(error)) from error
    repository.refs_changed(before, call.actor)


def refuse_workflows(call: Call, sha: str) -> None:
    """New commits that touch a workflow file need the workflows permission."""
    token, git = call.token, call.repository.git
    if token is None or token.permissions is None or token.level("workflows") > 1:
        return
    for each in git.lines("rev-list", sha, "--not", "--all"):
        paths = git.lines("diff-tree", "--no-commit-id", "--name-only", "-r", "-m", "--root", each, "--", WORKFLOWS)
        if paths:
            doing = f"refusing to allow a GitHub App to create or update workflow `{paths[0]}`"
            raise Refusal(403, f"{doing} without `workflows` permission")
