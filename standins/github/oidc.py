"""The OIDC issuer of Actions: docs.github.com/actions/reference/security/oidc"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.call import Answer, Call, Refusal, route
from standins.github.keys import ALGORITHM, issuer_key
from standins.github.tokens import secret

if TYPE_CHECKING:
    from standins.github.people import Json
    from standins.github.runs import Run

PATH = "/_services/token"
TOKEN_SECONDS = 300
KEY_ID = "sandbox-1"


@dataclass(slots=True)
class Issuer:
    """Who may ask for an identity: the request token of a job with `id-token: write`, and its run."""

    requesters: dict[str, tuple[Run, str]] = field(default_factory=dict)

    def environment(self, run: Run, job: str = "publish") -> dict[str, str]:
        """What a runner finds: ACTIONS_ID_TOKEN_REQUEST_URL and …_TOKEN."""
        value = secret("oidc_", len(self.requesters) + 1, 60)
        self.requesters[value] = (run, job)
        url = run.repository.world.html(f"{PATH}/request/{run.id}?api-version=2.0")
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": value}


def claims(run: Run, audience: str) -> Json:
    """The claims of one job's identity; a test may change some and sign them itself with `signed`."""
    repository, world = run.repository, run.repository.world
    now, ref = int(world.clock.now().timestamp()), f"refs/heads/{run.branch}"
    workflow = f"{repository.full_name}/{run.path}@{ref}"
    return {
        "jti": str(uuid.UUID(int=world.next_id("token"))),
        "sub": f"repo:{repository.full_name}:ref:{ref}",
        "aud": audience,
        "iss": world.html(PATH),
        "nbf": now - 10,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "ref": ref,
        "ref_type": "branch",
        "ref_protected": str(run.branch in repository.protected).lower(),
        "sha": run.sha,
        "repository": repository.full_name,
        "repository_id": str(repository.id),
        "repository_owner": repository.owner.login,
        "repository_owner_id": str(repository.owner.id),
        "repository_visibility": "private" if repository.private else "public",
        "run_id": str(run.id),
        "run_number": str(run.number),
        "run_attempt": str(run.attempt),
        "actor": run.actor.user.login,
        "actor_id": str(run.actor.user.id),
        "workflow": run.name,
        "workflow_ref": workflow,
        "workflow_sha": run.sha,
        "job_workflow_ref": workflow,
        "job_workflow_sha": run.sha,
        "head_ref": "",
        "base_ref": "",
        "event_name": run.event,
        "runner_environment": "github-hosted",
    }


def signed(content: Json, key: Any = None) -> str:
    """A JWT of the issuer, or of another key."""
    import jwt

    return jwt.encode(content, key or issuer_key().private, ALGORITHM, headers={"kid": KEY_ID})


@route("GET", f"{PATH}/.well-known/openid-configuration")
def configuration(call: Call) -> Answer:
    issuer = call.world.html(PATH)
    return Answer(
        200,
        {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository", "repository_id"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": ["openid"],
        },
    )


@route("GET", f"{PATH}/.well-known/jwks")
def jwks(call: Call) -> Answer:
    del call
    from jwt.algorithms import RSAAlgorithm

    shown = RSAAlgorithm.to_jwk(issuer_key().private.public_key(), as_dict=True)
    return Answer(200, {"keys": [{**shown, "kid": KEY_ID, "use": "sig", "alg": ALGORITHM}]})


@route("GET", f"{PATH}/request/{{run}}")
def request(call: Call) -> Answer:
    """What `core.getIDToken(audience)` calls."""
    bearer = call.headers.get("authorization", "").partition(" ")[2]
    found = call.world.issuer.requesters.get(bearer)
    if found is None or str(found[0].id) != call.parameters["run"]:
        raise Refusal(401, "the request token is not known")
    run, _ = found
    if run.status == "completed":
        raise Refusal(403, "the job has ended")
    default = call.world.html(f"/{run.repository.owner.login}")
    token = signed(claims(run, call.query.get("audience", default)))
    return Answer(200, {"count": len(token), "value": token})
