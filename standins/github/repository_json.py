"""How GitHub shows a repository: OpenAPI's `minimal-repository`, `repository` and `full-repository`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.clock import stamp
from standins.github.people import Json, node_id, simple_user

if TYPE_CHECKING:
    from standins.github.repositories import Repository
    from standins.github.tokens import Token

LINKS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}", "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors", "deployments_url": "/deployments",
    "downloads_url": "/downloads", "events_url": "/events", "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
    "languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}  # fmt: skip


def minimal_repository(repository: Repository) -> Json:
    """OpenAPI's `minimal-repository`."""
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": simple_user(repository.world, repository.owner),
        "html_url": repository.html(""),
        "description": None,
        "fork": repository.fork_of is not None,
        "url": repository.api(""),
        **{name: repository.api(path) for name, path in LINKS.items()},
    }


def repository_json(repository: Repository) -> Json:
    """OpenAPI's `repository`, as in pull requests and payloads."""
    count = sum(issue.state == "open" for issue in repository.issues.values())
    zeros = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size")
    return {
        **minimal_repository(repository),
        "clone_url": repository.clone_url,
        "git_url": repository.clone_url.replace("http:", "git:"),
        "ssh_url": f"git@localhost:{repository.full_name}.git",
        "svn_url": repository.html(""),
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": repository.default_branch,
        "archived": repository.archived,
        "disabled": False,
        "visibility": "private" if repository.private else "public",
        "topics": [],
        **{f"has_{name}": name in ("issues", "projects") for name in ("issues", "projects", "wiki", "pages")},
        "has_downloads": True,
        "has_discussions": False,
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "open_issues": count,
        "open_issues_count": count,
        **dict.fromkeys(zeros, 0),
        "created_at": stamp(repository.created_at),
        "updated_at": stamp(repository.created_at),
        "pushed_at": stamp(repository.created_at),
    }


def full_repository(repository: Repository, token: Token | None) -> Json:
    """OpenAPI's `full-repository`; `permissions` are the token's own, as people and scripts read them."""
    from standins.github.tokens import LEVELS, ROLES

    shown = {**repository_json(repository), "network_count": 0, "subscribers_count": 0, "temp_clone_token": None}
    if repository.fork_of is not None:
        shown["parent"] = shown["source"] = repository_json(repository.fork_of)
    if token is None:
        return shown
    if token.permissions is None:
        rank = ROLES.index(repository.role(token.actor.user.login))
        floor = 0 if repository.private else 1
        held = {name: max(rank, floor) >= ROLES.index(role) for name, role in ROLE_OF.items()}
    else:
        writes = token.level("contents") >= LEVELS.index("write")
        held = {"admin": False, "maintain": False, "push": writes, "triage": writes, "pull": True}
    return {**shown, "permissions": held}


ROLE_OF = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
