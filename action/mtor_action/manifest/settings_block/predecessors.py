"""The setting `after`: the specs that come first, each an issue (`#12`) or a file of the same batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.settings_block.yaml_values import Named, Values, shown

if TYPE_CHECKING:
    from mtor_action.manifest.settings_block.yaml_nodes import Node

MOST_PREDECESSORS = 50
_ISSUE = lazy_pattern(r"#([1-9][0-9]{0,17})")
_NUMBER = lazy_pattern(r"(?:GH-)?([1-9][0-9]{0,17})", re.IGNORECASE)
_ADDRESS = lazy_pattern(r"https?://[^ ]+/(?:issues|pull)/([1-9][0-9]{0,17})(?:[/?#].*)?")
_ELSEWHERE = lazy_pattern(r"[^/ ]+/[^/ ]+#[0-9]+")
_FORM = 'expected an issue such as "#12" or a file of the same batch'


def issue_number(name: str) -> int | None:
    """Return the number of the issue that an entry of `after` names, None for a file."""
    match = _ISSUE.fullmatch(name)
    return int(match[1]) if match else None


def read_predecessors(values: Values, node: Node, key: str) -> tuple[Named, ...]:
    """Return the entries, each once; what names neither an issue nor a file is a diagnostic."""
    if node.items is None:
        named = [(node, name.text) for name in values.named(node, key)]
    else:
        texts = ((item, values.text(item, f"an item of {key}")) for item in node.items)
        named = [(item, text) for item, text in texts if text is not None]
    if len(named) > MOST_PREDECESSORS:
        values.fault(node, f"{key} has {len(named)} entries, expected at most {MOST_PREDECESSORS}")
        return ()
    entries: dict[str, Named] = {}
    for item, text in named:
        if fault := _fault(text.strip()):
            values.fault(item, f"{key} has {shown(item)}, {_FORM}", fault)
        else:
            entries.setdefault(text.strip(), Named(text.strip(), values.place(item)))
    return tuple(entries.values())


def _fault(text: str) -> str:
    """Return what to write instead of an entry that is neither an issue nor a file, "" if it is one."""
    number = _NUMBER.fullmatch(text) or _ADDRESS.fullmatch(text)
    if number:
        return f'write "#{number[1]}"'
    if _ELSEWHERE.fullmatch(text):
        return "only an issue of the same repository can come first"
    if text.startswith("#") and not _ISSUE.fullmatch(text):
        return "an issue is # and its number, in quotes"
    if "\n" in text or text.endswith("/") or text in {".", "..", "-"}:
        return "write the path of one Markdown file"
    return ""
