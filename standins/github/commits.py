"""Commits as people see them: one, a list, and two compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.people import Json, node_id, simple_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github.repositories import Repository

STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
UNSIGNED: Json = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


class Person(NamedTuple):
    """An author or committer line."""

    name: str
    email: str
    date: str

    def json(self) -> Json:
        return self._asdict()


class Commit(NamedTuple):
    """What a commit object says."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


def read(repository: Repository, sha: str) -> Commit:
    shown = "%H%n%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
    raw = repository.git.run("show", "-s", f"--format={shown}", "--date=iso-strict", sha).decode("utf-8", "replace")
    head, message = raw.split("\n", 9)[:9], raw.split("\n", 9)[9]
    dates = [each.replace("+00:00", "Z") for each in (head[5], head[8])]
    author, committer = Person(head[3], head[4], dates[0]), Person(head[6], head[7], dates[1])
    return Commit(head[0], head[1], tuple(head[2].split()), author, committer, message.rstrip("\n"))


def verification(repository: Repository, commit: Commit) -> Json:
    """Commits that a bot made through the API are signed by GitHub."""
    if commit.sha not in repository.signed:
        return UNSIGNED
    return {
        "verified": True,
        "reason": "valid",
        "signature": "-----BEGIN PGP SIGNATURE-----",
        "payload": commit.tree,
        "verified_at": commit.committer.date,
    }


def commit_json(repository: Repository, sha: str) -> Json:
    """OpenAPI's `commit`, without files and stats."""
    commit = read(repository, sha)
    url = repository.api(f"/commits/{sha}")
    parents = [{"sha": each, **_urls(repository, each)} for each in commit.parents]
    return {
        "url": url,
        "sha": sha,
        "node_id": node_id("C", int(sha[:8], 16)),
        "html_url": repository.html(f"/commit/{sha}"),
        "comments_url": f"{url}/comments",
        "commit": {
            "url": repository.api(f"/git/commits/{sha}"),
            "author": commit.author.json(),
            "committer": commit.committer.json(),
            "message": commit.message,
            "comment_count": 0,
            "tree": {"sha": commit.tree, "url": repository.api(f"/git/trees/{commit.tree}")},
            "verification": verification(repository, commit),
        },
        "author": _account(repository, commit.author),
        "committer": _account(repository, commit.committer),
        "parents": parents,
    }


def _urls(repository: Repository, sha: str) -> Json:
    return {"url": repository.api(f"/commits/{sha}"), "html_url": repository.html(f"/commit/{sha}")}


def _account(repository: Repository, person: Person) -> Json | None:
    """The user behind an address, as GitHub links them."""
    for user in repository.world.users.values():
        if person.email in (user.email, user.email_at(repository.world.url)):
            return simple_user(repository.world, user)
    return None


def files_json(repository: Repository, old: str, new: str) -> list[Json]:
    """OpenAPI's `diff-entry` for every file that differs, with its patch."""
    git = repository.git
    rows = git.run("diff", "--raw", "-z", "--no-abbrev", "-M", old, new).decode("utf-8", "surrogateescape").split("\0")
    patches, entries, at = _patches(repository, old, new), [], 0
    while at < len(rows) and rows[at]:
        _, _, _, sha, status = rows[at].split()
        renamed = status[0] in "RC"
        before, path = rows[at + 1], rows[at + 2] if renamed else rows[at + 1]
        at += 3 if renamed else 2
        entry = _file_json(repository, new, path, STATUS[status[0]], sha)
        # A file that becomes a link has two patches: it goes, and it comes.
        parts = [next(patches) for _ in range(2 if status[0] == "T" else 1)]
        patch = "".join(parts).partition("\n@@")
        first = [line[:1] for part in parts for line in part.partition("\n@@")[2].split("\n")[1:]]
        added, removed = first.count("+"), first.count("-")
        entry |= {"additions": added, "deletions": removed, "changes": added + removed}
        entry |= {"patch": "@@" + patch[2]} if patch[1] else {}
        entries.append(entry | ({"previous_filename": before} if renamed else {}))
    return entries


