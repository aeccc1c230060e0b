"""Prints the JSON Schema of the settings.

python -m mtor_action.manifest.settings_block.settings_schema > docs/settings.schema.json
"""

from __future__ import annotations

import json

from mtor_action.manifest.settings_block.settings import SETTINGS


def settings_schema() -> dict[str, object]:
    """Return one schema for the `yaml mtor` block and for `.github/mtor.yml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mtor settings",
        "description": "A spec's `yaml mtor` block, and .github/mtor.yml (without title, written_for, after, fixes, "
        "fill, delete, move).",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**row.schema, "description": row.description} for name, row in SETTINGS.items()},
    }


if __name__ == "__main__":
    print(json.dumps(settings_schema(), indent=2))  # noqa: T201  a script whose product is what it prints
