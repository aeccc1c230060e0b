from __future__ import annotations

import pytest

from mtor_action.model.keys import missing_variables, usable_key
from mtor_action.model.provider_client import ModelClient
from mtor_action.model.provider_failures import ModelError, ModelFailureKind
from standins.model import ModelServer, say

REMOTE = "https://models.example.org/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ZAI_API_KEY", "DEEPSEEK_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/x", "OPENAI_API_KEY"),
        ("zai/glm-5.1", "ZAI_API_KEY"),
        ("deepseek/deepseek-chat", "DEEPSEEK_API_KEY"),
        ("anthropic/claude-x", "ANTHROPIC_API_KEY"),
        ("gemini/x", "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_before_any_request(model: str, variable: str) -> None:
    with pytest.raises(ModelError, match=f"set {variable} in the environment") as caught:
        ModelClient(model, api_base=REMOTE).complete([])
    assert (caught.value.kind, caught.value.requests) == (ModelFailureKind.NO_KEY, 0)


@pytest.mark.parametrize("model", ["ollama/llama3", "ollama_chat/x", "hosted_vllm/x", "bedrock/x"])
def test_providers_without_a_key_variable_need_none(model: str) -> None:
    assert missing_variables(model) == ()


def test_a_key_in_the_environment_is_left_to_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "present-and-correct")
    with ModelServer([say("ok")]) as server:
        ModelClient("zai/glm-5.1", api_base=server.api_base).complete([])
    assert server.requests[0].headers["authorization"] == "Bearer present-and-correct"


def test_a_server_on_this_machine_needs_no_key() -> None:
    with ModelServer([say("ok")]) as server:
        assert ModelClient("openai/x", api_base=server.api_base).complete([]).text == "ok"


@pytest.mark.parametrize("api_base", ["http://127.0.0.1.example.org/v1", "http://localhost.example.org/v1"])
def test_a_name_that_only_looks_local_is_not(api_base: str) -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        usable_key("openai/x", api_base, None)


def test_a_given_key_wins() -> None:
    assert usable_key("openai/x", REMOTE, "mine") == "mine"


@pytest.mark.parametrize("model", ["nobody/x", "just-a-name"])
def test_a_provider_that_litellm_does_not_know_is_reported_at_once(model: str) -> None:
    with pytest.raises(ModelError, match="does not know this model") as caught:
        ModelClient(model, api_base=REMOTE, api_key="k").complete([])
    assert caught.value.kind is ModelFailureKind.UNKNOWN_MODEL
