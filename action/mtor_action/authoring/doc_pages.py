"""The pages of docs/ that come with mtor: what messages refer to, readable without the repository.

A wheel holds them beside the package (`tool.hatch.build.targets.wheel.force-include` in pyproject.toml); a checkout has
them in docs/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mtor_action.errors import MtorError
from mtor_action.manifest.nearest import nearest
from mtor_action.manifest.rules import RULES

_INSTALLED = Path(__file__).resolve().parents[1] / "docs"
_CHECKOUT = Path(__file__).resolve().parents[3]
_HEADING = re.compile(r"(?m)^### (?P<rule>[a-z0-9-]+)\n")
# What a mark before a fence says about it (`<!-- error: RULE -->`) is for the tests of the page, but for a file's path.
_MARK = re.compile(r"(?m)^<!-- (?P<kind>[a-z]+)(?:: (?P<value>[^;]+?))?(?:; [a-z]+)* -->\n")
_COACHING = "coaching"


class Explanation(NamedTuple):
    """What `name` (a rule or a page) means: one sentence, and Markdown of some screens."""

    name: str
    meaning: str
    text: str


def page_names() -> list[str]:
    """Return the names of the pages, without `.md`, in alphabetical order."""
    return sorted(_files())


def page(name: str) -> str:
    """Return a page's Markdown. Raises MtorError if this installation lacks it."""
    try:
        return _files()[name].read_text(encoding="utf-8")
    except (OSError, KeyError) as error:
        raise _incomplete(name) from error


def explanation(name: str) -> Explanation | None:
    """Return what a rule or a page says, or None for an unknown name. A coaching file's rules are on its page."""
    if name in RULES:
        return Explanation(name, RULES[name], _entries()[name])
    named = _COACHING if name.startswith(f"{_COACHING}-") else name
    if named not in page_names():
        return None
    text = page(named)
    return Explanation(named, text.partition("\n")[0].lstrip("# "), _for_readers(text))


def close_names(name: str) -> list[str]:
    """Return the known names that were probably meant, the closest first; at most five."""
    known = [*RULES, *page_names()]
    words = {word for word in name.lower().split("-") if len(word) > 2}
    sharing = [each for each in known if words & set(each.split("-")) or (name and name.lower() in each)]
    first = nearest(name, known)
    return list(dict.fromkeys([*([first] if first else []), *sharing]))[:5]


def _files() -> dict[str, Path]:
    """Return the pages' files by name, README included. Raises MtorError where docs/ is incomplete."""
    for folder in (_INSTALLED, _CHECKOUT / "docs"):
        if (folder / "rules.md").is_file():
            pages = {path.stem: path for path in folder.glob("*.md")}
            return {"readme": _CHECKOUT / "README.md"} | pages
    raise _incomplete("rules")


def _incomplete(name: str) -> MtorError:
    message = f"this installation of mtor lacks its page {name}.md"
    return MtorError(message, "install it again, from a wheel or from the whole repository")


def _entries() -> dict[str, str]:
    text = page("rules")
    headings = list(_HEADING.finditer(text))
    return {
        heading["rule"]: _for_readers(text[heading.end() : end].partition("\n## ")[0])
        for heading, end in zip(headings, [*(heading.start() for heading in headings[1:]), len(text)], strict=True)
    }


def _for_readers(text: str) -> str:
    return "".join(_without_marks(text)).strip("\n") + "\n"


def _without_marks(text: str) -> Iterator[str]:
    position = 0
    for mark in _MARK.finditer(text):
        yield text[position : mark.start()]
        if mark["kind"] == "file":
            yield f"The repository's `{mark['value']}`:\n"
        position = mark.end()
    yield text[position:]
