from __future__ import annotations

import pytest

from github.scripted_api import Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError
from mtor_action.github.permissions import may_write, permission


@pytest.mark.parametrize(
    ("answer", "level", "writes"),
    [
        ({"permission": "admin", "role_name": "admin"}, "admin", True),
        ({"permission": "write", "role_name": "maintain"}, "maintain", True),
        ({"permission": "write", "role_name": "write"}, "write", True),
        ({"permission": "read", "role_name": "triage"}, "triage", False),
        ({"permission": "read", "role_name": "read"}, "read", False),
        ({"permission": "none", "role_name": ""}, "none", False),
        ({"permission": "write", "role_name": "Release captain"}, "write", True),
        ({"permission": "read", "role_name": "Write"}, "read", False),
        ({"permission": "write"}, "write", True),
        ({"permission": "write", "role_name": None}, "write", True),
        ({"permission": "read", "role_name": "admin"}, "read", False),
        ({"permission": None, "role_name": "admin"}, "none", False),
        ({"permission": "owner"}, "none", False),
        ({"permission": True, "role_name": ["admin"]}, "none", False),
        ({}, "none", False),
        ([], "none", False),
        (None, "none", False),
    ],
)
def test_the_role_decides_and_what_is_not_understood_may_nothing(answer: object, level: str, writes: bool) -> None:
    with ScriptedApi(*[Reply(200, answer)] * 2) as api, connect("t", "o/r", api_url=api.url) as client:
        assert permission(client, "ada") == level
        assert may_write(client, "ada") is writes


def test_who_is_no_collaborator_may_nothing() -> None:
    with ScriptedApi(Reply(404, {"message": "renovate[bot] is not a user"})) as api:
        assert permission(connect("t", "o/r", api_url=api.url), "renovate[bot]") == "none"
    assert api.calls == ["GET /repos/o/r/collaborators/renovate%5Bbot%5D/permission"]


@pytest.mark.parametrize("login", ["", ".", ".."])
def test_no_account_may_nothing_and_is_not_asked_for(login: str) -> None:
    with ScriptedApi() as api:
        assert not may_write(connect("t", "o/r", api_url=api.url), login)
    assert api.asked == []


def test_a_hostile_login_asks_for_no_other_address() -> None:
    with ScriptedApi(Reply(404, None)) as api:
        assert permission(connect("t", "o/r", api_url=api.url), "../../x?permission=admin#") == "none"
    assert api.calls == ["GET /repos/o/r/collaborators/..%2F..%2Fx%3Fpermission%3Dadmin%23/permission"]


@pytest.mark.parametrize("status", [401, 403, 301])
def test_where_github_does_not_say_nobody_may_anything(status: int) -> None:
    with ScriptedApi(Reply(status, {"message": "no"})) as api, pytest.raises(GitHubError):
        may_write(connect("t", "o/r", api_url=api.url), "ada")
