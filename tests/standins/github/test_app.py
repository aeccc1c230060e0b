from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest

from github_scene import as_app
from standins.github.keys import stranger_key
from standins.github.oidc import PATH, claims, signed

if TYPE_CHECKING:
    from github_scene import Scene

R = "/repos/acme/widget"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"iss": 4242}, 200),
        ({"exp": -1}, 401),
        ({"exp": 3600}, 401),
        ({"iat": 600}, 401),
        ({"iss": "1"}, 404),
    ],
)
def test_the_app_proves_itself_by_a_fresh_token_of_its_key(scene: Scene, changed: dict[str, Any], status: int) -> None:
    now = int(time.time())  # moments are given from now
    # PyJWT refuses to encode a number as issuer; GitHub takes both.
    caller = as_app(scene, **{name: str(value) if name == "iss" else now + value for name, value in changed.items()})
    assert caller.call("GET /app").status_code == status


def test_another_key_an_installation_token_and_nothing_are_no_proof(scene: Scene) -> None:
    callers = (as_app(scene, stranger_key().private), scene.bot(), scene.caller(""))
    assert [each.call("GET /app").status_code for each in callers] == [401, 401, 401]


def test_an_installation_token_is_narrowed_and_never_widened(scene: Scene) -> None:
    github, app = scene.github, scene.github.app
    other = github.repository("acme/other")
    installation = app.install(scene.repository, other, permissions={"contents": "write", "issues": "read"})
    caller, path = as_app(scene), f"POST /app/installations/{installation.id}/access_tokens"
    made = caller.call(path, {"repositories": ["widget"], "permissions": {"contents": "read"}}).json()
    assert [each["name"] for each in made["repositories"]] == ["widget"]
    narrow = scene.caller(made["token"])
    seen = [narrow.call(f"GET {R}/contents/a.py"), narrow.call(f"GET {R}/issues"), narrow.call("GET /repos/acme/other")]
    assert [each.status_code for each in seen] == [200, 403, 404]
    for body in ({"permissions": {"issues": "write"}}, {"repositories": ["gone"]}):
        assert caller.call(path, body).status_code == 422
    assert len(made["token"]) > 500


def test_an_uninstalled_app_has_no_tokens_and_a_suspended_one_gets_none(scene: Scene) -> None:
    app = scene.github.app
    installation = app.install(scene.repository)
    caller, path = as_app(scene), f"POST /app/installations/{installation.id}/access_tokens"
    token = caller.call(path, {}).json()["token"]
    app.suspend(installation)
    assert scene.caller(token).call(f"GET {R}").status_code == 401
    assert caller.call(path, {}).status_code == 403
    app.suspend(installation, undo=True)
    assert caller.call(path, {}).status_code == 201
    app.uninstall(installation)
    assert caller.call(path, {}).status_code == 404
    assert caller.call(f"GET {R}/installation").status_code == 404


def test_a_job_gets_an_identity_that_the_issuers_keys_verify(scene: Scene) -> None:
    github = scene.github
    scene.bot().call(f"POST {R}/actions/workflows/mtor.yml/dispatches", {"ref": "main", "inputs": {"issue": "1"}})
    (run,) = scene.repository.runs.values()
    given = github.issuer.environment(run)
    url, bearer = given["ACTIONS_ID_TOKEN_REQUEST_URL"], given["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    headers = {"authorization": f"bearer {bearer}"}
    value = httpx.get(f"{url}&audience=https://bot.example", headers=headers).json()["value"]
    issuer = github.url + PATH
    found = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    (key,) = httpx.get(found["jwks_uri"]).json()["keys"]
    options: Any = {"audience": "https://bot.example", "issuer": issuer, "algorithms": ["RS256"]}
    content = jwt.decode(value, jwt.PyJWK(key).key, **options)
    assert (content["run_id"], content["repository"]) == (str(run.id), "acme/widget")
    assert content["workflow_ref"] == "acme/widget/.github/workflows/mtor.yml@refs/heads/main"
    forged = signed({**claims(run, "https://bot.example"), "repository_id": "1"}, stranger_key().private)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, jwt.PyJWK(key).key, **options)
    assert httpx.get(url, headers={"authorization": "bearer x"}).status_code == 401
    run.finish()
    assert httpx.get(url, headers=headers).status_code == 403


def test_a_manifest_becomes_an_app_once(scene: Scene) -> None:
    code, nobody = scene.github.app.manifest_code(), scene.caller("")
    made = nobody.call(f"POST /app-manifests/{code}/conversions")
    assert (made.status_code, made.json()["pem"]) == (201, scene.github.app.private_key)
    assert nobody.call(f"POST /app-manifests/{code}/conversions").status_code == 404
