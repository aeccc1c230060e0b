"""The App's private key, which GitHub hands out as PEM text.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@cache
def load_private_key(pem: str) -> RSAPrivateKey:
    """Return the RSA key of a PEM text, loaded once: checking it takes a hundred times as long as signing.

    Raises ValueError if there is none.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # A secret pasted on one line has the PEM's line breaks as \n.
    text = pem.strip().replace("\\n", "\n")
    try:
        key = load_pem_private_key(text.encode(), None)
    except Exception:  # noqa: BLE001  the library raises many kinds, all of which say the same
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("no RSA private key can be read from it")  # noqa: TRY004  the text is at fault
    return key
