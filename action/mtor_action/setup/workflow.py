"""The workflow file: made from workflow.yml, in which some parts belong to the person who has it.

Such a part is between the lines `# mtor: your NAME begins` and `# mtor: your NAME ends` (or `begin` and `end`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from textwrap import indent
from typing import NamedTuple

WORKFLOW_FILE = ".github/workflows/mtor.yml"
PARTS = ("night", "checks", "answerer", "relay", "runner", "toolchain", "keys", "publisher")
PLACEHOLDER = "OWNER/REPO@SHA"
NO_KEYS = (
    "# No model is named in .github/mtor.yml, so no key is passed on. `mtor init --force --model NAME` adds one.\n"
)

_PART = re.compile(
    r"""
    (?P<first> ^\ *\#\ mtor:\ your\ (?P<name>[a-z]+)\ begins?\n)
    (?P<body> .*?)
    (?P<last> ^\ *\#\ mtor:\ your\ (?P=name)\ ends?(?:\n|\Z))
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_USES = re.compile(
    r"^ *uses: *(?P<action>[^\s#]+)(?: +# *(?P<tag>\S+))?[^\n]*\n *with:\n(?: *[a-z-]+: [^\n]*\n)*? *stage: work$",
    re.MULTILINE,
)
# GitHub accepts a step without `env`, but not one with an empty `env` (comments do not count):
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
_ENV_OF_KEYS = re.compile(
    r"^ *env:\n(?= *# mtor: your keys begins?\n(?:(?: *#[^\n]*| *)\n)*? *# mtor: your keys ends?$)", re.MULTILINE
)


class Comparison(NamedTuple):
    """A file against what this version writes. `diff` goes from the one to the other, empty if `wanted` adds nothing.

    `lost` are the parts that have no place between two marker lines and would get what a new file has. `unpassed` are
    the keys that were asked for and that the part `keys` does not mention.
    """

    wanted: str
    diff: tuple[str, ...]
    lost: tuple[str, ...]
    unpassed: tuple[str, ...] = ()


def render(action: str, toolchain: Iterable[str], parts: Mapping[str, str] | None = None) -> str:
    """Return the file for the action at this address; `parts` replace the template's between the markers.

    The address may be followed by ` # ` and the tag that it was taken from.
    """
    # One step after the other, as a list of the job's steps.
    own = {"toolchain": indent("".join(toolchain), " " * 6), "keys": keys_part(()), **(parts or {})}
    text = _PART.sub(
        lambda part: part["first"] + own.get(part["name"], part["body"]) + part["last"],
        _template().replace(PLACEHOLDER, action),
    )
    return _ENV_OF_KEYS.sub("", text)


def keys_part(variables: Iterable[str]) -> str:
    """Return the part `keys` that passes on these secrets, each under its own name."""
    lines = "".join(f"{name}: ${{{{ secrets.{name} }}}}\n" for name in variables)
    return indent(lines or NO_KEYS, " " * 10)


def runner_part(services: str) -> str:
    """Return the part `runner` of a new file with these services, YAML that begins at the margin."""
    return parts_of(_template())["runner"] + indent(services, " " * 4)


def parts_of(text: str) -> dict[str, str]:
    """Return the text between the markers, by part; of two parts with one name the first."""
    return {part["name"]: part["body"] for part in reversed(list(_PART.finditer(text)))}


def without_parts(text: str) -> str:
    """Return a file with nothing between the markers."""
    return _PART.sub(lambda part: part["first"] + part["last"], text)


def compare(
    existing: str,
    action: str,
    toolchain: Iterable[str],
    *,
    keys: Iterable[str] = (),
    fresh: Mapping[str, str] | None = None,
) -> Comparison:
    """Return the changes to an existing file, whose own parts are kept; missing `keys` are added to its own.

    A key that its part mentions, in a comment too, is not lacking. `fresh` has the parts of a new file.
    """
    from difflib import unified_diff

    existing = existing.replace("\r\n", "\n")
    parts = parts_of(existing)
    unpassed = _unpassed(parts.get("keys", ""), keys) if "keys" in parts else ()
    if unpassed:
        own_lines = "" if NO_KEYS.strip() == parts["keys"].strip() else parts["keys"]
        parts["keys"] = own_lines + keys_part(unpassed)
    rendered = render(action, toolchain, {**(fresh or {}), **parts})
    diff = unified_diff(existing.splitlines(), rendered.splitlines(), "there", "this version", lineterm="", n=1)
    lost = tuple(name for name in PARTS if name not in parts)
    return Comparison(rendered, tuple(diff), lost, unpassed)


def listens_to_checks(text: str) -> bool:
    """Return whether a file is started by the ends of other workflows."""
    return re.search(r"^ +workflow_run *:", text, re.MULTILINE) is not None


def passed_on(existing: str) -> frozenset[str]:
    """Return the variables that the part `keys` of a file sets."""
    part = parts_of(existing.replace("\r\n", "\n")).get("keys", "")
    return frozenset(re.findall(r"^ *([A-Z_][A-Z0-9_]*) *:", part, re.MULTILINE))


def known_action(existing: str) -> str:
    """Return the address that a file should use: where this program comes from, else the one that it uses, else ""."""
    from mtor_action.setup import action_address

    return action_address.installed_from() or used_action(existing)


def used_action(existing: str) -> str:
    """Return the address that a file uses, with its tag as render() takes it; "" if it has none."""
    from mtor_action.setup import action_address

    match = _USES.search(existing.replace("\r\n", "\n"))
    if match is None or not action_address.is_address(match["action"]):
        return ""
    tag = match["tag"] or ""
    return f"{match['action']} # {tag}" if action_address.is_tag(tag) else match["action"]


def _unpassed(part: str, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in keys if not re.search(rf"\b{re.escape(name)}\b", part))


def _template() -> str:
    return files("mtor_action.setup").joinpath("workflow.yml").read_text(encoding="utf-8")
