"""Whether GitHub sent a body: HMAC-SHA-256 over its bytes, compared in constant time.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import re

FORM = re.compile(r"sha256=[0-9a-f]{64}")


def sign(secret: bytes, body: bytes) -> str:
    """X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def is_from_github(secret: bytes, body: bytes, given: str) -> bool:
    """Whether `given` is the body's signature. Always False without a secret."""
    return bool(secret and FORM.fullmatch(given)) and hmac.compare_digest(sign(secret, body), given)
