"""What a text of a review asks the implementer for, below and behind its command."""

from __future__ import annotations

import pytest

from mtor_action.github.answers import Answer
from mtor_action.github.sources.review_words import COMMENT, words_in


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Use a constant.", "Use a constant."),
        ("/mtor fix Use a constant.\r\nAnd name it.", "Use a constant.\nAnd name it."),
        ("/MTOR Fix\u00a0Use a constant.", "Use a constant."),
        ("/mtor\u00a0fix\u200b", ""),
        ("/mtor fix ci\u00a0\nIt is the clock.", "It is the clock."),
        ("/mtor\u00a0status", ""),
        ("/mtor", ""),
        ("<!-- mtor:answer job=comment-1 -->\nDone.", ""),
    ],
)
def test_the_words_are_what_is_behind_and_below_the_command(body: str, words: str) -> None:
    assert words_in(Answer({"id": 1, "body": body}), COMMENT).words == words
