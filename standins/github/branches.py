"""Branches and their protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, route
from standins.github.commits import commit_json

if TYPE_CHECKING:
    from standins.github.people import Json
    from standins.github.repositories import Repository


STATUS_CHECKS_RULE = {"required_status_checks": [{"context": "ci"}], "strict_required_status_checks_policy": False}
PULL_REQUEST_RULE = {
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "required_review_thread_resolution": False,
}


@dataclass(frozen=True, slots=True)
class Protection:
    """A branch that changes through pull requests only; required checks are named in `checks`."""

    checks: tuple[str, ...] = ()


def refuse_protected(repository: Repository, branch: str) -> None:
    """409 as the git database answers for a protected branch."""
    if branch in repository.protected_branches():
        raise Refusal(409, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")


def _protection_json(repository: Repository, branch: str) -> Json:
    protection, url = repository.protected.get(branch), repository.api(f"/branches/{branch}/protection")
    if protection is None:
        return {"enabled": False, "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []}}
    checks = {
        "enforcement_level": "non_admins",
        "contexts": list(protection.checks),
        "checks": [{"context": name, "app_id": None} for name in protection.checks],
    }
    return {"url": url, "enabled": True, "required_status_checks": checks}


def _named(call: Call) -> tuple[str, str]:
    branch = call.parameters["branch"]
    sha = call.repository.head(branch)
    if sha is None:
        raise Refusal(404, "Branch not found")
    return branch, sha


@route("GET", "/repos/{owner}/{repo}/branches/{branch+}/protection", needs="administration:read")
def protection(call: Call) -> Answer:
    branch, _ = _named(call)
    if branch not in call.repository.protected:
        raise Refusal(404, "Branch not protected")
    return Answer(200, _protection_json(call.repository, branch))


@route("GET", "/repos/{owner}/{repo}/rules/branches/{branch+}", needs="metadata:read")
def rules(call: Call) -> Answer:
    """Of rulesets alone; classic protection is not among them."""
    ruleset = {"ruleset_source_type": "Repository", "ruleset_source": call.repository.full_name, "ruleset_id": 1}
    kinds = {"pull_request": PULL_REQUEST_RULE, "required_status_checks": STATUS_CHECKS_RULE}
    is_default = call.parameters["branch"] == call.repository.default_branch
    named = call.repository.rules if is_default else call.repository.rules_elsewhere
    return call.list(
        [{"type": kind, **ruleset, **({"parameters": kinds[kind]} if kind in kinds else {})} for kind in named]
    )


@route("POST", "/repos/{owner}/{repo}/merges", needs="contents:write")
def merge(call: Call) -> Answer:
    """docs.github.com/rest/branches/branches#merge-a-branch."""
    repository, git = call.repository, call.repository.git
    base, named = str(call.body.get("base", "")), str(call.body.get("head", ""))
    old, head = repository.head(base), repository.head(named) or git.resolve(named)
    if old is None or head is None:
        raise Refusal(404, "Base does not exist" if old is None else "Head does not exist")
    refuse_protected(repository, base)
    if git.is_ancestor(head, old):
        return Answer(204)
    tree = git.merged(old, head)
    if tree is None:
        raise Refusal(409, "Merge conflict")
    message = str(call.body.get("commit_message") or f"Merge {named} into {base}")
    user, before = call.actor.user, git.refs()
    names = {f"GIT_{role}_NAME": user.login for role in ("AUTHOR", "COMMITTER")}
    mails = {f"GIT_{role}_EMAIL": user.email for role in ("AUTHOR", "COMMITTER")}
    sha = git.line("commit-tree", tree, "-p", old, "-p", head, "-m", message, environment=names | mails)
    git.run("update-ref", f"refs/heads/{base}", sha)
    repository.refs_changed(before, call.actor)
    return Answer(201, commit_json(repository, sha))


@route("GET", "/repos/{owner}/{repo}/branches", needs="contents:read")
def index(call: Call) -> Answer:
    repository = call.repository
    heads = {ref.removeprefix("refs/heads/"): sha for ref, sha in repository.git.refs("refs/heads/").items()}
    return call.list(
        [
            {
                "name": name,
                "commit": {"sha": sha, "url": repository.api(f"/commits/{sha}")},
                "protected": name in repository.protected,
            }
            for name, sha in heads.items()
        ]
    )


@route("GET", "/repos/{owner}/{repo}/commits/{sha}/branches-where-head", needs="contents:read")
def where_head(call: Call) -> Answer:
    """docs.github.com/rest/commits/commits#list-branches-for-head-commit: a fork's branches are not among them."""
    repository, sha = call.repository, call.parameters["sha"]
    if repository.git.kind(sha) != "commit":
        raise Refusal(422, f"No commit found for SHA: {sha}")
    ends = [ref.removeprefix("refs/heads/") for ref, end in repository.git.refs("refs/heads/").items() if end == sha]
    commit = {"sha": sha, "url": repository.api(f"/commits/{sha}")}
    return Answer(200, [{"name": name, "commit": commit, "protected": name in repository.protected} for name in ends])


@route("GET", "/repos/{owner}/{repo}/tags", needs="contents:read")
def tags(call: Call) -> Answer:
    """docs.github.com/rest/repos/repos#list-repository-tags: an annotated tag shows the commit that it is for."""
    repository, shown = call.repository, []
    for ref in repository.git.refs("refs/tags/"):
        name = ref.removeprefix("refs/tags/")
        sha = repository.git.resolve(f"{ref}^{{commit}}")
        assert sha
        commit = {"sha": sha, "url": repository.api(f"/commits/{sha}")}
        links = {f"{kind}_url": repository.api(f"/{kind}/refs/tags/{name}") for kind in ("zipball", "tarball")}
        shown.append({"name": name, "commit": commit, "node_id": f"REF_{name}", **links})
    return call.list(shown)


@route("GET", "/repos/{owner}/{repo}/branches/{branch+}", needs="contents:read")
def show(call: Call) -> Answer:
    branch, sha = _named(call)
    repository = call.repository
    url = repository.api(f"/branches/{branch}")
    return Answer(
        200,
        {
            "name": branch,
            "commit": commit_json(repository, sha),
            "_links": {"self": url, "html": repository.html(f"/tree/{branch}")},
            "protected": branch in repository.protected,
            "protection": _protection_json(repository, branch),
            "protection_url": f"{url}/protection",
        },
    )
