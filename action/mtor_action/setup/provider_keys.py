"""The secret that a model needs, by the model's name alone: the model library need not be installed."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mtor_action.manifest.settings_block.limits import models_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mtor_action.manifest.settings_block.settings import Settings

SECRET_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_PROVIDER = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
# Names without a provider, which the model library takes for these: https://docs.litellm.ai/docs/providers
_BY_PREFIX = (("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"))
_WITHOUT_PROVIDER = (*_BY_PREFIX, ("claude-", "anthropic"))


def key_variable(model: str) -> str | None:
    """Return the variable of the model's key; "" if it needs none, None if its name does not tell.

    A provider that the table lacks has PROVIDER_API_KEY, by the library's custom.
    """
    prefix, slash, _ = model.partition("/")
    provider = prefix if slash else next((name for start, name in _WITHOUT_PROVIDER if model.startswith(start)), "")
    if len(provider) > 60 or not _PROVIDER.fullmatch(provider):
        return None
    return _table().get(provider, f"{provider.replace('-', '_').upper()}_API_KEY")


def models_in(settings: Settings) -> tuple[str, ...]:
    """Return the models that the settings name for any role, each once, implementers first."""
    roles = (name for _, names in settings.roles for name in names)
    return tuple(dict.fromkeys((*(models_named(settings) or ()), *roles)))


def keys_of(models: Iterable[str]) -> dict[str, str]:
    """Return the variables that these models need, each with the first model that needs it."""
    needed: dict[str, str] = {}
    for model in models:
        if variable := key_variable(model):
            needed.setdefault(variable, model)
    return needed


@cache
def _table() -> Mapping[str, str]:
    text = files("mtor_action.setup").joinpath("provider_keys.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {provider: "" if variable == "-" else variable for provider, variable in rows}
