"""The choice between tool calls and text for a model."""

from __future__ import annotations

from enum import StrEnum

from mtor_action.model.loading import litellm_module
from mtor_action.model.pricing import is_listed


class ToolSetting(StrEnum):
    """The setting of a model's form of calls in the configuration."""

    AUTO = "auto"
    TOOLS = "tools"
    TEXT = "text"


def supports_tools(model: str, setting: ToolSetting, api_base: str | None = None) -> bool:
    """Return whether to offer tools: as set, else as litellm's list says; unlisted models behind an `api_base` do.

    Only listed models are looked up, since for others litellm may ask a server.
    """
    if setting is not ToolSetting.AUTO:
        return setting is ToolSetting.TOOLS
    if not is_listed(model):
        return api_base is not None
    return bool(litellm_module().supports_function_calling(model=model))
