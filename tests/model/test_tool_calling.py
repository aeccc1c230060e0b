from __future__ import annotations

import pytest

from mtor_action.model.tool_calling import ToolSetting, supports_tools

LOCAL = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/unheard-of"])
def test_the_setting_decides(model: str) -> None:
    assert supports_tools(model, ToolSetting.TOOLS)
    assert not supports_tools(model, ToolSetting.TEXT, LOCAL)


@pytest.mark.parametrize(
    ("model", "api_base", "expected"),
    [
        ("openai/gpt-4o", None, True),
        ("zai/glm-5.1", None, True),
        ("openai/gpt-3.5-turbo-instruct", None, False),
        ("openai/unheard-of", LOCAL, True),
        ("ollama/unheard-of", LOCAL, True),
        ("openai/unheard-of", None, False),
    ],
)
def test_auto_asks_the_list_and_trusts_a_server_of_ones_own(model: str, api_base: str | None, expected: bool) -> None:
    assert supports_tools(model, ToolSetting.AUTO, api_base) is expected
