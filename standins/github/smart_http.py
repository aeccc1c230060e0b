"""git over HTTP: `git http-backend`, with the tokens' rights and the repository's rules."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from standins.github.call import Answer, Refusal
from standins.github.git import ENVIRONMENT
from standins.github.signatures import RULE
from standins.github.tokens import allowed, authenticate, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.github.exchange import Incoming
    from standins.github.repositories import Repository
    from standins.github.tokens import Token
    from standins.github.world import World

# What git's protocol asks first, and what is answered says nothing of the repository: git-scm.com/docs/protocol-v2.
ADVERTISED = ("info/refs", "service=git-upload-pack", "version=2")
_advertisements: list[Answer] = []

# Runs before any ref changes; what it prints reaches the person who pushes.
PRE_RECEIVE = r"""#!/bin/sh
while read -r old new ref; do
  case " $SANDBOX_PROTECTED " in *" $ref "*)
    echo "error: GH006: Protected branch update failed for $ref."
    echo "error: Changes must be made through a pull request."
    exit 1;;
  esac
  case "$new" in 0000000000000000000000000000000000000000) continue;; esac
  case "$ref" in
    "refs/heads/$SANDBOX_DEFAULT") signatures=$SANDBOX_SIGNED_DEFAULT;;
    refs/heads/*) signatures=$SANDBOX_SIGNED_ELSEWHERE;;
    *) signatures=no;;
  esac
  if [ "$signatures" = yes ]; then
    for commit in $(git rev-list "$new" --not --branches --tags); do
      case " $SANDBOX_SIGNED " in *" $commit "*) continue;; esac
      echo "error: GH013: Repository rule violations found for $ref."
      echo "error: - Commits must have verified signatures."
      exit 1
    done
  fi
  if [ "$SANDBOX_WORKFLOWS" != yes ]; then
    for commit in $(git rev-list "$new" --not --all); do
      path=$(git diff-tree --no-commit-id --name-only -r -m --root "$commit" -- .github/workflows | head -n 1)
      if [ -n "$path" ]; then
        echo "error: GH013: refusing to allow a GitHub App to create or update workflow \`$path\`" \
          "without \`workflows\` permission"
        exit 1
      fi
    done
  fi
done
"""


def split(path: str) -> tuple[str, str]:
    """`owner/name` and the rest of a path of git's, with `.git` or without; the rest is empty if it is none."""
    found = re.fullmatch(
        r"/([^/]+/[^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack|HEAD|objects/.+)", path
    )
    return (found[1], found[2]) if found else ("", "")


def serve(world: World, incoming: Incoming) -> tuple[Answer, str]:
    """The answer to `/{owner}/{repo}.git/…`, and who asked."""
    who = "anonymous"
    try:
        token = authenticate(world, incoming.headers)
        who = token.actor.user.login if token else who
        name, rest = split(incoming.path)
        writes = "git-receive-pack" in rest or "git-receive-pack" in incoming.query
        return _backend(_open(world, name, token, writes=writes), token, rest, incoming), who
    except Refusal as refusal:
        challenge = {"www-authenticate": 'Basic realm="GitHub"'} if refusal.status == 401 else {}
        headers = {"content-type": "text/plain", **challenge, **refusal.headers}
        return Answer(refusal.status, f"{refusal}\n".encode(), headers), who


def _open(world: World, name: str, token: Token | None, *, writes: bool) -> Repository:
    repository = world.repository(name)
    if repository is not None and not repository.deleted and visible(token, repository):
        if not writes and (not repository.private or (token and allowed(token, repository, "contents:read", "read"))):
            return repository
        if token and writes and not repository.archived and allowed(token, repository, "contents:write", "write"):
            return repository
        if token and repository.archived and writes:
            raise Refusal(403, "This repository was archived so it is read-only.")
        if token:
            raise Refusal(403, f"Permission to {repository.full_name}.git denied to {token.actor.user.login}.")
    raise Refusal(401, "Invalid username or token.") if token is None else Refusal(404, "Repository not found.")


def _backend(repository: Repository, token: Token | None, rest: str, incoming: Incoming) -> Answer:
    world, folder = repository.world, repository.git.path
    environment = {**_variables(repository, rest, incoming), **_rules(repository, token)}

    def run() -> Answer:
        command = ["git", "http-backend"]
        done = subprocess.run(
            command, input=incoming.body, capture_output=True, check=False, env=environment, cwd=folder
        )
        return _cgi(done.stdout)

    if (rest, incoming.query, environment["GIT_PROTOCOL"]) == ADVERTISED:
        return _advertisement(run)
    if token is None or rest != "git-receive-pack":
        return run()
    with world.lock:  # two pushes at once would each tell of both
        before, answer = repository.git.refs(), run()
        repository.refs_changed(before, token.actor)
        return answer


def _advertisement(run: Callable[[], Answer]) -> Answer:
    """What git can, asked once: it is the same for all repositories."""
    if not _advertisements:
        _advertisements.append(run())
    return _advertisements[0]


def _variables(repository: Repository, rest: str, incoming: Incoming) -> dict[str, str]:
    """What CGI and git-http-backend(1) want."""
    folder, headers = repository.git.path, incoming.headers
    return {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}/{rest}",
        "QUERY_STRING": incoming.query,
        "REQUEST_METHOD": incoming.method,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(incoming.body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
    }


def _rules(repository: Repository, token: Token | None) -> dict[str, str]:
    """What the pre-receive hook enforces."""
    workflows = token is not None and (token.permissions is None or token.level("workflows") > 1)
    return {
        "REMOTE_USER": token.actor.user.login if token else "",
        "SANDBOX_PROTECTED": " ".join(f"refs/heads/{name}" for name in repository.protected_branches()),
        "SANDBOX_WORKFLOWS": "yes" if workflows else "no",
        "SANDBOX_DEFAULT": repository.default_branch,
        "SANDBOX_SIGNED": " ".join(repository.signed),
        "SANDBOX_SIGNED_DEFAULT": "yes" if RULE in repository.rules else "no",
        "SANDBOX_SIGNED_ELSEWHERE": "yes" if RULE in repository.rules_elsewhere else "no",
    }


def _cgi(raw: bytes) -> Answer:
    """A CGI program's output: headers, an empty line, the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200 OK").split()[0])
    return Answer(status, body, {name.lower(): value for name, value in headers.items()})


def install_hook(repository: Repository) -> None:
    """Put the rules into the bare repository."""
    hook = repository.git.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(PRE_RECEIVE, encoding="utf-8")
    hook.chmod(0o755)
