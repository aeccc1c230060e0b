"""The workflow file: made from workflow.yml, in which some parts belong to the person who has it.

Such a part is between the lines `# mtor: your NAME begins` and `# mtor: your NAME ends` (or `begin` and `end`).
"""

from __future__ import annotations

import re
from importlib.resources import files
from textwrap import indent
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORKFLOW_FILE = ".github/workflows/mtor.yml"
PARTS = ("answerer", "runner", "toolchain", "keys", "publisher")
PLACEHOLDER = "OWNER/REPO@SHA"

_PART = re.compile(
    r"""
    (?P<first> ^\ *\#\ mtor:\ your\ (?P<name>[a-z]+)\ begins?\n)
    (?P<body> .*?)
    (?P<last> ^\ *\#\ mtor:\ your\ (?P=name)\ ends?(?:\n|\Z))
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_USES = re.compile(r"^ *uses: *([^\s#]+)[^\n]*\n *with:\n *stage: work$", re.MULTILINE)


class Comparison(NamedTuple):
    """A file against what this version writes. `diff` goes from the one to the other, empty if `wanted` adds nothing.

    `lost` are the parts that have no place between two marker lines and would get what a new file has.
    """

    wanted: str
    diff: tuple[str, ...]
    lost: tuple[str, ...]


def render(action: str, toolchain: Iterable[str], parts: Mapping[str, str] | None = None) -> str:
    """Return the file for the action at this address; `parts` replace what the template has between the markers."""
    template = files("mtor_action.setup").joinpath("workflow.yml").read_text(encoding="utf-8")
    # One step after the other, as a list of the job's steps.
    own = {"toolchain": indent("".join(toolchain), " " * 6), **(parts or {})}
    return _PART.sub(
        lambda part: part["first"] + own.get(part["name"], part["body"]) + part["last"],
        template.replace(PLACEHOLDER, action),
    )


def compare(existing: str, action: str, toolchain: Iterable[str]) -> Comparison:
    """Return what would change in an existing file, whose own parts are kept."""
    from difflib import unified_diff

    existing = existing.replace("\r\n", "\n")
    parts = {part["name"]: part["body"] for part in reversed(list(_PART.finditer(existing)))}
    rendered = render(action, toolchain, parts)
    diff = unified_diff(existing.splitlines(), rendered.splitlines(), "there", "this version", lineterm="", n=1)
    return Comparison(rendered, tuple(diff), tuple(name for name in PARTS if name not in parts))


def known_action(existing: str) -> str:
    """Return the address that a file should use: where this program comes from, else the one that it uses, else ""."""
    from mtor_action.setup import address

    match = _USES.search(existing.replace("\r\n", "\n"))
    return address.installed_from() or (match[1] if match and address.is_address(match[1]) else "")
