"""How many tokens a text is for a model, without its vocabulary: which of two forms is shorter.

The pieces are those into which the encoding o200k_base splits a text before it looks anything up:
https://github.com/openai/tiktoken/blob/0.12.0/tiktoken_ext/openai_public.py. A piece is a token, a long one several.
"""

from __future__ import annotations

import re

_PIECES = re.compile(
    rb"[^\r\n\w]?(?:[A-Z]+(?![a-z])|[A-Z]?[a-z\x80-\xff]+)"  # part of a word, with the sign or blank before it
    rb"|[0-9]{1,3}"
    rb"| ?[^\s\w]+[\r\n]*"  # signs
    rb"|[^\S\r\n]*[\r\n]+"
    rb"|\s+(?!\S)|\s"
    rb"|_+"
)
_LONG_BYTES = 100_000  # a longer text is not taken apart
_TOKEN_BYTES = 4
_WORD_BYTES = 9  # of a word that is usually one token
_SIGN_BYTES = 3  # of a run of signs; a longer one of a single sign is common, thus one token


def estimated_tokens(text: bytes) -> int:
    """Return about how many tokens the text has; only the order of two estimates means anything."""
    if len(text) > _LONG_BYTES:
        return len(text) // _TOKEN_BYTES
    return sum(_tokens(piece) for piece in _PIECES.findall(text))


def _tokens(piece: bytes) -> int:
    if piece[-1:].isalpha():
        return 1 + (len(piece) - 1) // _WORD_BYTES
    signs = piece.strip()
    return 1 if len(set(signs)) <= 1 else 1 + (len(signs) - 1) // _SIGN_BYTES
