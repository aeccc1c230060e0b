"""What an architect is told: the format, what this repository's settings say, and how a spec is handed over.

format.md is the one text of the format for models: docs/manifest.md shows it, `mtor prompt` and the files for agents
contain it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.settings_block.settings import Settings

_MOST_COMMAND = 300
DESCRIPTION = (
    "Write specs for mtor, which applies their exact code without a model, tests it, and opens a pull request. Use it "
    "when asked for a spec, or to hand a change over to mtor or to the night."
)


class Agent(StrEnum):
    """The reader of a prompt. `plain` is a model without a shell; the others can run `mtor check` themselves."""

    CLAUDE = "claude"
    CODEX = "codex"
    COPILOT = "copilot"
    CURSOR = "cursor"
    PLAIN = "plain"


# How each agent's own files begin, so that the prompt can be put into one:
# https://code.claude.com/docs/en/skills, https://cursor.com/docs/context/rules and
# https://docs.github.com/copilot/how-tos/configure-custom-instructions-in-your-ide/add-repository-instructions-in-your-ide
# codex reads AGENTS.md, which has no such head.
_HEADS = {
    Agent.CLAUDE: f"---\nname: mtor\ndescription: {DESCRIPTION}\n---\n\n",
    Agent.COPILOT: f'---\ndescription: {DESCRIPTION}\napplyTo: "**"\n---\n\n',
    Agent.CURSOR: f"---\ndescription: {DESCRIPTION}\nalwaysApply: false\n---\n\n",
}
HAND_OVER = """\
# Hand it over

1. Write the spec into a file that git does not track, for example `/tmp/spec.md`.
2. Run `mtor check /tmp/spec.md` in the repository and correct the spec until it exits with 0. Each mistake has its
   line and the next step; `mtor explain RULE` shows a form that works.
3. `mtor run /tmp/spec.md` tries it here: a branch of its own, the test commands, a report.
4. `mtor submit /tmp/spec.md` lets GitHub do that: it makes the issue and labels it. A second call files nothing twice.
   Several specs at once: `mtor submit a.md b.md`, with `after: ["a.md"]` in b.md if b builds on a.
"""
_ANSWER = """\
# Your answer

Answer with the spec alone: the Markdown itself, not in a fence of its own.
"""


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What holds in one repository: its `.github/mtor.yml`, and the text of coaching notes, "" without any."""

    settings: Settings
    notes: str = ""


def head_of(agent: Agent) -> str:
    """Return the front matter that a file for the agent begins with, "" for none."""
    return _HEADS.get(agent, "")


@cache
def format_text() -> str:
    """Return the format for models (Markdown); it is a spec by itself."""
    return (Path(__file__).parent / "format.md").read_text(encoding="utf-8")


def prompt_text(agent: Agent, facts: RepositoryFacts | None) -> str:
    """Return the whole prompt (Markdown). Without `facts` nothing is said about a repository."""
    parts = [format_text()]
    if facts is not None:
        parts.append("\n".join(["# This repository", "", *_settings_lines(facts.settings)]) + "\n")
        parts += [facts.notes] if facts.notes else []
    parts.append(_ANSWER if agent is Agent.PLAIN else HAND_OVER)
    return head_of(agent) + "\n".join(parts)


def _settings_lines(settings: Settings) -> Iterator[str]:
    if settings.test is None:
        yield "- No command tests it by default: every spec needs `test`."
    elif not settings.test:
        yield "- Nothing tests it by default (`test: []`): say `test` in the spec if you know a command."
    else:
        yield f"- Tested by {_commands(settings.test)}. Leave `test` out unless the spec needs other commands."
    if settings.setup:
        yield f"- Prepared by {_commands(settings.setup)}. Leave `setup` out unless that changes."
    if settings.format:
        yield f"- Formatted by {_commands(settings.format)}: spend nothing on line breaks."
    yield f"- Specs go to {_code(settings.base)}." if settings.base else "- Specs go to the default branch."
    for name, words in (("allow", "may also write"), ("protect", "may never write")):
        globs = getattr(settings, name)
        if globs:
            yield f"- The implementer, which repairs red tests, {words} {_commands(globs)}."
    if settings.implementer:
        yield f"- Red tests go to {_commands(settings.implementer)}; leave `implementer` out."
    else:
        yield "- No implementer is named: a red test ends the run, so give the code whole and right."


def _commands(texts: Sequence[str]) -> str:
    return ", ".join(_code(text) for text in texts)


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{one_line(text, _MOST_COMMAND)}{pad}{fence}"
