"""The smallest question: what fails, the file or the definition concerned, "say what is wrong, then give it back".

Measured with a model of 1.5 billion parameters, it repairs what the same model does not repair in a conversation with
tools: see docs/implementer.md. Each time it is asked afresh; nothing of an answer that failed stays in front of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.answered_files.answer_calls import answer_calls
from mtor_action.implementer.prompts.first_messages import Prompt, text_of
from mtor_action.implementer.prompts.repository_notes import MOST_CHARACTERS_OF_A_QUESTION, framed
from mtor_action.implementer.prompts.suspects import is_small, suspects
from mtor_action.implementer.replies.repeated_question import FAILS, without_question
from mtor_action.implementer.source_code.definitions import make_readable
from mtor_action.implementer.tools.file_listing import fenced
from mtor_action.model.chat import Message, Role
from mtor_action.model.token_counts import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.implementer.source_code.shown_file import ShownFile
    from mtor_action.model.chat import Reply, ToolCall

_MOST_INTENT_CHARACTERS = 600
_MOST_NAMED = 20
_RUNS_ON = 2  # times as long as an answer that ended
_WORDS_TOKENS = 200  # of an answer besides the code
_PATH = re.compile(r"(?<![\w/.-])[\w.-]+(?:/[\w.-]+)*\.[A-Za-z]\w{0,9}(?=[\":( ,)]|$)", re.MULTILINE)


class Guidance(NamedTuple):
    """What a question says besides what fails and what is concerned; each may be empty."""

    intent: str = ""  # the prose of the spec
    coaching: str = ""  # notes, as a prompt has them
    notes: str = ""  # of the repository's own guide


@dataclass(frozen=True, slots=True)
class Question:
    """The smallest question about a failure, and the files that it asks about."""

    shown: tuple[ShownFile, ...]  # the files, or definitions in them
    failures: str  # the failing output, shortened
    guidance: Guidance

    def prompt(self, refused: Sequence[str] = (), handover: str = "") -> Prompt:
        """Return the messages.

        `refused` has a line for each answer that could not be carried out, `handover` what another model tried.
        """
        files = "\n\n".join(_listed(file, is_single=len(self.shown) == 1) for file in self.shown)
        intent, coaching, guide = self.guidance
        notes = framed(guide, MOST_CHARACTERS_OF_A_QUESTION)
        system = "\n\n".join(part for part in (coaching, text_of("question", wanted=self._form), notes) if part)
        before = "\n".join(["Answers before this one were not taken:", *refused]) if refused else ""
        before = "\n\n".join(part for part in (handover, before) if part)
        fails = f"{FAILS}\n\n{fenced(self.failures.split(chr(10)), '')}"
        user = "\n\n".join(part for part in (_cut(intent), files, fails, before, self._closing) if part)
        parts = {
            "coaching": estimate_tokens(coaching),
            "rules": estimate_tokens(system) - estimate_tokens(coaching) + estimate_tokens(_cut(intent)),
            "output": estimate_tokens(self.failures),
            "files": estimate_tokens(files),
            "history": estimate_tokens(before),
        }
        return Prompt((Message(Role.SYSTEM, system), Message(Role.USER, user)), parts)

    def most_answer_tokens(self, ended: Sequence[int]) -> int:
        """Return the length at which an answer is cut, by those of answers that ended; 0 as long as none has.

        What is far longer repeats itself up to the model's limit. All in tokens.
        """
        code = sum(estimate_tokens(file.asked_text) for file in self.shown)
        return _RUNS_ON * max(*ended, code + _WORDS_TOKENS) if ended else 0

    def is_about_same(self, other: Question) -> bool:
        """Return whether both ask for the same definition or file, or one for a part of what the other asks for."""
        return any(
            mine.path == its.path and (mine.asked is None or its.asked is None or mine.asked.name == its.asked.name)
            for mine in self.shown
            for its in other.shown
        )

    @property
    def _form(self) -> str:
        if len(self.shown) > 1:
            return "each file that you correct, whole, in a fenced code block with its path on the line above"
        [file] = self.shown
        if file.is_only_new_asked:
            return f"{_these_lines(file)} corrected, alone, in one fenced code block"
        return f"the whole corrected {'definition' if file.asked else 'file'} in one fenced code block"

    @property
    def _closing(self) -> str:
        if len(self.shown) > 1:
            return "Give each file that you correct, whole."
        [file] = self.shown
        if file.is_only_new_asked:
            wanted = f"{_these_lines(file)} corrected, nothing else"
        elif file.asked:
            wanted = f"the whole corrected definition of {file.asked.name}"
            wanted += ", nothing else of the file" if file.asked_part else ""
        else:
            wanted = "the whole corrected file"
        return f"{_said_new(file)}Give {wanted}."

    def calls(self, reply: Reply, turn: int) -> tuple[ToolCall, ...]:
        """Return the calls that an answer means; those that rewrite a shown file change as little of it as they can."""
        if len(self.shown) == 1:
            reply = replace(reply, text=without_question(reply.text, _head(self.shown[0])))
        return answer_calls(reply, turn, {item.path: item for item in self.shown}, is_asked=True)


def questions_about(
    paths: Sequence[str],
    failures: str,
    read: Callable[[str], str | None],
    before: Mapping[str, str],
    guidance: Guidance,
) -> list[Question]:
    """Return the questions about what most likely holds the mistake, to be asked in turns; [] where none is small.

    `paths` are the job's own files; other ones count if the failing output names them. `read` gives the whole text of a
    file that may be written, shown and taken back, else None; `before` the texts of the files that the spec found.
    """
    texts = {path: text for path in (*paths, *_paths_in(failures)) if (text := read(path)) is not None}
    for path, text in texts.items():
        if not is_small(text):
            make_readable(path)
    others = {path: text for path, text in texts.items() if path not in paths}  # which the spec left as they were
    return [Question(suspect, failures, guidance) for suspect in suspects(texts, failures, {**others, **before})]


def _paths_in(failures: str) -> list[str]:
    """Return what looks like the path of a source in the failing output, the innermost frame's last."""
    return list(dict.fromkeys(_PATH.findall(failures)))[-_MOST_NAMED:]


def _cut(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    beginning = ""
    for paragraph in paragraphs:
        if len(beginning) + len(paragraph) > _MOST_INTENT_CHARACTERS:
            break
        beginning = f"{beginning}\n\n{paragraph}".strip()
    return beginning


def _listed(file: ShownFile, *, is_single: bool) -> str:
    head = _head(file) if is_single else f"{file.path}:"
    return f"{head}\n\n{fenced(file.excerpt.removesuffix(chr(10)).split(chr(10)), file.path)}"


def _head(file: ShownFile) -> str:
    subject = file.path if file.part is None else f"This definition in {file.path}"
    return f"{subject} has a mistake:"


def _these_lines(file: ShownFile) -> str:
    return "this line" if len(file.new_lines) == 1 else "these lines"


def _said_new(file: ShownFile) -> str:
    if not file.new_lines:
        return ""
    verb = "is" if len(file.new_lines) == 1 else "are"
    return f"Only {_these_lines(file)} {verb} new:\n\n{fenced(file.new_text, file.path)}\n\n"
