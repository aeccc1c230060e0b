"""One conversation turn with a model: retried if that can help, bounded in time, counted, priced."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mtor_action.model import pricing
from mtor_action.model.adapted_requests import Adaptations
from mtor_action.model.deadline import call_within
from mtor_action.model.keys import provider_of, usable_key
from mtor_action.model.loading import litellm_module
from mtor_action.model.provider_answers import Listener, first_choice, read_answer
from mtor_action.model.provider_failures import ModelError, ModelFailure, ModelFailureKind
from mtor_action.model.provider_replies import reply_from_answer, reply_from_litellm
from mtor_action.model.provider_retrying import decide
from mtor_action.model.reading_failures import came_with_status, read_failure
from mtor_action.model.roles import DEFAULT_MAX_OUTPUT_TOKENS
from mtor_action.model.token_counts import estimate_tokens
from mtor_action.redaction.redactor import Redactor
from mtor_action.retrying import Clock, GiveUp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.model.chat import Message, Reply, Tool
    from mtor_action.untyped import JsonObject

DEFAULT_TIMEOUT_SECONDS = 300.0
DEFAULT_REMAINING_SECONDS = 30 * 60.0
# The socket's own timeout should win, since it closes the connection.
GRACE_SECONDS = 0.25
TEMPERATURE_OF_ANOTHER_TRY = 0.7
WAIT_WORTH_A_WORD_SECONDS = 10.0
# They refuse a conversation whose assistant messages lost their reasoning:
# https://api-docs.deepseek.com/guides/thinking_mode
WANT_REASONING_BACK = frozenset({"deepseek", "moonshot"})


def _say_nothing(_: str) -> None:
    """Ignore the news of a wait: the default where nobody listens."""


class _Failed(Exception):
    def __init__(self, failure: ModelFailure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class ModelClient:
    """A model by its litellm name; address and key come from the environment unless given.

    `seed` draws another answer to the same question where the provider knows seeds; others ignore it.

    `timeout_seconds` bounds one request from its start to the last byte of the answer. A server of one's own, at
    `api_base`, may be slow and still be at work on what it was asked: each try after a timeout has twice as long.
    `say` is told of long waits.
    `adaptations` is what the provider has refused so far; copies made with `replace` share it.
    """

    model: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    max_output_tokens: int = DEFAULT_MAX_OUTPUT_TOKENS
    temperature: float = 0.0
    seed: int | None = None
    clock: Clock = field(default_factory=Clock, repr=False)
    say: Callable[[str], object] = field(default=_say_nothing, repr=False)
    adaptations: Adaptations = field(default_factory=Adaptations, repr=False, compare=False)

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        remaining_seconds: float = DEFAULT_REMAINING_SECONDS,
    ) -> Reply:
        """Ask for the next assistant message.

        No request and no wait goes beyond `remaining_seconds`, what the run has left. Raises ModelError when
        the model cannot be reached, refuses or answers rubbish; MtorError if litellm is not installed.
        """
        arguments = self._arguments(messages, tools)
        deadline = self.clock.monotonic() + remaining_seconds
        tries = failed = 0
        most_seconds = self.timeout_seconds
        while True:
            left_seconds = deadline - self.clock.monotonic()
            if left_seconds <= 0:
                note = "the run has no time left"
                raise ModelError(self.model, ModelFailure(ModelFailureKind.TIMEOUT), requests=tries, note=note)
            tries += 1
            sent = self.adaptations.apply(arguments)
            try:
                reply = self._reply(sent, min(most_seconds, left_seconds), messages, tools)
                return replace(reply, requests=tries)
            except _Failed as error:
                failure = error.failure
            if self.adaptations.learn(failure, sent):
                continue
            failed += 1
            self._wait_or_raise(failure, failed, tries, deadline)
            if failure.kind is ModelFailureKind.TIMEOUT and failure.status is None and self.api_base:
                left_seconds = deadline - self.clock.monotonic()
                next_seconds = min(2 * most_seconds, left_seconds)
                self.say(f"{self.model}: no answer in {most_seconds:g} s; the next try may take {next_seconds:g} s")
                most_seconds *= 2
            if failure.row.is_sampled and "temperature" in arguments:
                arguments["temperature"] = max(self.temperature, TEMPERATURE_OF_ANOTHER_TRY)

    def _arguments(self, messages: Sequence[Message], tools: Sequence[Tool]) -> JsonObject:
        provider = provider_of(self.model)
        with_reasoning = provider in WANT_REASONING_BACK
        arguments: JsonObject = {
            "model": self.model,
            "messages": [message.as_json(with_reasoning=with_reasoning) for message in messages],
            "api_base": self.api_base,
            "api_key": usable_key(self.model, self.api_base, self.api_key),
            "temperature": self.temperature,
            "max_tokens": self._output_limit(),
            "stream": False,
            **({} if self.seed is None else {"seed": self.seed}),
            **_without_retries(provider),
        }
        if tools:
            arguments["tools"] = [tool.as_json() for tool in tools]
        return arguments

    def _output_limit(self) -> int:
        listed = pricing.entry(self.model).get("max_output_tokens")
        return min(self.max_output_tokens, listed) if isinstance(listed, int) else self.max_output_tokens

    def _reply(
        self, sent: JsonObject, timeout_seconds: float, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> Reply:
        """Make one request and return its answer. Raises _Failed."""
        listener = Listener()
        failed: Exception | None = None
        response: Any = None
        try:
            response = self._request(sent, timeout_seconds, listener)
        except Exception as error:  # noqa: BLE001 - litellm raises whatever its providers do; a table reads it
            failed = error
            listener.hear_error(error)
        if failed is not None and came_with_status(failed):
            raise _Failed(self._failure(failed))
        try:
            answer = read_answer(listener.body) if listener.body else None
            if failed is None:
                return self._counted(reply_from_litellm(self.model, response, answer), messages, tools)
            if answer is not None and first_choice(answer) is not None:
                return self._counted(reply_from_answer(self.model, answer), messages, tools)
        except Exception as error:  # noqa: BLE001 - as above
            failed = error
        # Without a cause: litellm's exceptions hold the whole request, key and prompt included.
        raise _Failed(self._failure(failed, listener.body))

    def _failure(self, error: BaseException, body: str = "") -> ModelFailure:
        return read_failure(error, self._redact, body, self.clock.wall())

    def _request(self, sent: JsonObject, timeout_seconds: float, listener: Listener) -> Any:
        import warnings

        completion = litellm_module().completion
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, about fields of a provider that litellm does not know
            return call_within(
                timeout_seconds + GRACE_SECONDS,
                lambda: completion(**sent, timeout=timeout_seconds, logger_fn=listener.hear),
            )

    def _wait_or_raise(self, failure: ModelFailure, failed: int, tries: int, deadline: float) -> None:
        decision = decide(failure, tries=failed, remaining_seconds=deadline - self.clock.monotonic())
        if isinstance(decision, GiveUp):
            raise ModelError(self.model, failure, requests=tries, note=decision.reason) from None
        if decision.wait_seconds >= WAIT_WORTH_A_WORD_SECONDS:
            self.say(f"{self.model}: {failure.row.sentence}; asking again in {decision.wait_seconds:.0f} s")
        if decision.wait_seconds:
            self.clock.sleep(decision.wait_seconds)

    def _redact(self, text: str) -> str:
        import os

        return Redactor(os.environ, extra=[self.api_key or ""]).redact(text)

    def _counted(self, reply: Reply, messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        if reply.input_tokens == 0 or (reply.output_tokens == 0 and (reply.text or reply.tool_calls)):
            return self._estimated(reply, messages, tools)
        return reply

    def _estimated(self, reply: Reply, messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        # litellm reports usage that never came as zeros; no real prompt has zero tokens.
        parts: list[Message | Tool] = [*messages, *tools]
        sent = sum(estimate_tokens(str(part.as_json())) for part in parts)
        received = estimate_tokens(
            reply.text + reply.reasoning + "".join(call.name + call.arguments for call in reply.tool_calls)
        )
        price = pricing.price_of_tokens(self.model, sent, received)
        return replace(
            reply,
            input_tokens=sent,
            output_tokens=received,
            usd=price.usd,
            price_known=price.known,
            usage_estimated=True,
        )


def _without_retries(provider: str) -> JsonObject:
    off: JsonObject = {"num_retries": 0, "max_retries": 0}
    if provider in litellm_module().openai_compatible_providers:
        # Where litellm does not list the parameter for a provider it drops it, and the OpenAI client then
        # retries twice by itself (zai, deepinfra, nvidia_nim). Other providers would be sent it.
        off["allowed_openai_params"] = ["max_retries"]
    # With tools litellm otherwise imports a gateway that needs the package `mcp`.
    off["_skip_mcp_handler"] = True
    return off
