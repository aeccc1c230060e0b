"""What a GitHub App shows of itself: a JWT that its private key signed, good for some minutes.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Ten minutes are the most that GitHub allows; its clock may be behind ours by one.
_VALID_SECONDS = 600
_CLOCK_SECONDS = 60
_RENEWED_AFTER_SECONDS = 480


def _nobody(_proofs: list[str]) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class AppProof:
    """Calling it returns the JWT, a new one before the last has expired. Raises what PyJWT raises for a wrong key.

    `app_id` is the App's id or client id, `private_key` PEM text or a key that is loaded. `told` gets each new JWT
    before it is used. `now` returns seconds since the epoch.
    """

    app_id: str
    private_key: str | RSAPrivateKey = field(repr=False)
    told: Callable[[list[str]], None] = field(default=_nobody, repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    _proof: str = field(default="", init=False, repr=False)
    _made: float = field(default=0.0, init=False)

    def __call__(self) -> str:
        """Return the JWT as of now."""
        now = self.now()
        if not self._proof or not 0 <= now - self._made <= _RENEWED_AFTER_SECONDS:
            self._proof, self._made = self._signed(int(now) - _CLOCK_SECONDS), now
            self.told([self._proof])
        return self._proof

    def _signed(self, begins: int) -> str:
        import jwt

        claims = {"iss": str(self.app_id), "iat": begins, "exp": begins + _VALID_SECONDS}
        return jwt.encode(claims, self.private_key, algorithm="RS256")
