"""Is there a key for this model? Asked before the first request, so that the answer names the variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtor_action.model.loading import litellm_module
from mtor_action.model.provider_failures import ModelError, ModelFailure, ModelFailureKind

# Providers that litellm's own check passes over.
UNCHECKED: Mapping[str, str] = {
    "zai": "ZAI_API_KEY",
    "minimax": "MINIMAX_API_KEY",
    "github": "GITHUB_API_KEY",
    "sambanova": "SAMBANOVA_API_KEY",
}
# Their keys may come from a role or a profile, which no variable shows.
OWN_CREDENTIALS = frozenset({"bedrock", "bedrock_converse", "sagemaker", "sagemaker_chat", "vertex_ai"})
KEY_ENDINGS = ("_KEY", "_TOKEN")
# A server on this machine usually wants no key, but the client library insists on one.
PLACEHOLDER = "no-key-needed"


def provider_of(model: str) -> str:
    """Name the litellm provider of a model; ModelError `unknown-model` if there is none."""
    litellm = litellm_module()
    try:
        return str(litellm.get_llm_provider(model)[1])
    except Exception as error:
        raise ModelError(model, ModelFailure(ModelFailureKind.UNKNOWN_MODEL)) from error


def usable_key(model: str, api_base: str | None, api_key: str | None) -> str | None:
    """Choose the key to pass on: the given one, None if litellm finds one, a placeholder for a local server.

    ModelError `no-key` names the missing environment variables.
    """
    if api_key:
        return api_key
    missing = missing_variables(model)
    if not missing:
        return None
    if api_base and _is_loopback(api_base):
        return PLACEHOLDER
    raise ModelError(
        model, ModelFailure(ModelFailureKind.NO_KEY, words=f"set {' or '.join(missing)} in the environment")
    )


def missing_variables(model: str) -> tuple[str, ...]:
    """List the key variables that the provider needs and the environment lacks."""
    import os

    provider = provider_of(model)
    if provider in OWN_CREDENTIALS:
        return ()
    if provider in UNCHECKED:
        name = UNCHECKED[provider]
        return () if os.environ.get(name) else (name,)
    validation: Mapping[str, Any] = litellm_module().validate_environment(model=model)
    return tuple(name for name in validation["missing_keys"] if name.endswith(KEY_ENDINGS))


def _is_loopback(api_base: str) -> bool:
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    host = urlsplit(api_base).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
