"""A stand-in GitHub with one repository, and callers of its API: people, the App, GITHUB_TOKEN."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import jwt

if TYPE_CHECKING:
    from standins.github import GitHubSandbox, Repository

WORKFLOW = """\
name: mtor
run-name: "mtor #${{ inputs.issue }} ${{ inputs.job && format('{0}.{1}', inputs.job, inputs.attempt) || '' }}"
on:
  workflow_dispatch:
    inputs:
      issue: {required: true}
      job: {default: ""}
      attempt: {default: "1"}
"""
EVERYTHING = "actions actions_variables administration checks contents issues pull_requests secrets"


class Caller:
    """A client with one token; `call` gives the answer's status and JSON."""

    def __init__(self, github: GitHubSandbox, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=github.api_url, headers=headers, verify=False)

    def call(self, line: str, body: Any = None, **options: Any) -> httpx.Response:
        method, path = line.split(" ", 1)
        return self.http.request(method, path, json=body, **options)

    def said(self, line: str, body: Any = None) -> tuple[int, str]:
        """Status and message."""
        answer = self.call(line, body)
        shown = answer.json() if answer.content else {}
        return answer.status_code, shown.get("message", "") if isinstance(shown, dict) else ""


class Scene:
    """A sandbox with one private repository, and callers for whoever acts."""

    def __init__(self, github: GitHubSandbox) -> None:
        self.github = github
        files = {"a.py": "x = 1\n", ".github/workflows/mtor.yml": WORKFLOW}
        roles = {"alice": "write", "tim": "triage", "rita": "read", "mia": "maintain"}
        self.repository: Repository = github.repository("acme/widget", files, roles=roles)
        self._callers: list[Caller] = []

    def person(self, login: str) -> Caller:
        return self.caller(self.repository.token(login).value)

    def bot(self, **permissions: str) -> Caller:
        """The App's token; with everything unless permissions are given."""
        given = permissions or dict.fromkeys(EVERYTHING.split(), "write")
        return self.caller(self.repository.token("mtor[bot]", given).value)

    def actions(self, **permissions: str) -> Caller:
        """GITHUB_TOKEN."""
        return self.caller(self.repository.token("github-actions[bot]", permissions).value)

    def caller(self, token: str) -> Caller:
        self._callers.append(Caller(self.github, token))
        return self._callers[-1]

    def close(self) -> None:
        for each in self._callers:
            each.http.close()


def as_app(scene: Scene, key: Any = None, **changed: Any) -> Caller:
    now = int(time.time())
    content = {"iat": now - 60, "exp": now + 540, "iss": str(scene.github.app.id), **changed}
    return scene.caller(jwt.encode(content, key or scene.github.app.private_key, "RS256"))
