from __future__ import annotations

import pytest

from mtor_action.untyped import parsed_json


def test_a_json_text_is_its_value() -> None:
    assert parsed_json('{"a": [1, null]}') == {"a": [1, None]}
    assert parsed_json(b'"caf\xc3\xa9"') == "caf\u00e9"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff", "nothing"])
def test_what_is_not_json_is_none(text: str | bytes) -> None:
    assert parsed_json(text) is None
