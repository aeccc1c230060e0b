"""One role's conversation: calls of tools until an answer in words; the next model where one cannot be asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.architect.commit_reader import CommitReader, offered_tools
from mtor_action.errors import MtorError
from mtor_action.model.chat import Message, Reply, Role, Tool, ToolCall
from mtor_action.model.provider_failures import ModelError, ModelFailureKind
from mtor_action.stalls.detector import Action, Supervisor
from mtor_action.stalls.turn_events import Signal, Turn
from mtor_action.stalls.watch import WatchStart
from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.implementer.cost.budget import Spending

MOST_CALLS = 6  # of one reply
_TOOLS_FAILED = frozenset({ModelFailureKind.NO_TOOLS, ModelFailureKind.MALFORMED_CALL})
_LAST_TURN = "Answer now, in words, with what you know: no call is carried out any more."
# https://platform.openai.com/docs/api-reference/chat/create: function names are a-z, A-Z, 0-9, _ and -, at most 64
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]+")


class PlanningStopped(MtorError):
    """The conversation ended before it had an answer: the budget, a stall signal, no model left."""


@dataclass(frozen=True, slots=True)
class PlanningMeans:
    """What every role of one planning works with: one commit to read, one budget, one way to the models.

    `ask(model, messages, tools, seconds)` sends one request; `account()` is called after each. `say` is told of turns,
    `signals` collects the stall signals of all roles.
    """

    reader: CommitReader
    spending: Spending
    ask: Callable[[str, Sequence[Message], tuple[Tool, ...], float], Reply]
    account: Callable[[], None]
    say: Callable[[str], None]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class RoleConversation:
    """The messages so far of one role, and the models that it may still ask."""

    models: tuple[str, ...]  # in order of escalation
    messages: list[Message]
    means: PlanningMeans
    _supervisor: Supervisor = field(init=False)
    _tools: tuple[Tool, ...] = field(default_factory=offered_tools, init=False)
    _model: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self._supervisor = Supervisor(self.means.thresholds, WatchStart(), len(self.models))

    def answer(self, message: str, most_turns: int) -> str:
        """Say `message` and return the answer in words. Raises PlanningStopped, ModelError."""
        self.messages.append(Message(Role.USER, message))
        for turn in range(1, most_turns + 1):
            if spent := self.means.spending.exceeded():
                raise PlanningStopped(spent, "raise `budget` in .github/mtor.yml, or ask for less at once")
            is_last = turn == most_turns
            if is_last and turn > 1:
                self.messages.append(Message(Role.USER, _LAST_TURN))
            reply = self._asked(() if is_last else self._tools)
            if reply.tool_calls and not is_last:
                self._carry_out(reply)
            else:
                self.messages.append(Message(Role.ASSISTANT, reply.text or "(nothing)"))
                # An answer ends this role's turns, so that only what leads to one is watched.
                return reply.text
        return ""

    def _asked(self, tools: tuple[Tool, ...]) -> Reply:
        while True:
            model = self.models[self._model]
            self.means.say(f"asking {model}")
            try:
                reply = self.means.ask(model, self.messages, tools, self.means.spending.remaining_seconds)
            except ModelError as error:
                self.means.spending.requests += error.requests
                if error.kind in _TOOLS_FAILED and tools:
                    tools = self._tools = ()
                    continue
                if self._model + 1 == len(self.models):
                    raise
                self.means.say(f"{error.message}; handing over to {self.models[self._model + 1]}")
                self._model += 1
                continue
            self.means.spending.add(reply)
            self.means.spending.turns += 1
            self.means.account()
            return reply

    def _carry_out(self, reply: Reply) -> None:
        self._number += 1
        calls = reply.tool_calls[:MOST_CALLS]
        ids = [f"call_{self._number}_{index}" for index in range(len(calls))]
        sent = tuple(_sendable(call, call_id) for call, call_id in zip(calls, ids, strict=True))
        self.messages.append(Message(Role.ASSISTANT, reply.text, sent, reasoning=reply.reasoning))
        events = [self.means.reader.carry_out(call) for call in calls]
        for event, call_id in zip(events, ids, strict=True):
            self.messages.append(Message(Role.TOOL, event.observation or "(nothing)", tool_call_id=call_id))
        response = self._supervisor.observe(Turn(self._number, reply.text, tuple(events), truncated=reply.truncated))
        if response is None:
            return
        self.means.signals.extend(response.signals)
        self.means.say(f"{response.signals[0].kind}: {response.action.value}")
        if response.action is Action.STOP:
            evidence = "; ".join(signal.evidence for signal in response.signals)
            raise PlanningStopped(f"a stall signal: {evidence}", "say more in the task, or name another model")
        if response.action is Action.ESCALATE:
            self._model = min(self._model + 1, len(self.models) - 1)
        self.messages.append(Message(Role.USER, response.text))


def _sendable(call: ToolCall, call_id: str) -> ToolCall:
    """Return the call as every provider takes it back: an own id, a plain name, arguments that are a JSON object."""
    arguments = parsed_json(call.arguments or "{}")
    text = call.arguments if isinstance(arguments, dict) else json.dumps({"unreadable": call.arguments[:160]})
    return ToolCall(call_id, _NO_NAME.sub("_", call.name)[:64] or "_", text or "{}")
