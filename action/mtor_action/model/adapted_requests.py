"""A refused request, changed so that the provider may take it: a smaller answer, or a parameter left out.

What was learned from a refusal holds for every later request of the same client.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.model.provider_failures import ModelFailure, ModelFailureKind
from mtor_action.model.token_counts import estimate_tokens

if TYPE_CHECKING:
    from mtor_action.untyped import JsonObject

MOST_ADAPTATIONS = 4
SMALLEST_OUTPUT_TOKENS = 256
_MARGIN = 1.1  # estimates of a prompt's tokens come out low
LIMITS = ("max_completion_tokens", "max_tokens")
# What may be left out without asking for something else, in the order in which it is looked for.
OPTIONAL = ("temperature", "seed", *LIMITS)
ADAPTABLE = frozenset(
    {
        ModelFailureKind.BAD_REQUEST,
        ModelFailureKind.UNSUPPORTED,
        ModelFailureKind.CONTEXT_TOO_LONG,
        ModelFailureKind.REQUEST_TOO_LARGE,
        ModelFailureKind.NO_CREDIT,
    }
)
_NUMBER = r"(\d[\d,_]*)"
_NAME = r"[`'\"]?max_(?:completion_|new_|output_)?tokens[`'\"]?"
_AT_MOST = (
    r"(?:<=|less than(?: or equal to)?|no more than|at most|(?:not|cannot) exceed|up to|maximum(?: \w+)? (?:is|of))"
)
_RANGE = rf"(?:range of {_NAME} (?:should be|is)|{_NAME} (?:should|must) be (?:in|between))"
# The most that an answer may have.
_OUTPUT = re.compile(
    "|".join(
        (
            rf"at most {_NUMBER} (?:completion|output) tokens",  # OpenAI
            rf"{_NAME}:? \d[\d,]* > {_NUMBER}",  # Anthropic
            rf"{_NAME}[^.]{{0,60}}{_AT_MOST} ?[`'\"]?{_NUMBER}",
            rf"{_RANGE}[^\[\d]*[\[(]? ?\d+ ?(?:,|and|-|to) ?{_NUMBER}",  # Qwen, DeepSeek
            rf"can only afford {_NUMBER}",  # OpenRouter
            rf"(?:maximum|max)(?: number of)? (?:output|completion) tokens[^\d.]{{0,40}}{_NUMBER}",
        )
    )
)
# The most that prompt and answer may have together.
_TOTAL = re.compile(
    "|".join(
        (
            rf"tokens`? ?\+ ?{_NAME} must be ?(?:<=|<|at most|less than) ?{_NUMBER}",  # TGI, Together
            rf"exceed context limit: \d+ \+ \d+ > {_NUMBER}",  # Anthropic
            rf"maximum context (?:length|limit)(?: is| of|:)? ?{_NUMBER}",  # OpenAI, vLLM, OpenRouter, Mistral
            rf"\btpm\)?: limit {_NUMBER}",  # OpenAI, Groq
            # llama.cpp, LM Studio
            rf"(?:context (?:window|length|size)|n_ctx)(?: of(?: only)?| is| limit|:| =|=| \()[^\d.]{{0,12}}{_NUMBER}",
        )
    )
)
# The prompt's own share, as the provider counted it.
_PROMPT = re.compile(
    "|".join(
        (
            rf"{_NUMBER} (?:in (?:the|your) (?:messages|prompt)|input tokens|of text input|`inputs` tokens)",
            rf"context limit: {_NUMBER} \+",
            rf"request \({_NUMBER} tokens\)|first {_NUMBER} tokens",  # llama.cpp, LM Studio
            rf"(?:messages|prompt) (?:resulted in|contains?(?: at least)?|has|have) {_NUMBER}",
        )
    )
)
_REQUESTED = re.compile(rf"requested:? (?:about )?{_NUMBER}(?: tokens)?")


@dataclass(slots=True)
class Adaptations:
    """The limits of a model's requests: parameters left out, and the most tokens that it may be asked to write."""

    without: set[str] = field(default_factory=set)
    most_output_tokens: int | None = None
    uses_completion_limit: bool = False
    count: int = 0

    def apply(self, arguments: JsonObject) -> JsonObject:
        """Return a request's arguments as the provider takes them."""
        adapted = {name: value for name, value in arguments.items() if name not in self.without}
        if self.uses_completion_limit and "max_tokens" in adapted:
            adapted["max_completion_tokens"] = adapted.pop("max_tokens")
        for name in LIMITS:
            if name in adapted and self.most_output_tokens is not None:
                adapted[name] = min(adapted[name], self.most_output_tokens)
        return adapted

    def learn(self, failure: ModelFailure, sent: JsonObject) -> bool:
        """Take from a refusal of the arguments `sent` what to do without; whether there is anything to try."""
        if failure.kind not in ADAPTABLE or self.count >= MOST_ADAPTATIONS:
            return False
        learned = self._learn_limit(failure, sent) or self._learn_name(failure, sent)
        self.count += learned
        return learned

    def _learn_limit(self, failure: ModelFailure, sent: JsonObject) -> bool:
        limit = next((int(sent[name]) for name in LIMITS if name in sent), None)
        most = output_tokens_allowed(failure.evidence, sent, limit) if limit is not None else None
        if most is None or limit is None or not SMALLEST_OUTPUT_TOKENS <= most < limit:
            return False
        self.most_output_tokens = most
        return True

    def _learn_name(self, failure: ModelFailure, sent: JsonObject) -> bool:
        if failure.kind not in {ModelFailureKind.BAD_REQUEST, ModelFailureKind.UNSUPPORTED}:
            return False
        if "max_tokens" in sent and re.search(r"use ['\"`]?max_completion_tokens", failure.evidence):
            self.uses_completion_limit = True
            return True
        name = next((name for name in OPTIONAL if name in sent and _speaks_of(name, failure.evidence)), None)
        if name is None:
            return False
        self.without.update({"max_tokens"} if name in LIMITS else {name})
        return True


def output_tokens_allowed(evidence: str, sent: JsonObject, limit: int | None) -> int | None:
    """Return the most tokens that an answer may have, as a refusal in lower case says it; None if it does not."""
    total, most = _first(_TOTAL, evidence), _first(_OUTPUT, evidence)
    if total is not None:
        room = total - _prompt_tokens(evidence, sent, limit or 0)
        return room if most is None or most == total else min(room, most)
    return most


def _prompt_tokens(evidence: str, sent: JsonObject, limit: int) -> int:
    counted, requested = _first(_PROMPT, evidence), _first(_REQUESTED, evidence)
    if counted is not None:
        return counted + 1
    if requested is not None and requested > limit:
        return requested - limit
    texts = json.dumps([sent.get("messages"), sent.get("tools")], ensure_ascii=False)
    return int(estimate_tokens(texts) * _MARGIN)


def _first(pattern: re.Pattern[str], evidence: str) -> int | None:
    match = pattern.search(evidence)
    digits = next((group for group in match.groups() if group), "") if match else ""
    return int(re.sub(r"\D", "", digits)) if digits else None


def _speaks_of(name: str, evidence: str) -> bool:
    return re.search(rf"(?<![\w-]){name}(?![\w-])", evidence) is not None
