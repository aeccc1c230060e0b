"""An estimate of a text's tokens without a tokenizer: for dividing the room of a prompt."""

from __future__ import annotations

CHARACTERS_PER_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """Divide the characters by four, rounded up. Code comes out close, CJK text too low."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
