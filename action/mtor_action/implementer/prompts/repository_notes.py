"""AGENTS.md of the base commit: what a repository tells every agent, bounded, as part of the prompt.

The base's, not the tree's: what a spec or a model wrote may not instruct the implementer.
https://agents.md, read 2026-11-29
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitError

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

FILE = "AGENTS.md"
MOST_CHARACTERS = 6_000
MOST_CHARACTERS_OF_A_QUESTION = 1_500


def repository_notes(git: Git, base: str) -> str:
    """Return the text of AGENTS.md at commit `base`; "" if there is none that is text."""
    try:
        data = git.run("cat-file", "blob", f"{base}:{FILE}")
        return data.decode("utf-8").replace("\r\n", "\n").strip()
    except (GitError, UnicodeDecodeError):
        return ""


def framed(notes: str, most_characters: int) -> str:
    """Return the notes under a heading, whole paragraphs up to a limit; "" for none."""
    beginning = ""
    for paragraph in notes.split("\n\n") if notes else ():
        if len(beginning) + len(paragraph) > most_characters:
            break
        beginning = f"{beginning}\n\n{paragraph}".strip()
    return f"# {FILE} of this repository\n\n{beginning}" if beginning else ""
