"""A spec of a batch as it is filed: in its `after`, the issues of the specs before it, for the files that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.manifest.settings_block.yaml_values import Named

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


def after_issues(spec: Spec, numbers: Mapping[str, int]) -> list[str]:
    """Return the spec's texts with `#NUMBER` for each name; 0 takes a name's spec for done. Raises MtorError.

    Nothing else of a text changes.
    """
    wanted = [f"#{numbers[name.text]}" if name.text in numbers else name.text for name in spec.settings.after]
    if "#0" in wanted:
        message = "it comes after a spec that is applied already, so that there is no issue to wait for"
        raise MtorError(message, "take that spec out of its `after`")
    texts = {lines.name: lines.data.decode("utf-8").split("\n") for lines in spec.texts}
    named = [name for name in spec.settings.after if name.text in numbers]
    # From the end, so that the columns before it stay right.
    for name in sorted(named, key=lambda each: (each.place.line, each.place.column), reverse=True):
        lines = texts[name.place.path]
        lines[name.place.line - 1] = _replaced(lines[name.place.line - 1], name, f'"#{numbers[name.text]}"')
    filed = ["\n".join(lines) for lines in texts.values()]
    again = parse_spec([Part(str(number), text.encode()) for number, text in enumerate(filed)])
    if [name.text for name in again.settings.after] != wanted:
        raise _unreadable(named[0])
    return filed


def _replaced(line: str, name: Named, number: str) -> str:
    start = name.place.column - 1
    quoted = _QUOTED.match(line, start)
    if quoted:
        return line[:start] + number + line[quoted.end() :]
    if not line.startswith(name.text, start):
        raise _unreadable(name)
    return line[:start] + number + line[start + len(name.text) :]


def _unreadable(name: Named) -> MtorError:
    message = f"{name.place.path}:{name.place.line}: {name.text} cannot be replaced by the number of its issue"
    return MtorError(message, 'write `after: ["FILE"]` on one line')
