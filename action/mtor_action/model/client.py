"""One conversation turn with a model: retried if that can help, bounded in time, counted, priced."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mtor_action.model import pricing
from mtor_action.model.chat import Reply, ToolCall
from mtor_action.model.deadline import call_within
from mtor_action.model.failures import Failure, Kind, ModelError, UnusableReply, read_failure
from mtor_action.model.keys import provider_of, usable_key
from mtor_action.model.loading import litellm_module
from mtor_action.model.redaction import Redactor
from mtor_action.model.retrying import Clock, GiveUp, decide
from mtor_action.model.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.model.chat import Message, Tool

DEFAULT_TIMEOUT_SECONDS = 300.0
DEFAULT_REMAINING_SECONDS = 30 * 60.0
# The socket's own timeout should win, since it closes the connection.
GRACE_SECONDS = 0.25
# They refuse a conversation whose assistant messages lost their reasoning:
# https://api-docs.deepseek.com/guides/thinking_mode
WANT_REASONING_BACK = frozenset({"deepseek", "moonshot"})


@dataclass(frozen=True, slots=True)
class ModelClient:
    """A model by its litellm name; address and key come from the environment unless given.

    `seed` draws another answer to the same question where the provider knows seeds; others ignore it.

    `timeout_seconds` bounds one request from its start to the last byte of the answer.
    """

    model: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    max_output_tokens: int = 8192
    temperature: float = 0.0
    seed: int | None = None
    clock: Clock = field(default_factory=Clock, repr=False)

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
        tries = 0
        while True:
            left_seconds = deadline - self.clock.monotonic()
            if left_seconds <= 0:
                note = "the run has no time left"
                raise ModelError(self.model, Failure(Kind.TIMEOUT), requests=tries, note=note)
            tries += 1
            try:
                response = self._request(arguments, min(self.timeout_seconds, left_seconds))
                return replace(self._reply(response, messages, tools), requests=tries)
            except Exception as error:  # noqa: BLE001 - litellm raises whatever its providers do; a table reads it
                self._wait_or_raise(error, tries, deadline)

    def _arguments(self, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
        provider = provider_of(self.model)
        with_reasoning = provider in WANT_REASONING_BACK
        arguments: dict[str, Any] = {
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

    def _request(self, arguments: dict[str, Any], timeout_seconds: float) -> Any:
        import warnings

        completion = litellm_module().completion
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, about fields of a provider that litellm does not know
            return call_within(
                timeout_seconds + GRACE_SECONDS,
                lambda: completion(**arguments, timeout=timeout_seconds),
            )

    def _wait_or_raise(self, error: Exception, tries: int, deadline: float) -> None:
        failure = read_failure(error, self._redact)
        decision = decide(
            failure,
            tries=tries,
            remaining_seconds=deadline - self.clock.monotonic(),
            now=self.clock.wall(),
        )
        if isinstance(decision, GiveUp):
            # Without a cause: litellm's exceptions hold the whole request, key and prompt included.
            raise ModelError(self.model, failure, requests=tries, note=decision.reason) from None
        self.clock.sleep(decision.wait_seconds)

    def _redact(self, text: str) -> str:
        import os

        return Redactor(os.environ, extra=[self.api_key or ""]).redact(text)

    def _reply(self, response: Any, messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        if not getattr(response, "choices", None):
            raise UnusableReply("the answer has no choices")
        choice = response.choices[0]
        reply = Reply(
            text=choice.message.content or "",
            tool_calls=_tool_calls(choice.message),
            finish_reason=choice.finish_reason or "",
            truncated=choice.finish_reason == "length",
            input_tokens=_count(response, "prompt_tokens"),
            output_tokens=_count(response, "completion_tokens"),
            usd=0.0,
            usage_estimated=False,
            model=self.model,
            reasoning=getattr(choice.message, "reasoning_content", None) or "",
        )
        if reply.input_tokens == 0 or (reply.output_tokens == 0 and (reply.text or reply.tool_calls)):
            return self._estimated(reply, messages, tools)
        price = pricing.price_of_reply(self.model, response)
        return replace(reply, usd=price.usd, price_known=price.known)

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


def _without_retries(provider: str) -> dict[str, Any]:
    off: dict[str, Any] = {"num_retries": 0, "max_retries": 0}
    if provider in litellm_module().openai_compatible_providers:
        # Where litellm does not list the parameter for a provider it drops it, and the OpenAI client then
        # retries twice by itself (zai, deepinfra, nvidia_nim). Other providers would be sent it.
        off["allowed_openai_params"] = ["max_retries"]
    # With tools litellm otherwise imports a gateway that needs the package `mcp`.
    off["_skip_mcp_handler"] = True
    return off


def _tool_calls(message: Any) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call.id or f"call_{index}", call.function.name or "", call.function.arguments or "")
        for index, call in enumerate(message.tool_calls or ())
    )


def _count(response: Any, name: str) -> int:
    # A negative count would give budget back.
    return max(0, int(getattr(getattr(response, "usage", None), name, 0) or 0))
