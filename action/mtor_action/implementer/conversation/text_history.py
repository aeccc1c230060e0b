"""The messages so far of a conversation in text.

A small model takes what it sees for a pattern: it repeats an answer that failed, and it writes `[folded]` if its own
turns were folded so. So only turns that were carried out remain, and of those the last few. What the others came to is
said in a line each, in mtor's own words, after the task.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.model.chat import Message, Role
from mtor_action.model.token_counts import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.conversation.transcript import TurnRecord

WHOLE_TURNS = 2
MOST_HISTORY_TOKENS = 12_000
_MOST_LINES = 12
_MOST_OBSERVATION_CHARACTERS = 16_000
_NOTHING = "a reply without a block or a command: nothing was carried out"


def text_messages(first: Sequence[Message], turns: Sequence[TurnRecord]) -> tuple[list[Message], int]:
    """Return the conversation of one context, and the tokens that its history is likely to be."""
    sound = [turn for turn in turns if not failed_on_form(turn)]
    count = min(WHOLE_TURNS, len(sound))
    while count and sum(_tokens(turn) for turn in sound[len(sound) - count :]) > MOST_HISTORY_TOKENS:
        count -= 1
    whole = sound[len(sound) - count :]
    history = [message for turn in whole for message in _exchange(turn)]
    notes = [line for turn in turns if turn not in whole for line in _lines(turn)][-_MOST_LINES:]
    remark = turns[-1].said if turns and turns[-1] not in whole else ""
    head = "\n".join(["# What was tried before", "", *dict.fromkeys(notes)]) if notes else ""
    added = "\n\n".join(part for part in (head, remark) if part)
    messages = [*first[:-1], replace(first[-1], text=f"{first[-1].text}\n\n{added}" if added else first[-1].text)]
    return [*messages, *history], estimate_tokens(added) + sum(estimate_tokens(message.text) for message in history)


def failed_on_form(turn: TurnRecord) -> bool:
    """Return whether nothing of a reply could be carried out, so that only its form is left to speak of."""
    own = [call for call in turn.calls if call.id]
    return all(call.error_class for call in own)


def _tokens(turn: TurnRecord) -> int:
    return sum(estimate_tokens(message.text) for message in _exchange(turn))


def _exchange(turn: TurnRecord) -> tuple[Message, Message]:
    observations = [f"[{call.tool}] {call.observation[:_MOST_OBSERVATION_CHARACTERS]}" for call in turn.calls]
    answer = "\n\n".join(part for part in (*observations, turn.said) if part)
    return Message(Role.ASSISTANT, turn.text.strip() or "(no text)"), Message(Role.USER, answer)


def _lines(turn: TurnRecord) -> list[str]:
    if not turn.calls:
        return [f"- {_NOTHING}"]
    calls = [call for call in turn.calls if call.tool != "run_tests" or call.id]
    return [f"- {call.tool} {call.path}: {_first_lines(call.observation)}" for call in calls]


def _first_lines(observation: str) -> str:
    return " ".join(observation.partition("```")[0].split())[:300]
