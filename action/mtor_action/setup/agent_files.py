"""What coding agents read about mtor: a skill, a section of AGENTS.md, rules. Only the part between markers is mtor's.

https://code.claude.com/docs/en/skills, https://agents.md,
https://docs.github.com/copilot/how-tos/configure-custom-instructions-in-your-ide/add-repository-instructions-in-your-ide
and https://cursor.com/docs/context/rules
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.authoring.prompting import HAND_OVER, Agent, format_text, head_of
from mtor_action.errors import MtorError
from mtor_action.setup.planned_files import PlannedFile, SetupFileState, existing_text

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = "<!-- mtor: begin (kept current by mtor init --agents; what you write outside of these marks stays) -->"
END = "<!-- mtor: end -->"
_BEGINS = re.compile(r"^<!-- mtor: begin\b[^\n]*-->[ \t]*\r?\n", re.MULTILINE)
_ENDS = re.compile(r"^<!-- mtor: end -->[ \t]*(?:\r?\n|\Z)", re.MULTILINE)

_POINTER = """\
## Specs for mtor

Only when you are asked for a spec, or to hand a change over to mtor: run `mtor prompt --for {agent}` and do what it
prints. It has the format, this repository's settings, and what earlier work taught. Check the spec with `mtor check`
until it exits with 0. If `mtor` is not installed, say so instead of guessing the format.
"""
_WHOLE = f"""\
`mtor prompt --for {{agent}}` prints this text with the settings and the notes of this repository: run it first.

{{format}}
{HAND_OVER}"""


@dataclass(frozen=True, slots=True)
class AgentFile:
    """A file that an agent reads: `head` begins a new one, `section` is what is between the markers."""

    path: str
    head: str
    section: str


@dataclass(frozen=True, slots=True)
class SectionRemoval:
    """A file with mtor's part: `rest` is its text without it, None if nothing of a person's is left."""

    path: str
    rest: str | None


def agent_files() -> tuple[AgentFile, ...]:
    """Return all of them, as this version writes them."""
    return (
        _file(".claude/skills/mtor/SKILL.md", Agent.CLAUDE, _WHOLE),
        _file("AGENTS.md", Agent.CODEX, _POINTER),
        _file(".github/instructions/mtor.instructions.md", Agent.COPILOT, _POINTER),
        _file(".cursor/rules/mtor.mdc", Agent.CURSOR, _WHOLE),
    )


def plan_agents(top: Path) -> list[PlannedFile]:
    """Return every file for agents, compared with what is there. Nothing is written over what has no markers."""
    return [_planned(top, file) for file in agent_files()]


def plan_existing_agents(top: Path) -> list[PlannedFile]:
    """Return those that have mtor's part already."""
    return [
        file for file in plan_agents(top) if file.state is not SetupFileState.MISSING and _has_marks(top, file.path)
    ]


def plan_agents_removal(top: Path) -> list[SectionRemoval]:
    """Return the files that have mtor's part, without it. Raises MtorError for markers that do not fit."""
    removals = []
    for file in agent_files():
        text = _text_or_none(top, file.path)
        span = _span(text) if text else None
        if text and span:
            rest = text[: span[0]].removesuffix("\n").removesuffix("\r") + text[span[1] :]
            is_ours = rest.replace("\r\n", "\n").strip() == file.head.strip()
            removals.append(SectionRemoval(file.path, None if is_ours else rest))
    return removals


def _file(path: str, agent: Agent, form: str) -> AgentFile:
    return AgentFile(path, head_of(agent), form.format(agent=agent.value, format=format_text()))


def _planned(top: Path, file: AgentFile) -> PlannedFile:
    try:
        text = existing_text(top, file.path)
        span = _span(text) if text else None
    except MtorError as error:
        return PlannedFile(file.path, SetupFileState.INVALID, "", (error.message, error.hint))
    part = f"{BEGIN}\n{file.section}{END}\n"
    if text is None:
        return PlannedFile(file.path, SetupFileState.MISSING, file.head + part)
    part = part.replace("\n", _line_end(text))
    if span is None:
        return PlannedFile(file.path, SetupFileState.MISSING, _with_blank_line(text) + part)
    wanted = text[: span[0]] + part + text[span[1] :]
    if text in (wanted, wanted.removesuffix(_line_end(text))):
        return PlannedFile(file.path, SetupFileState.CURRENT, text)
    details = ("the part between the marks is not what this version writes",)
    return PlannedFile(file.path, SetupFileState.OUTDATED, wanted, details)


def _span(text: str) -> tuple[int, int] | None:
    """Return the characters of mtor's part, both markers included; None without any. Raises MtorError."""
    begins, ends = list(_BEGINS.finditer(text)), list(_ENDS.finditer(text))
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].end():
        counts = f"{len(begins)} times `mtor: begin`, {len(ends)} times `mtor: end`"
        message = f"its marks do not fit: {counts}, expected each once"
        raise MtorError(message, "delete the marks and what is mtor's between them, then run it again")
    return begins[0].start(), ends[0].end()


def _with_blank_line(text: str) -> str:
    end = _line_end(text)
    return "" if not text else (text if text.endswith("\n") else text + end) + end


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _text_or_none(top: Path, path: str) -> str | None:
    try:
        return existing_text(top, path)
    except MtorError:
        return None


def _has_marks(top: Path, path: str) -> bool:
    text = _text_or_none(top, path)
    return text is not None and bool(_BEGINS.search(text) or _ENDS.search(text))
