"""Take keys and tokens out of a text before it is shown, stored or sent to a model.

Two sources: the values of environment variables whose name says that they are secret, and the shapes that
issuers document: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REPLACEMENT = "[redacted]"
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
SHORTEST_SECRET = 8
# Each alternative starts with a literal and repeats one class once, so that matching stays linear: no
# alternative can try a second split of the same text.
SHAPES = re.compile(
    r"""
      (?<![A-Za-z0-9]) sk-[A-Za-z0-9_-]{16,}              # OpenAI, Anthropic, DeepSeek, OpenRouter
    | (?<![A-Za-z0-9]) gh[opusr]_[A-Za-z0-9._-]{36,}     # GitHub, the longer ghs_ with dots as well
    | (?<![A-Za-z0-9]) github_pat_[A-Za-z0-9_]{22,}
    | (?<![A-Za-z0-9]) (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])
    | (?<![A-Za-z0-9]) AIza[A-Za-z0-9_-]{35}
    | (?<![A-Za-z0-9_-]) eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*
    | (?<![A-Za-z0-9]) (?:Bearer|bearer|BEARER)[ ][A-Za-z0-9._~+/=-]{16,}
    """,
    re.VERBOSE,
)


class Redactor:
    """Replaces secrets by `[redacted]`; built once from an environment, used on any text."""

    def __init__(self, environ: Mapping[str, str], extra: Iterable[str] = ()) -> None:
        """`extra` are further secret values, such as a key given as an argument."""
        named = [value for name, value in environ.items() if SECRET_NAME.search(name)]
        values = {form for value in [*named, *extra] for form in _forms(value)}
        # Longest first: a secret that contains another one goes as a whole.
        ordered = sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def redact(self, text: str) -> str:
        """Return the text without secrets; other text is kept as it is."""
        if self._values is not None:
            text = self._values.sub(REPLACEMENT, text)
        return SHAPES.sub(REPLACEMENT, text)

    def redact_json(self, value: Any, without: str = "") -> Any:
        """Return JSON data with every text in it redacted; what stands under the key `without` is kept as it is."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_json(item, without) for item in value]
        if isinstance(value, dict):
            return {key: item if key == without else self.redact_json(item, without) for key, item in value.items()}
        return value


def _forms(value: str) -> Iterable[str]:
    # A secret that spans lines, such as a PEM key, also shows up line by line in quoted output.
    stripped = value.strip()
    yield stripped
    if "\n" in stripped:
        yield from (line.strip() for line in stripped.splitlines() if not line.startswith("-----"))
