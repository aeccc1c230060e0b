from __future__ import annotations

import pytest

from mtor_action.model.token_counts import estimate_tokens


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("x" * 4000, 1000)])
def test_four_characters_make_a_token(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens
