"""The signature of a webhook: HMAC-SHA-256 over its bytes as they come in, compared in constant time.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import re

FORM = re.compile(r"sha256=[0-9a-f]{64}")


def sign(secret: bytes, body: bytes) -> str:
    """Return the X-Hub-Signature-256 header of a body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


class SignatureCheck:
    """The check of one body: its bytes go through `update`, then `is_from_github` gives the verdict."""

    def __init__(self, secret: bytes) -> None:
        self._is_keyed = bool(secret)
        self._mac = hmac.new(secret, digestmod=hashlib.sha256)

    def update(self, piece: bytes) -> None:
        """Take in the next bytes of the body, in the order they came."""
        self._mac.update(piece)

    def is_from_github(self, header: str) -> bool:
        """Return whether `header` is the signature of the bytes so far; False without a secret."""
        expected = f"sha256={self._mac.hexdigest()}"
        return bool(self._is_keyed and FORM.fullmatch(header)) and hmac.compare_digest(expected, header)
