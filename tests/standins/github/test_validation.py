from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from github_scene import Scene as Made
from standins.github import GitHubSandbox
from standins.github.call import ROUTES
from standins.github.description import PLACEHOLDER, archive, load
from standins.github.sandbox import enter_routes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standins.github import Run

R = "/repos/acme/widget"

pytestmark = pytest.mark.skipif(archive() is None, reason="GitHub's description is not there: npm could not fetch it")


def test_every_route_is_one_that_github_describes() -> None:
    enter_routes()
    description = load()
    assert description is not None
    ours = {f"{each.method} {PLACEHOLDER.sub('{}', each.template)}" for each in ROUTES}
    unknown = {each for each in ours - set(description["operations"]) if " /_" not in each}
    # The root, an empty {path}; GraphQL and the pages of the website, which the description of the REST API leaves out.
    pages = {"POST /settings/apps/new", "POST /organizations/{}/settings/apps/new", "POST /settings/apps/manifests"}
    assert unknown == {"GET /repos/{}/{}/contents", "POST /api/graphql", "GET /favicon.ico", *pages}


def ask(root: Path, line: str, body: object, runner: Callable[[Run], None] | None = None) -> None:
    with GitHubSandbox(root) as github:
        scene = Made(github)
        scene.repository.issue("one")
        github.play(runner)
        scene.bot().call(line, body)
        scene.close()


def test_a_request_whose_sender_dies_before_its_end_is_none(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path) as github:
        scene = Made(github)
        issue = scene.repository.issue("one")
        address = httpx.URL(github.api_url)
        lines = (f"POST {address.path}{R}/issues/1/comments HTTP/1.1", f"Host: {address.host}", "Content-Length: 100")
        head = "\r\n".join([*lines, "", "{"])
        with socket.create_connection((address.host, address.port or 80)) as sender:
            sender.sendall(head.encode())
        scene.bot().call(f"GET {R}/issues/1")
        assert [each.method for each in github.requests] == ["GET"]
        assert issue.comments == []
        scene.close()


@pytest.mark.parametrize(
    ("line", "body", "violation"),
    [
        (f"GET {R}/issues?labls=x", None, "the query has no parameter labls"),
        (f"GET {R}/issues?state=opened", None, 'query state: "opened" is not one of'),
        (f"POST {R}/issues/1/comments", {"body": "x", "boddy": "y"}, "request: there is no field boddy"),
        (f"POST {R}/issues/1/comments", {"body": 1}, "request/body: 1 is not of type"),
        (f"GET {R}/issuse", None, "the sandbox has no such route"),
        (f"DELETE {R}/git/refs/heads/x", {"sha": "1"}, "a body where none belongs"),
    ],
)
def test_a_request_that_github_does_not_describe_fails_the_test_that_made_it(
    tmp_path: Path, line: str, body: object, violation: str
) -> None:
    with pytest.raises(AssertionError, match="not as GitHub describes it") as raised:
        ask(tmp_path, line, body)
    assert violation in str(raised.value)


def test_an_answer_that_lacks_a_field_is_a_violation(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path, validate=True) as github:
        scene = Made(github)
        assert scene.bot().call(f"GET {R}").status_code == 200
        assert github.violations == []
        answer = github.requests[0].answer
        removed = answer.pop("default_branch")
        assert github.violations == [f'GET {R}: answer 200: "default_branch" is a required property']
        answer["default_branch"] = removed
        scene.close()


def test_an_error_inside_the_sandbox_is_raised_when_it_ends(tmp_path: Path) -> None:
    def runner(_: Run) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(
            tmp_path,
            f"POST {R}/actions/workflows/mtor.yml/dispatches",
            {"ref": "main", "inputs": {"issue": "1"}},
            runner,
        )