def _patches(repository: Repository, old: str, new: str) -> Iterator[str]:
    """One after the other, in the order of `git diff --raw`; no line of a file begins as a patch does."""
    text = repository.git.run("diff", "-M", old, new).decode("utf-8", "replace")
    return iter(re.split(r"^(?=diff --git )", text, flags=re.MULTILINE)[1:])


def _file_json(repository: Repository, commit: str, path: str, status: str, sha: str) -> Json:
    return {
        "sha": sha,
        "filename": path,
        "status": status,
        "blob_url": repository.html(f"/blob/{commit}/{path}"),
        "raw_url": repository.html(f"/raw/{commit}/{path}"),
        "contents_url": repository.api(f"/contents/{path}?ref={commit}"),
    }


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@route("GET", "/repos/{owner}/{repo}/commits", needs="contents:read")
def index(call: Call) -> Answer:
    repository, query = call.repository, call.query
    start = repository.git.resolve(query.get("sha", repository.default_branch))
    if start is None:
        raise not_found() if "sha" in query else Refusal(409, "Git Repository is empty.")
    only = ["--", query["path"]] if "path" in query else []
    since = [f"--since={query['since']}"] if "since" in query else []
    shas = repository.git.lines("rev-list", *since, start, *only)
    kept, headers = call.page(shas)
    return Answer(200, [commit_json(repository, sha) for sha in kept], headers)


@route("GET", "/repos/{owner}/{repo}/compare/{basehead+}", needs="contents:read")
def compare(call: Call) -> Answer:
    """docs.github.com/rest/commits/commits#compare-two-commits: three dots, so files since the merge base."""
    repository = call.repository
    names = call.parameters["basehead"].split("...")
    base, head = (repository.git.resolve(name.rpartition(":")[2]) for name in (names[0], names[-1]))
    if len(names) != 2 or base is None or head is None:
        raise not_found()
    merge_base = (repository.git.lines("merge-base", base, head) or [""])[0] if base != head else base
    ahead = repository.git.lines("rev-list", "--reverse", f"{base}..{head}") if merge_base != head else []
    behind = int(repository.git.line("rev-list", "--count", f"{head}..{base}")) if merge_base != base else 0
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    page = f"/compare/{base}...{head}"
    return Answer(
        200,
        {
            "url": repository.api(page),
            "html_url": repository.html(page),
            "permalink_url": repository.html(page),
            "diff_url": repository.html(f"{page}.diff"),
            "patch_url": repository.html(f"{page}.patch"),
            "base_commit": commit_json(repository, base),
            "merge_base_commit": commit_json(repository, merge_base),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": behind,
            "total_commits": len(ahead),
            "commits": [commit_json(repository, sha) for sha in ahead[:250]],
            "files": files_json(repository, merge_base, head),
        },
    )


@route("GET", "/repos/{owner}/{repo}/commits/{sha}/pulls", needs="pull_requests:read")
def pulls(call: Call) -> Answer:
    """Merged ones, and open ones if the default branch does not have the commit; not those from forks.

    docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit
    https://github.com/google/go-github/issues/2241
    """
    repository, sha = call.repository, call.parameters["sha"]
    is_in = repository.git.is_ancestor(sha, repository.head() or "")
    here = [issue.pull for issue in repository.issues.values() if issue.pull and issue.pull.head is repository]
    found = [pull for pull in here if pull.merged_at or (pull.issue.state == "open" and not is_in)]
    return call.list([pull.json(full=False) for pull in found if sha in pull.commits()])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}", needs="contents:read")
def show(call: Call) -> Answer:
    repository = call.repository
    sha = repository.git.resolve(call.parameters["ref"])
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {call.parameters['ref']}")
    parent = read(repository, sha).parents
    files = files_json(repository, parent[0] if parent else EMPTY_TREE, sha)
    added, removed = (sum(each[name] for each in files) for name in ("additions", "deletions"))
    stats = {"additions": added, "deletions": removed, "total": added + removed}
    return Answer(200, {**commit_json(repository, sha), "stats": stats, "files": files})
