"""The loop: ask, carry out, look, until green, stopped, or out of budget.

    step = ask → carry out → record → judge

A model is first asked the smallest question, a few times over and each time afresh: what an answer wrote is undone
when the tests stay red. Then it works in a conversation, with tools or in text. Then the next model does.

What a turn is worth is read from the tree and from the tests, never from the model's words or from the clock.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.answered_files.answer_calls import answer_calls
from mtor_action.implementer.conversation.attempts_summary import refused_answers, summary, tried_answers
from mtor_action.implementer.conversation.message_history import messages_of
from mtor_action.implementer.conversation.transcript import CallRecord, Form, TurnRecord, packed
from mtor_action.implementer.prompts.first_messages import Prompt, Task, first_prompt, text_of
from mtor_action.implementer.replies.text_protocol import speaks_protocol
from mtor_action.implementer.source_code.shown_file import ShownFile
from mtor_action.implementer.tools.tool_arguments import FinishArguments, encodable
from mtor_action.implementer.tools.toolbox import offered
from mtor_action.model.provider_failures import ModelError, ModelFailureKind
from mtor_action.stalls.detector import Action, Response
from mtor_action.stalls.turn_events import FinishClaim, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.implementer.conversation.transcript import Transcript
    from mtor_action.implementer.cost.budget import Spending
    from mtor_action.implementer.prompts.asked_questions import AskedQuestions
    from mtor_action.implementer.prompts.question import Question
    from mtor_action.implementer.tools.toolbox import Toolbox
    from mtor_action.model.chat import Message, Reply, Tool, ToolCall
    from mtor_action.stalls.detector import Supervisor
    from mtor_action.tree.changes import FileState
    from mtor_action.workspace.progress import Progress


TOOLS_FAILED = frozenset({ModelFailureKind.NO_TOOLS, ModelFailureKind.MALFORMED_CALL})
MOST_CALLS = 20  # of one reply; without a limit one reply could run the tests a thousand times


class Ended(Enum):
    """The reasons why a loop ends, as values for the report."""

    GREEN = "green"
    GAVE_UP = "the implementer finished with the commands still red"
    DISPUTED = "the implementer disputes a test"
    STALLED = "a stall signal"
    BUDGET = "the budget"
    MODEL = "the model could not be asked"
    UNPROVEN = "the last run did not confirm it"


@dataclass(frozen=True, slots=True)
class LoopEnding:
    """The reason why the loop ended, with its evidence in words; `hint` is the next step if there is a special one."""

    why: Ended
    reason: str = ""
    hint: str = ""


class AskedModel(NamedTuple):
    """One model: its name, whether it is asked in text, and how to ask it.

    `ask` takes messages, tools, the seconds left, a sample, and the most tokens of the reply (0: the model's limit).
    `sample` counts the answers to one question from 0; the ones after the first are drawn at a higher temperature.
    `is_questioned`: it is asked the smallest question before the conversation.
    """

    model: str
    text_protocol: bool
    ask: Callable[[list[Message], tuple[Tool, ...], float, int, int], Reply]
    is_questioned: bool = True


@dataclass(slots=True)
class Loop:
    """One fix.

    `task()` says what there is to do now; `paths` are the job's own files. `proof()` is asked when all commands pass:
    why that is not proof even so, or "". `account(spending)` records what has been spent.
    """

    workers: tuple[AskedModel, ...]  # the models in order of escalation
    task: Callable[[], Task]
    paths: Sequence[str]
    questions: AskedQuestions  # the smallest ones about it
    toolbox: Toolbox  # carries out the calls
    supervisor: Supervisor  # watches for stall signals
    spending: Spending  # counted after every request
    transcript: Transcript  # on disk: every finished turn
    progress: Progress  # told of turns and commands
    proof: Callable[[], str]
    account: Callable[[Spending], None]
    turns: list[TurnRecord] = field(default_factory=list)  # all that are finished, those before a resume included
    context: int = 0  # index of the present model's conversation
    finish: FinishArguments | None = None  # arguments of the last `finish`
    without_tools: set[str] = field(default_factory=set)  # models whose provider refused tools in this run
    _first: Prompt | None = None
    _first_form: Form = Form.TOOLS
    _handover: str = ""
    _doubt: str = ""

    def run(self) -> LoopEnding:
        """Take turn after turn until one ends the loop, and return that ending."""
        while True:
            ending = self.step()
            if ending is not None:
                return ending

    def step(self) -> LoopEnding | None:
        """Take one turn; return the ending, None if the loop goes on."""
        spent = self.spending.exceeded()
        if spent:
            return self._out_of_budget(spent)
        started = time.monotonic()
        question = self._open_question()
        try:
            reply = self._ask(question)
        except ModelError as error:
            return self._unreachable(error)
        before = self.toolbox.snapshot()
        turn = self._carry_out(reply, question, started)
        verdict = self._judge(turn)
        is_green = isinstance(verdict, LoopEnding) and verdict.why is Ended.GREEN
        if turn.form is Form.QUESTION and not is_green:
            results = self.toolbox.results
            turn.is_kept = question is not None and self.questions.keeps(question, before.results, results)
            if not turn.is_kept:
                self.toolbox.put_back(before)
            turn.files = packed(self.toolbox.states())
        self.turns.append(turn)
        self.transcript.add_turn(turn)
        self.account(self.spending)
        return self._follow(verdict)

    # ask

    @property
    def worker(self) -> AskedModel:
        """The model of the present context: the next in line, at last the last."""
        return self.workers[min(self.context, len(self.workers) - 1)]

    @property
    def _own(self) -> list[TurnRecord]:
        """The turns taken in the present context, oldest first."""
        return [turn for turn in self.turns if turn.context == self.context]

    def _open_question(self) -> Question | None:
        """Return the smallest question, as long as this context has asked nothing else and may ask it again."""
        return self.questions.following(self._own) if self.worker.is_questioned else None

    def _form(self) -> Form:
        """Return the form of this context's conversation: text if so set, or once tools failed or text was written."""
        in_text = self.worker.text_protocol or self.worker.model in self.without_tools
        return Form.TEXT if in_text or any(turn.form is Form.TEXT for turn in self._own) else Form.TOOLS

    def _ask(self, question: Question | None) -> Reply:
        worker = self.worker
        own = self._own
        if question is not None:
            same = self.questions.answers_to(question, own)
            first, history, sample = question.prompt(refused_answers(same), self._handover), 0, len(same)
            messages = list(first.messages)
        else:
            first, sample = self._conversation(), 0
            talk = [turn for turn in own if turn.form is not Form.QUESTION]
            messages, history = messages_of(first.messages, talk, text_protocol=self._first_form is Form.TEXT)
        self.progress.say(f"asking {worker.model} (turn {self.spending.turns + 1})")
        tools = () if self._form() is Form.TEXT else offered()
        ended = [turn.output_tokens for turn in own if not turn.truncated]
        most_tokens = question.most_answer_tokens(ended) if question is not None else 0
        reply = worker.ask(messages, tools, self.spending.remaining_seconds, sample, most_tokens)
        self.spending.add(reply)
        self.spending.turns += 1
        for part, tokens in {**first.parts, "history": first.parts["history"] + history}.items():
            self.spending.parts[part] = self.spending.parts.get(part, 0) + tokens
        return reply

    def _conversation(self) -> Prompt:
        """Return the first messages of this context's conversation, opened anew where its form changes."""
        form = self._form()
        if self._first is None or self._first_form is not form:
            answers = tried_answers(self._own)
            nudges = [turn.said for turn in self._own if turn.form is Form.QUESTION and turn.nudged]
            handover = "\n\n".join(part for part in (self._handover, answers, *nudges) if part)
            self._first, self._first_form = self._open_context(form, handover), form
        return self._first

    def _open_context(self, form: Form, handover: str = "") -> Prompt:
        prompt = first_prompt(
            self.task(), self.toolbox.workspace.stored, text_protocol=form is Form.TEXT, handover=handover
        )
        messages = [message.as_json() for message in prompt.messages]
        body = {"context": self.context, "form": form, "messages": messages, "parts": prompt.parts}
        self.transcript.add("context", body)
        return prompt

    def _out_of_budget(self, spent: str) -> LoopEnding:
        reason = "; ".join(part for part in (spent, self._doubt) if part)
        return LoopEnding(Ended.BUDGET, reason, "raise the budget in the spec, or say more in it")

    def _unreachable(self, error: ModelError) -> LoopEnding | None:
        self.spending.requests += error.requests
        spent = self.spending.exceeded()  # the last request may have been cut off because the time was up
        if spent:
            return self._out_of_budget(spent)
        if error.kind in TOOLS_FAILED and self._form() is Form.TOOLS:
            self.progress.say(f"{error.message}; continuing in text")
            self.without_tools.add(self.worker.model)
            return None
        if self.context + 1 < len(self.workers):
            self.progress.say(f"{error.message}; handing over to {self.workers[self.context + 1].model}")
            self._hand_over(f"- the model before could not be asked: {error.message}")
            return None
        return LoopEnding(Ended.MODEL, error.message, error.hint)

    # carry out

    def _calls(self, reply: Reply, question: Question | None) -> tuple[tuple[ToolCall, ...], Form]:
        """Return the calls of a reply, and the form that it used. Text is read where no tool was called."""
        number = self.spending.turns
        if reply.tool_calls:
            return reply.tool_calls, Form.TOOLS
        if question is not None and not speaks_protocol(reply.text):
            calls = question.calls(reply, number)
            return calls, Form.QUESTION if all(call.name in ("edit", "write") for call in calls) else Form.TEXT
        calls = answer_calls(reply, number, self._files(), is_asked=False)
        return calls, Form.TEXT if calls or self._form() is Form.TEXT else Form.TOOLS

    def _files(self) -> dict[str, ShownFile]:
        """Return the files that the implementer may write and whose text it may give back whole."""
        texts = {path: self.toolbox.whole_text(path) for path in self.paths}
        return {path: ShownFile(path, text) for path, text in texts.items() if text is not None}

    def _carry_out(self, reply: Reply, question: Question | None, started: float) -> TurnRecord:
        number = self.spending.turns
        tool_calls, form = self._calls(reply, question)
        calls: list[CallRecord] = []
        untested = False
        for call in tool_calls[:MOST_CALLS]:
            result = self.toolbox.carry_out(call)
            calls.append(CallRecord.of(result.event, call.id))
            untested = (untested or result.event.kind == "edit") and result.event.kind != "test"
            if result.finish is not None:
                self.finish = result.finish
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
            said=f"Only the first {MOST_CALLS} calls of the reply were carried out." if tool_calls[MOST_CALLS:] else "",
            finish=self.finish.model_dump() if self.finish else None,
            parts=dict(self.spending.parts),
            form=form,
        )

    # judge

    def _judge(self, turn: TurnRecord) -> LoopEnding | Response | None:
        """Return how the loop ended, or the response that hands over, or None to go on."""
        self._doubt = ""
        if self.toolbox.is_green and not self.finish_disputes:
            doubt = self.proof()
            if not doubt:
                return LoopEnding(Ended.GREEN)
            self._doubt = f"every command passes, but that is not proof: {doubt}"
            turn.said = "\n\n".join(part for part in (turn.said, f"{self._doubt}.") if part)
        response = self.supervisor.observe(event_of(turn))
        if response is None and self.finish is not None:
            response = self.supervisor.observe(
                FinishClaim(turn.number, built=bool(self.toolbox.changed()), disputes=self.finish_disputes)
            )
            if response is None:
                return self._finished()
        return self._respond(response, turn) if response else None

    @property
    def finish_disputes(self) -> tuple[str, ...]:
        """Return the tests that the model said are wrong."""
        return tuple(self.finish.disputed_tests) if self.finish else ()

    def _finished(self) -> LoopEnding:
        if self.finish_disputes:
            return LoopEnding(
                Ended.DISPUTED,
                "disputed: " + "; ".join(self.finish_disputes),
                "decide whether the test or the code is wrong",
            )
        return LoopEnding(Ended.GAVE_UP, self._doubt or Ended.GAVE_UP.value)

    def _respond(self, response: Response, turn: TurnRecord) -> LoopEnding | Response | None:
        self.finish, turn.nudged = None, True
        self.progress.say(f"{response.signals[0].kind}: {response.action.value}")
        if response.action is Action.NUDGE:
            turn.said = "\n\n".join(part for part in (turn.said, response.text) if part)
            return None
        if response.action is Action.ESCALATE and self.context + 1 < len(self.workers):
            return response
        return LoopEnding(Ended.STALLED, "; ".join(signal.evidence for signal in response.signals))

    def _follow(self, verdict: LoopEnding | Response | None) -> LoopEnding | None:
        """Hand over if that is the verdict: only once the turn is on disk, so that a kill cannot lose it."""
        if isinstance(verdict, Response):
            self._hand_over(verdict.text)
            return None
        return verdict

    def _hand_over(self, evidence: str) -> None:
        self.context += 1
        self._handover = text_of("handover", summary=summary(self.turns), evidence=evidence)
        self._first = None
        self.questions.forget()

    def resume(self, turns: list[TurnRecord], first: Prompt | None, form: Form) -> LoopEnding | None:
        """Take up the turns of a killed run: count them, let the detector see them, go on in their last context."""
        for turn in turns:
            self.spending.requests += turn.requests
            self.spending.input_tokens += turn.input_tokens
            self.spending.output_tokens += turn.output_tokens
            self.spending.usd += turn.usd
            self.spending.estimated |= turn.estimated
        self.turns, self._first, self._first_form = turns, first, form
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
            return LoopEnding(Ended.GREEN) if self.toolbox.is_green and not self.proof() else None
        last.said, self.finish = "", FinishArguments(**last.finish) if last.finish else None
        return self._follow(self._judge(last))

    def _observe_again(self, turn: TurnRecord) -> None:
        response = self.supervisor.observe(event_of(turn))
        if response is None and turn.finish is not None:
            disputes = tuple(FinishArguments(**turn.finish).disputed_tests)
            self.supervisor.observe(FinishClaim(turn.number, built=turn.tree != fingerprint({}), disputes=disputes))


def event_of(turn: TurnRecord) -> Turn:
    """Return the turn as the stall detector sees it."""
    calls, is_answer = tuple(call.event() for call in turn.calls), turn.form is Form.QUESTION
    return Turn(turn.number, turn.text, calls, turn.tree, "", turn.truncated, afresh=is_answer)


def fingerprint(states: Mapping[str, FileState | None]) -> str:
    """Return 16 hex digits for what the implementer has changed; the same for the same tree."""
    digest = hashlib.sha256()
    for path in sorted(states):
        state = states[path]
        content = b"\0" if state is None else hashlib.sha256(state.content).digest() + state.mode.encode()
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + content)
    return digest.hexdigest()[:16]
