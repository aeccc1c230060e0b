"""The workflow run behind a request, by the OIDC token that GitHub signs for a job.

https://docs.github.com/actions/reference/security/oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_bot.errors import Refused

if TYPE_CHECKING:
    import jwt

    from mtor_action.untyped import JsonObject

ALGORITHMS = ["RS256"]
LEEWAY_SECONDS = 60
FETCH_SECONDS = 5.0
LONGEST_TOKEN = 16_384
LARGEST_ID = 2**63 - 1
REQUIRED = ["iss", "aud", "exp", "iat", "nbf", "jti"]
_ASK_AGAIN = "ask GitHub for a new OIDC token in the publish job and send it at once"


@dataclass(frozen=True, slots=True)
class Identity:
    """The claims that GitHub vouches for; numbers are 0 where a claim is not a number."""

    repository: str
    repository_id: int
    run_id: int
    run_attempt: int
    event_name: str
    ref: str
    workflow_ref: str
    job_workflow_ref: str
    token_id: str
    expires: float


class Verifier:
    """Checks tokens of one issuer for one audience; its keys are fetched when first needed, then kept."""

    def __init__(self, issuer: str, audience: str) -> None:
        import jwt

        self._issuer, self._audience = issuer, audience
        # An unknown key id leads to another look only after the library's pause, so that forgers cause no requests.
        self._keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks", timeout=FETCH_SECONDS)

    def verify(self, token: str) -> Identity:
        """Return the claims of a valid token. Raises Refused, which names the check that failed."""
        import jwt

        if not 0 < len(token) <= LONGEST_TOKEN:
            raise refused("form", "there is no OIDC token", "send it as Authorization: Bearer …", 401)
        try:
            claims = jwt.decode(
                token,
                self._key(token),
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED, "strict_aud": True},
            )
        except jwt.PyJWTError as error:
            raise self._refused(error) from error
        return _identity(claims)

    def _key(self, token: str) -> jwt.PyJWK:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            return self._keys.get_signing_key(str(header.get("kid", "")))
        except jwt.PyJWKClientConnectionError as error:
            message = f"the keys of {self._issuer} cannot be fetched"
            raise Refused(
                503, "keys", message, "try again; `mtor-bot doctor` says whether it can be reached"
            ) from error
        except jwt.PyJWKClientError as error:
            raise refused("key", "no key of the issuer's signed it", _ASK_AGAIN, 401) from error
        except ValueError as error:
            raise Refused(503, "keys", f"the keys of {self._issuer} cannot be read", "try again") from error

    def _refused(self, error: jwt.PyJWTError) -> Refused:
        """Return the refusal with the check that failed, repeating none of the token's own words."""
        import jwt

        audience = f"it must be for {self._audience}: set the variable MTOR_BOT_URL to exactly that"
        issuer = f"it must be issued by {self._issuer}: MTOR_BOT_API_URL and MTOR_BOT_OIDC_ISSUER say who issues"
        table: list[tuple[type[Exception], str, str, str]] = [
            (jwt.ExpiredSignatureError, "expiry", "it has expired", _ASK_AGAIN),
            (jwt.ImmatureSignatureError, "expiry", "it is not valid yet", "correct this server's clock"),
            (jwt.InvalidIssuedAtError, "expiry", "it is from the future", "correct this server's clock"),
            (jwt.InvalidAudienceError, "audience", "it is for somebody else", audience),
            (jwt.InvalidIssuerError, "issuer", "somebody else issued it", issuer),
            (jwt.MissingRequiredClaimError, "claims", "a claim is missing", _ASK_AGAIN),
            (jwt.InvalidSignatureError, "signature", "its signature is wrong", _ASK_AGAIN),
            (jwt.InvalidAlgorithmError, "signature", "it is not signed with RS256", _ASK_AGAIN),
        ]
        for kind, check, message, hint in table:
            if isinstance(error, kind):
                return refused(check, message, hint, 401)
        return refused("form", "not an OIDC token", _ASK_AGAIN, 401)


def refused(check: str, message: str, hint: str, status: int = 403) -> Refused:
    """Return the refusal of a token whose OIDC token failed the check `check`."""
    return Refused(status, check, f"the OIDC token was refused by the check `{check}`: {message}", hint)


def _identity(claims: JsonObject) -> Identity:
    def text(name: str) -> str:
        value = claims.get(name)
        return value if isinstance(value, str) and len(value) <= 1000 else ""

    def number(name: str) -> int:
        value = text(name)
        parsed = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0
        return parsed if parsed <= LARGEST_ID else 0

    return Identity(
        repository=text("repository"),
        repository_id=number("repository_id"),
        run_id=number("run_id"),
        run_attempt=number("run_attempt"),
        event_name=text("event_name"),
        ref=text("ref"),
        workflow_ref=text("workflow_ref"),
        job_workflow_ref=text("job_workflow_ref"),
        token_id=text("jti")[:255],
        expires=float(claims["exp"]),
    )
