"""The attempts so far, a line for each answer or turn: for the next question, the next model, the reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.implementer.conversation.transcript import Form
from mtor_action.implementer.replies.reply_words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.conversation.transcript import CallRecord, TurnRecord


def refused_answers(turns: Sequence[TurnRecord]) -> list[str]:
    """Return a line for each answer that could not be carried out: what was wrong with its form."""
    observations = [text for turn in turns for text in _refusals(turn)]
    return [f"- {text.splitlines()[0][:200]}" for text in dict.fromkeys(observations) if text][-2:]


def _refusals(turn: TurnRecord) -> list[str]:
    if turn.calls or turn.form is not Form.QUESTION:
        return [call.observation for call in turn.calls if call.error_class]
    cut = "it was cut off at its length limit before any code; say less" if turn.truncated and turn.text else ""
    return [cut or "there was no code in it; give the corrected code in one fenced code block"]


def tried_answers(turns: Sequence[TurnRecord]) -> str:
    """Return what the answers to the smallest question said, a line an answer: they did not help."""
    answers = [turn for turn in turns if turn.form is Form.QUESTION and not turn.is_kept]
    lines = [f"- {words[:200]}" for turn in answers if (words := words_of(turn.text))]
    return "\n".join(["# What did not help", "", *dict.fromkeys(lines)]) if lines else ""


def summary(turns: Sequence[TurnRecord]) -> str:
    """Return the attempts so far, a line for each turn, bounded."""
    lines = [f"- turn {turn.number}: {_tried(turn)}" for turn in turns[-20:]]
    return "\n".join(lines) or "- nothing yet"


def _tried(turn: TurnRecord) -> str:
    if not turn.calls:
        return f"only text: {turn.text[:120]!r}"
    return "; ".join(_in_a_line(call) for call in turn.calls[:6])


def _in_a_line(call: CallRecord) -> str:
    """Return what came of a call: its first line, or of commands how they ended and what failed first."""
    lines = [line for line in call.observation.splitlines() if not line.startswith("$ ")]
    if call.tool == "run_tests":
        return f"{call.tool}: {' '.join(lines[:3])[:160]}" if lines else call.tool
    return f"{call.tool} {call.path}: {lines[0][:100]}" if lines else call.tool
