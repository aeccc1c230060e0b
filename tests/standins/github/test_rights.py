from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from github_scene import Scene

R = "/repos/acme/widget"
LABEL = {"labels": ["mtor"]}
NOT_ACCESSIBLE = "Resource not accessible by integration"


@pytest.mark.parametrize(
    ("who", "line", "body", "status", "message"),
    [
        ("", f"GET {R}", None, 404, "Not Found"),
        ("stranger", f"GET {R}", None, 404, "Not Found"),
        ("rita", f"GET {R}/issues/1", None, 200, ""),
        ("rita", f"POST {R}/issues/1/comments", {"body": "hello"}, 201, ""),
        ("rita", f"POST {R}/issues/1/labels", LABEL, 404, "Not Found"),
        ("tim", f"POST {R}/issues/1/labels", LABEL, 200, ""),
        ("tim", f"PUT {R}/contents/b.txt", {"message": "m", "content": ""}, 404, "Not Found"),
        ("alice", f"PUT {R}/contents/b.txt", {"message": "m", "content": ""}, 201, ""),
        ("bot issues:read", f"GET {R}/issues/1", None, 200, ""),
        ("bot issues:read", f"POST {R}/issues/1/comments", {"body": "hello"}, 403, NOT_ACCESSIBLE),
        ("bot contents:write", f"GET {R}/issues/1", None, 403, NOT_ACCESSIBLE),
        ("bot contents:write", f"GET {R}", None, 200, ""),
        ("bot pull_requests:write", f"POST {R}/issues/1/labels", LABEL, 200, ""),
        ("bot actions:read", f"POST {R}/actions/workflows/mtor.yml/dispatches", {"ref": "main"}, 403, NOT_ACCESSIBLE),
        ("bot contents:write", "GET /user", None, 403, NOT_ACCESSIBLE),
        ("wrong", f"GET {R}", None, 401, "Bad credentials"),
    ],
)
def test_a_token_may_what_its_role_or_permissions_say(
    scene: Scene, who: str, line: str, body: Any, status: int, message: str
) -> None:
    scene.repository.issue("one")
    name, _, permission = who.partition(" ")
    if name == "bot":
        caller = scene.bot(**dict([permission.split(":")]))
    else:
        caller = scene.caller("ghp_wrong") if name == "wrong" else scene.person(name) if name else scene.caller("")
    assert caller.said(line, body) == (status, message)


def test_what_is_public_is_read_by_anybody_and_written_by_nobody(scene: Scene) -> None:
    scene.repository.private = False
    scene.repository.issue("one")
    nobody, narrow = scene.caller(""), scene.bot(contents="read")
    assert nobody.call(f"GET {R}/issues/1").status_code == narrow.call(f"GET {R}/issues/1").status_code == 200
    assert nobody.said(f"POST {R}/issues/1/comments", {"body": "x"}) == (401, "Requires authentication")


def test_a_token_of_another_repository_sees_nothing(scene: Scene) -> None:
    other = scene.github.repository("acme/other")
    caller = scene.caller(other.token("mtor[bot]", {"issues": "write"}).value)
    assert caller.said(f"GET {R}/issues") == (404, "Not Found")


def test_a_token_ends_with_its_time_or_when_it_is_revoked(scene: Scene) -> None:
    short, revoked = (scene.repository.token("mtor[bot]", {"issues": "read"}, seconds=3600) for _ in range(2))
    callers = [scene.caller(each.value) for each in (short, revoked)]
    assert [each.call(f"GET {R}/issues").status_code for each in callers] == [200, 200]
    revoked.expire()
    scene.github.clock.advance(36.1)
    assert [each.said(f"GET {R}/issues") for each in callers] == [(401, "Bad credentials")] * 2


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("acme", "admin", "admin"),
        ("mia", "write", "maintain"),
        ("alice", "write", "write"),
        ("tim", "read", "triage"),
        ("rita", "read", "read"),
        ("carol", "read", "auditor"),
        ("stranger", "none", "none"),
    ],
)
def test_the_permission_endpoint_says_it_in_four_words_and_the_role_by_name(
    scene: Scene, login: str, permission: str, role: str
) -> None:
    scene.repository.grant("carol", "triage", name="auditor")
    scene.github.world.user("stranger")
    answer = scene.bot().call(f"GET {R}/collaborators/{login}/permission").json()
    assert (answer["permission"], answer["role_name"], answer["user"]["login"]) == (permission, role, login)


@pytest.mark.parametrize("login", ["mtor[bot]", "nobody", "ghost"])
def test_bots_and_unknown_names_have_no_permission_to_show(scene: Scene, login: str) -> None:
    scene.github.world.user("ghost").deleted = True
    assert scene.bot().call(f"GET {R}/collaborators/{login}/permission").status_code == 404
