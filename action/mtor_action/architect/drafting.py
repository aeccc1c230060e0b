"""Scout, then up to three rounds of writing and judging, under one budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mtor_action.architect.drafts import read_drafts
from mtor_action.architect.judging import JudgedDrafts, judge
from mtor_action.architect.role_conversation import PlanningMeans, PlanningStopped, RoleConversation
from mtor_action.authoring.prompting import Agent, RepositoryFacts, prompt_text
from mtor_action.coaching.ranking import quoted
from mtor_action.model.chat import Message, Role
from mtor_action.report.wording import count

MOST_ROUNDS = 3
MOST_TASK_CHARACTERS = 20_000
_SCOUT_TURNS = 8
_ARCHITECT_TURNS = 6  # of one round, the answer included
_MOST_SCOUTED_CHARACTERS = 6_000
_MOST_FILES_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class PlanningModels:
    """The models of both roles, in order of escalation; without a scout the architect reads for itself."""

    architect: tuple[str, ...]
    scout: tuple[str, ...] = ()


@dataclass(slots=True)
class SpecPlanner:
    """One task on one commit: its drafts, round by round, and the latest judgement on them."""

    models: PlanningModels
    facts: RepositoryFacts
    means: PlanningMeans
    rounds: int = 0
    latest: JudgedDrafts | None = None

    def plan(self, task: str) -> JudgedDrafts:
        """Return specs that plan cleanly, questions, or the last ones with what is wrong.

        Raises PlanningStopped, ModelError; `latest` are then the last ones that were judged.
        """
        quoted_task = f"# The task, quoted\n\n{quoted(task, MOST_TASK_CHARACTERS)}"
        message = "\n\n".join([quoted_task, *self._scouted(quoted_task)])
        system = f"{prompt_text(Agent.PLAIN, self.facts)}\n{_text('architect')}"
        conversation = self._conversation(self.models.architect, system)
        while True:
            answer = conversation.answer(message, _ARCHITECT_TURNS)
            self.rounds += 1
            drafts = read_drafts(answer)
            self.latest = judge(self.means.reader.git, self.means.reader.commit, drafts)
            if drafts.vague or self.latest.is_sound or self.rounds == MOST_ROUNDS:
                return self.latest
            problems = len(self.latest.diagnostics) + len(self.latest.problems)
            self.means.say(f"round {self.rounds}: {count(problems, 'problem')}")
            message = self.latest.feedback()

    def _scouted(self, quoted_task: str) -> list[str]:
        """Return what the scout said, quoted, and the files that it named or read, as they are."""
        listing = f"# The files of this repository\n\n{self.means.reader.paths()}"
        if not self.models.scout:
            return [listing, *self._files(quoted_task)]
        conversation = self._conversation(self.models.scout, _text("scout"))
        try:
            said = conversation.answer(f"{quoted_task}\n\n{listing}", _SCOUT_TURNS)
        except PlanningStopped as stopped:
            if self.means.spending.exceeded():
                raise
            self.means.say(f"the scout was stopped: {stopped.message}")
            said = ""
        report = f"# What a scout saw, quoted\n\n{quoted(said, _MOST_SCOUTED_CHARACTERS)}" if said.strip() else listing
        return [report, *self._files(f"{said}\n{quoted_task}")]

    def _files(self, text: str) -> list[str]:
        """Return the files that a text names, then those that were read, as they are in the commit."""
        known = set(self.means.reader.tree.paths())
        named = [word for word in re.findall(r"[\w./@+-]+", text) if word in known]
        shown: list[str] = []
        room = _MOST_FILES_CHARACTERS
        for path in dict.fromkeys([*named, *list(self.means.reader.seen)]):
            listing = self.means.reader.whole(path)
            if listing and len(listing) <= room:
                shown.append(listing)
                room -= len(listing)
        return ["# Files as they are, not quoted\n\n" + "\n\n".join(shown)] if shown else []

    def _conversation(self, models: tuple[str, ...], system: str) -> RoleConversation:
        first = [Message(Role.SYSTEM, system)]
        return RoleConversation(models, first, self.means)


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.md").read_text(encoding="utf-8")
