"""The smallest question: what fails, the file or the definition concerned, "say what is wrong, then give it back".

Measured with a model of 1.5 billion parameters, it repairs what the same model does not repair in a conversation with
tools: see docs/implementer.md. Each time it is asked afresh; nothing of an answer that failed stays in front of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.implementer.answers import Shown, answer_calls
from mtor_action.implementer.definitions import definition_at
from mtor_action.implementer.listing import fenced
from mtor_action.implementer.prompt import Prompt, text_of
from mtor_action.implementer.repository_notes import MOST_CHARACTERS_OF_A_QUESTION, framed
from mtor_action.model.chat import Message, Role
from mtor_action.model.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.model.chat import Reply, ToolCall

MOST_FILE_LINES = 160
MOST_FILE_CHARACTERS = 8_000
_MOST_FILES = 3
_MOST_INTENT_CHARACTERS = 600
_MOST_NAMED = 20
_PATH = re.compile(r"(?<![\w/.-])[\w.-]+(?:/[\w.-]+)*\.[A-Za-z]\w{0,9}(?=[\":( ,)]|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """The smallest question about a failure, and the files that it asks about."""

    shown: tuple[Shown, ...]  # the files, or definitions in them
    failures: str  # the failing output, shortened
    intent: str = ""  # the prose of the spec
    coaching: str = ""  # notes, as a prompt has them
    notes: str = ""  # of the repository's own guide

    def prompt(self, refused: Sequence[str] = (), handover: str = "") -> Prompt:
        """Return the messages.

        `refused` has a line for each answer that could not be carried out, `handover` what another model tried.
        """
        files = "\n\n".join(_listed(shown, is_single=len(self.shown) == 1) for shown in self.shown)
        notes = framed(self.notes, MOST_CHARACTERS_OF_A_QUESTION)
        system = "\n\n".join(part for part in (self.coaching, text_of("question", wanted=self._wanted), notes) if part)
        before = "\n".join(["Answers before this one were not taken:", *refused]) if refused else ""
        before = "\n\n".join(part for part in (handover, before) if part)
        fails = f"This fails:\n\n{fenced(self.failures.split(chr(10)), '')}"
        user = "\n\n".join(part for part in (self.intent, files, fails, before, self._closing) if part)
        parts = {
            "coaching": estimate_tokens(self.coaching),
            "rules": estimate_tokens(system) - estimate_tokens(self.coaching) + estimate_tokens(self.intent),
            "output": estimate_tokens(self.failures),
            "files": estimate_tokens(files),
            "history": estimate_tokens(before),
        }
        return Prompt((Message(Role.SYSTEM, system), Message(Role.USER, user)), parts)

    @property
    def _wanted(self) -> str:
        if len(self.shown) > 1:
            return "each file that you correct, whole, in a fenced code block with its path on the line above"
        if self.shown[0].part is not None:
            return "the whole corrected definition in one fenced code block"
        return "the whole corrected file in one fenced code block"

    @property
    def _closing(self) -> str:
        if len(self.shown) > 1:
            return "Give each file that you correct, whole."
        part = self.shown[0].part
        return (
            "Give the whole corrected file." if part is None else f"Give the whole corrected definition of {part.name}."
        )

    def calls(self, reply: Reply, turn: int) -> tuple[ToolCall, ...]:
        """Return the calls that an answer means; those that rewrite a shown file change as little of it as they can."""
        return answer_calls(reply, turn, {item.path: item for item in self.shown}, is_asked=True)


def ask_about(
    paths: Sequence[str],
    failures: str,
    read: Callable[[str], str | None],
    *,
    intent: str = "",
    coaching: str = "",
    notes: str = "",
) -> Question | None:
    """Return the question about the files that most likely hold the mistake; None where it would not be a small one.

    `paths` are the job's own files; other ones count if the failing output names them. `read` gives the whole text of a
    file that may be written, shown and taken back, else None.
    """
    texts = {path: text for path in (*paths, *_paths_in(failures)) if (text := read(path)) is not None}
    named = [path for path in texts if _line_in(path, failures) or path in failures]
    if named:
        chosen = max(named, key=lambda path: _last_mention(path, failures))
        shown = [_shown(chosen, texts[chosen], failures)]
    else:
        shown = [_shown(path, text, failures) for path, text in list(texts.items())[:_MOST_FILES]]
    kept = [item for item in shown if item is not None]
    if not kept or len(kept) < len(shown) or sum(len(item.excerpt) for item in kept) > MOST_FILE_CHARACTERS:
        return None
    return Question(tuple(kept), failures, _cut(intent), coaching, notes)


def _paths_in(failures: str) -> list[str]:
    """Return what looks like the path of a source in the failing output, the innermost frame's last."""
    return list(dict.fromkeys(_PATH.findall(failures)))[-_MOST_NAMED:]


def _shown(path: str, text: str, failures: str) -> Shown | None:
    if text.count("\n") <= MOST_FILE_LINES and len(text) <= MOST_FILE_CHARACTERS:
        return Shown(path, text)
    part = definition_at(text, _line_in(path, failures)) if path.endswith(".py") else None
    return Shown(path, text, part) if part and part.last_line - part.first_line <= MOST_FILE_LINES else None


def _line_in(path: str, failures: str) -> int:
    """Return the last line of `path` that the failing output names: the innermost frame; 0 for none."""
    matches = re.findall(rf"{re.escape(path)}(?:\", line |:)(\d+)", failures)
    return int(matches[-1]) if matches else 0


def _last_mention(path: str, failures: str) -> int:
    return failures.rfind(path)


def _cut(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    kept = ""
    for paragraph in paragraphs:
        if len(kept) + len(paragraph) > _MOST_INTENT_CHARACTERS:
            break
        kept = f"{kept}\n\n{paragraph}".strip()
    return kept


def _listed(shown: Shown, *, is_single: bool) -> str:
    head = f"{shown.path} has a mistake:" if is_single else f"{shown.path}:"
    if shown.part is not None:
        head = f"This definition in {shown.path} has a mistake:"
    return f"{head}\n\n{fenced(shown.excerpt.removesuffix(chr(10)).split(chr(10)), shown.path)}"
