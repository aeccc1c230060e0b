"""The loop: ask, carry out, look, until green, stopped, or out of budget.

    step = ask → carry out → record → judge

What a turn is worth is read from the tree and from the tests, never from the model's words or from the clock.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.conversation import messages_of
from mtor_action.implementer.prompt import Prompt, Task, first_prompt, text_of
from mtor_action.implementer.text_protocol import calls_in
from mtor_action.implementer.tool_arguments import Finish as FinishArguments
from mtor_action.implementer.tool_arguments import encodable
from mtor_action.implementer.tools import offered
from mtor_action.implementer.transcript import CallRecord, TurnRecord, packed
from mtor_action.model.failures import ModelError
from mtor_action.stalls.detector import Action, Response
from mtor_action.stalls.events import Finish, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_action.implementer.budget import Spending
    from mtor_action.implementer.tools import Toolbox
    from mtor_action.implementer.transcript import Transcript
    from mtor_action.model.chat import Message, Reply, Tool
    from mtor_action.plan.changes import FileState
    from mtor_action.run.progress import Progress
    from mtor_action.stalls.detector import Supervisor


MOST_CALLS = 20  # of one reply; without a limit one reply could run the tests a thousand times


class Ended(Enum):
    """Why the loop ended."""

    GREEN = "green"
    GAVE_UP = "the implementer finished with the commands still red"
    DISPUTED = "the implementer disputes a test"
    STALLED = "a stall signal"
    BUDGET = "the budget"
    MODEL = "the model could not be asked"
    UNPROVEN = "the last run did not confirm it"


class Ending(NamedTuple):
    """Why the loop ended, with its evidence in words; `hint` is the next step where there is a special one."""

    why: Ended
    reason: str = ""
    hint: str = ""


class Worker(NamedTuple):
    """One model: its name, whether it is asked in text, and how to ask it (messages, tools, seconds left)."""

    model: str
    text_protocol: bool
    ask: Callable[[list[Message], tuple[Tool, ...], float], Reply]


@dataclass(slots=True)
class Loop:
    """One fix.

    `task()` says what there is to do now. `proof()` is asked when all commands pass: why that is no proof all the
    same, or "". `account(spending)` writes down what has been spent.
    """

    workers: tuple[Worker, ...]
    task: Callable[[], Task]
    toolbox: Toolbox
    supervisor: Supervisor
    spending: Spending
    transcript: Transcript
    progress: Progress
    proof: Callable[[], str]
    account: Callable[[Spending], None]
    turns: list[TurnRecord] = field(default_factory=list)
    context: int = 0
    finish: FinishArguments | None = None
    _first: Prompt | None = None
    _doubt: str = ""

    def run(self) -> Ending:
        """Turn after turn until one ends it."""
        while True:
            ending = self.step()
            if ending is not None:
                return ending

    def step(self) -> Ending | None:
        """One turn."""
        spent = self.spending.exceeded()
        if spent:
            return self._out_of_budget(spent)
        started = time.monotonic()
        try:
            reply = self._ask()
        except ModelError as error:
            return self._unreachable(error)
        turn = self._carry_out(reply, started)
        verdict = self._judge(turn)
        self.turns.append(turn)
        self.transcript.add_turn(turn)
        self.account(self.spending)
        return self._follow(verdict)

    # ask

    @property
    def worker(self) -> Worker:
        """Who works now."""
        return self.workers[min(self.context, len(self.workers) - 1)]

    def _ask(self) -> Reply:
        worker = self.worker
        if self._first is None:
            self._first = self._open_context()
        own = [turn for turn in self.turns if turn.context == self.context]
        messages, history = messages_of(self._first.messages, own, text_protocol=worker.text_protocol)
        self.progress.say(f"asking {worker.model} (turn {self.spending.turns + 1})")
        reply = worker.ask(messages, () if worker.text_protocol else offered(), self.spending.remaining_seconds)
        self.spending.add(reply)
        self.spending.turns += 1
        for part, tokens in {**self._first.parts, "history": self._first.parts["history"] + history}.items():
            self.spending.parts[part] = self.spending.parts.get(part, 0) + tokens
        return reply

    def _open_context(self, handover: str = "") -> Prompt:
        prompt = first_prompt(
            self.task(), self.toolbox.workspace.stored, text_protocol=self.worker.text_protocol, handover=handover
        )
        messages = [message.as_json() for message in prompt.messages]
        self.transcript.add("context", {"context": self.context, "messages": messages, "parts": prompt.parts})
        return prompt

    def _out_of_budget(self, spent: str) -> Ending:
        reason = "; ".join(part for part in (spent, self._doubt) if part)
        return Ending(Ended.BUDGET, reason, "raise the budget in the spec, or say more in it")

    def _unreachable(self, error: ModelError) -> Ending | None:
        self.spending.requests += error.requests
        spent = self.spending.exceeded()  # the last request may have been cut off because the time was up
        if spent:
            return self._out_of_budget(spent)
        if self.context + 1 < len(self.workers):
            self.progress.say(f"{error.message}; handing over to {self.workers[self.context + 1].model}")
            self._hand_over(f"- the model before could not be asked: {error.message}")
            return None
        return Ending(Ended.MODEL, error.message, error.hint)

    # carry out

    def _carry_out(self, reply: Reply, started: float) -> TurnRecord:
        number = self.spending.turns
        asked = reply.tool_calls if not self.worker.text_protocol else calls_in(reply.text, number)
        calls: list[CallRecord] = []
        untested = False
        for call in asked[:MOST_CALLS]:
            done = self.toolbox.carry_out(call)
            calls.append(CallRecord.of(done.event, call.id))
            untested = (untested or done.event.kind == "edit") and done.event.kind != "test"
            if done.finish is not None:
                self.finish = done.finish
        if untested:
            calls.append(CallRecord.of(self.toolbox.tested(), ""))
        return TurnRecord(
            number=number,
            context=self.context,
            model=reply.model,
            text=self.toolbox.redact(encodable(reply.text)),
            calls=calls,
            tree=fingerprint(self.toolbox.changed()),
            files=packed(self.toolbox.states()),
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            usd=reply.usd,
            requests=reply.requests,
            estimated=reply.usage_estimated or not reply.price_known,
            truncated=reply.truncated or not (reply.text or reply.tool_calls),
            seconds=time.monotonic() - started,
            spent_seconds=self.spending.seconds,
            reasoning=encodable(reply.reasoning),
            said=f"Only the first {MOST_CALLS} calls of the reply were carried out." if asked[MOST_CALLS:] else "",
            finish=self.finish.model_dump() if self.finish else None,
            parts=dict(self.spending.parts),
        )

    # judge

    def _judge(self, turn: TurnRecord) -> Ending | Response | None:
        """How it ended, or the response that hands over, or None to go on."""
        self._doubt = ""
        if self.toolbox.is_green and not self.finish_disputes:
            doubt = self.proof()
            if not doubt:
                return Ending(Ended.GREEN)
            self._doubt = f"every command passes, but that is no proof: {doubt}"
            turn.said = "\n\n".join(part for part in (turn.said, f"{self._doubt}.") if part)
        response = self.supervisor.observe(event_of(turn))
        if response is None and self.finish is not None:
            response = self.supervisor.observe(
                Finish(turn.number, built=bool(self.toolbox.changed()), disputes=self.finish_disputes)
            )
            if response is None:
                return self._finished()
        return self._respond(response, turn) if response else None

    @property
    def finish_disputes(self) -> tuple[str, ...]:
        """Tests that the model said are wrong."""
        return tuple(self.finish.disputed_tests) if self.finish else ()

    def _finished(self) -> Ending:
        if self.finish_disputes:
            return Ending(
                Ended.DISPUTED,
                "disputed: " + "; ".join(self.finish_disputes),
                "decide whether the test or the code is wrong",
            )
        return Ending(Ended.GAVE_UP, self._doubt or Ended.GAVE_UP.value)

    def _respond(self, response: Response, turn: TurnRecord) -> Ending | Response | None:
        self.finish = None
        self.progress.say(f"{response.signals[0].kind}: {response.action.value}")
        if response.action is Action.NUDGE:
            turn.said = "\n\n".join(part for part in (turn.said, response.text) if part)
            return None
        if response.action is Action.ESCALATE and self.context + 1 < len(self.workers):
            return response
        return Ending(Ended.STALLED, "; ".join(signal.evidence for signal in response.signals))

    def _follow(self, verdict: Ending | Response | None) -> Ending | None:
        """Hand over if that is the verdict: once the turn is on disk, since a kill in between must not lose it."""
        if isinstance(verdict, Response):
            self._hand_over(verdict.text)
            return None
        return verdict

    def _hand_over(self, evidence: str) -> None:
        self.context += 1
        self._first = self._open_context(text_of("handover", summary=summary(self.turns), evidence=evidence))

    def resume(self, turns: list[TurnRecord], first: Prompt) -> Ending | None:
        """Take up the turns of a killed run: count them, let the detector see them, go on in their last context."""
        for turn in turns:
            self.spending.requests += turn.requests
            self.spending.input_tokens += turn.input_tokens
            self.spending.output_tokens += turn.output_tokens
            self.spending.usd += turn.usd
            self.spending.estimated |= turn.estimated
        self.turns, self._first = turns, first
        self.spending.turns = len(turns)
        self.toolbox.tested()
        if not turns:
            return None
        last = turns[-1]
        self.spending.spent_seconds, self.spending.parts = last.spent_seconds, dict(last.parts)
        # What the last turn called for may not have been done any more, unless the next model has taken over.
        is_open = last.context == self.context
        for turn in turns[:-1] if is_open else turns:
            self._observe_again(turn)
        if not is_open:
            return Ending(Ended.GREEN) if self.toolbox.is_green and not self.proof() else None
        last.said, self.finish = "", FinishArguments(**last.finish) if last.finish else None
        return self._follow(self._judge(last))

    def _observe_again(self, turn: TurnRecord) -> None:
        response = self.supervisor.observe(event_of(turn))
        if response is None and turn.finish is not None:
            disputes = tuple(FinishArguments(**turn.finish).disputed_tests)
            self.supervisor.observe(Finish(turn.number, built=turn.tree != fingerprint({}), disputes=disputes))


def event_of(turn: TurnRecord) -> Turn:
    """The turn as the stall detector sees it."""
    return Turn(turn.number, turn.text, tuple(call.event() for call in turn.calls), turn.tree, "", turn.truncated)


def fingerprint(states: Mapping[str, FileState | None]) -> str:
    """16 hex digits for what the implementer has changed; the same for the same tree."""
    digest = hashlib.sha256()
    for path in sorted(states):
        state = states[path]
        content = b"\0" if state is None else hashlib.sha256(state.content).digest() + state.mode.encode()
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + content)
    return digest.hexdigest()[:16]


def summary(turns: list[TurnRecord]) -> str:
    """What was tried, a line a turn, bounded."""
    lines = [f"- turn {turn.number}: {_tried(turn)}" for turn in turns[-20:]]
    return "\n".join(lines) or "- nothing yet"


def _tried(turn: TurnRecord) -> str:
    if not turn.calls:
        return f"only text: {turn.text[:120]!r}"
    return "; ".join(f"{call.tool} {call.path}: {call.observation.splitlines()[0][:100]}" if call.observation
                     else call.tool for call in turn.calls[:6])  # fmt: skip
