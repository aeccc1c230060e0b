"""A spec that names the commit that it was planned on, so that a base which moves later can be merged with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.settings_block.settings import Settings

_OPENING = re.compile(r"(?P<indent> {0,3})(?:`{3,}|~{3,})[ \t]*ya?ml[ \t]+mtor[ \t]*\r?")
_OWN_BLOCK = re.compile(r"\n\n```yaml mtor\nwritten_for: [0-9a-f]{40,64}\n```\n?(?=\n*(?:<!--|\Z))")
_PIN = re.compile(r"(?m)^ {0,3}written_for: [0-9a-f]{40,64}\n")


def pinned(spec: Spec, texts: Sequence[str], commit: str) -> list[str]:
    """Return the texts with `written_for: COMMIT`; as they are if the spec names one or cannot take the line."""
    if spec.settings.written_for is not None:
        return list(texts)
    for number, text in enumerate(texts):
        lines = text.split("\n")
        for index, line in enumerate(lines):
            opening = _OPENING.fullmatch(line)
            if opening:
                lines.insert(index + 1, f"{opening['indent']}written_for: {commit}")
                changed = [*texts[:number], "\n".join(lines), *texts[number + 1 :]]
                if _only_pins(spec.settings, changed, commit):
                    return changed
                del lines[index + 1]
    first = f"{texts[0].rstrip()}\n\n```yaml mtor\nwritten_for: {commit}\n```\n"
    changed = [first, *texts[1:]]
    return changed if _only_pins(spec.settings, changed, commit) else list(texts)


def unpinned(text: str) -> str:
    """Return a text without what `pinned` added: two calls on two commits file the same spec."""
    return _PIN.sub("", _OWN_BLOCK.sub("", text))


def _only_pins(settings: Settings, texts: Sequence[str], commit: str) -> bool:
    again = parse_spec([Part(str(number), text.encode()) for number, text in enumerate(texts)])
    wanted = settings._replace(written_for=commit, places=())
    return not again.diagnostics and _without_places(again.settings) == _without_places(wanted)


def _without_places(settings: Settings) -> str:
    return re.sub(r"Place\([^)]*\)", "", repr(settings._replace(places=())))
