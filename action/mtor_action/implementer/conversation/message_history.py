"""The messages so far, made anew for each request, so that they never grow without bound.

Of a conversation with tools the last turns are kept as they were, up to a limit a turn. Of older ones the observation
and the text are folded to their first line, and the body of an edit is dropped: what it did is in the tree. What is
still too long loses its oldest turns. Every call is answered once, under an id and a name that every provider takes.
A conversation in text is in text_history.py.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mtor_action.implementer.conversation.text_history import text_messages
from mtor_action.model.chat import Message, Role, ToolCall
from mtor_action.model.token_counts import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.implementer.conversation.transcript import CallRecord, TurnRecord

WHOLE_TURNS = 3
MOST_HISTORY_TOKENS = 24_000
_TURN_CHARACTERS = 32_000
_FOLDED_CHARACTERS = 160
_FOLDED_ARGUMENTS_CHARACTERS = 600
# https://platform.openai.com/docs/api-reference/chat/create: function names are a-z, A-Z, 0-9, _ and -, at most 64
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]+")


def messages_of(
    first: Sequence[Message], turns: Sequence[TurnRecord], *, text_protocol: bool
) -> tuple[list[Message], int]:
    """Return the conversation of one context, and the tokens that its history is likely to be."""
    if text_protocol:
        return text_messages(first, turns)
    by_turn: list[list[Message]] = []
    sizes: list[int] = []
    for whole in range(WHOLE_TURNS, 0, -1):
        border = len(turns) - whole
        by_turn = [list(_with_calls(turn, is_folded=index < border)) for index, turn in enumerate(turns)]
        sizes = [sum(map(_tokens, messages)) for messages in by_turn]
        if sum(sizes) <= MOST_HISTORY_TOKENS:
            break
    left_out = 0
    while left_out < len(turns) - 1 and sum(sizes[left_out:]) > MOST_HISTORY_TOKENS:
        left_out += 1
    note = [Message(Role.USER, f"The first {left_out} turns are left out here.")] if left_out else []
    history = [message for messages in by_turn[left_out:] for message in messages]
    return [*first, *note, *history], sum(sizes[left_out:])


def _tokens(message: Message) -> int:
    return estimate_tokens(str(message.as_json()))


def _with_calls(turn: TurnRecord, *, is_folded: bool) -> Iterable[Message]:
    observed = _observed(turn, is_folded=is_folded)
    theirs = [(call, text, _unique(call.id, turn, at)) for at, (call, text) in enumerate(observed) if call.id]
    room = 0 if is_folded else _TURN_CHARACTERS // max(1, len(theirs))
    tool_calls = tuple(
        ToolCall(call_id, _NO_NAME.sub("_", call.tool)[:64] or "_", _arguments(call.arguments, room))
        for call, _, call_id in theirs
    )
    text = "" if tool_calls and not turn.text.strip() else _text(turn, is_folded=is_folded)
    # Providers that want the reasoning back want it of every turn; its first line is enough for an old one.
    reasoning = _folded(turn.reasoning) if is_folded else turn.reasoning[:_TURN_CHARACTERS]
    yield Message(Role.ASSISTANT, text, tool_calls, reasoning=reasoning)
    for _, observation, call_id in theirs:
        yield Message(Role.TOOL, observation, tool_call_id=call_id)
    user_text = "\n\n".join([*(text for call, text in observed if not call.id), turn.said]).strip()
    if user_text or not tool_calls:
        yield Message(Role.USER, user_text or "No tool was called. Call one, or finish.")


def _unique(call_id: str, turn: TurnRecord, at: int) -> str:
    """Return the provider's id, unless the provider gives the same one twice in a reply."""
    same = sum(call.id == call_id for call in turn.calls)
    return call_id if same == 1 else f"call_{turn.number}_{at}"


def _observed(turn: TurnRecord, *, is_folded: bool) -> list[tuple[CallRecord, str]]:
    if is_folded:
        return [(call, _folded(call.observation)) for call in turn.calls]
    left, observed = _TURN_CHARACTERS, []
    for number, call in enumerate(turn.calls):
        room = left // (len(turn.calls) - number)
        text = call.observation
        cut = text if len(text) <= room else f"{text[:room]}\n[cut: {len(text)} characters; ask for less at once]"
        left -= min(len(text), room)
        observed.append((call, cut))
    return observed


def _text(turn: TurnRecord, *, is_folded: bool) -> str:
    return (_folded(turn.text) if is_folded else turn.text[:_TURN_CHARACTERS]).strip() or "(no text)"


def _folded(text: str) -> str:
    first = text.split("\n", 1)[0][:_FOLDED_CHARACTERS]
    return text if len(text) <= _FOLDED_CHARACTERS else f"{first} [folded: {len(text)} characters; ask again if needed]"


def _arguments(arguments: str, room: int) -> str:
    """Return the arguments as a JSON object; with long texts dropped if they are longer than `room`."""
    # A provider refuses the whole conversation for one call whose arguments are not JSON.
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return json.dumps({"unreadable": arguments[:_FOLDED_CHARACTERS]})
    if not isinstance(parsed, dict):
        return json.dumps({"unreadable": arguments[:_FOLDED_CHARACTERS]})
    if len(arguments) <= room:
        return arguments
    shortened = {
        key: "[folded]" if isinstance(value, str) and len(value) > _FOLDED_CHARACTERS else value
        for key, value in parsed.items()
    }
    folded = json.dumps(shortened)
    return folded if len(folded) <= _FOLDED_ARGUMENTS_CHARACTERS else "{}"
