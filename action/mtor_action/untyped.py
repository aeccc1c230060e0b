"""Objects that are read key by key, because their types are nobody's promise.

Whatever has a shape of our own is a dataclass, a TypedDict, or a `dict[str, object]` that is only written.
"""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""What `json.loads` gives: a provider's or GitHub's object, or a file of ours that anybody may have written."""
TomlTable: TypeAlias = dict[str, Any]
"""What `tomllib.loads` gives of a data file beside a module; the file's comments say what its keys are."""


def parsed_json(text: str | bytes) -> Any:
    """Return the value of a JSON text, None for what is not JSON or is nested too deeply."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
