"""The words of providers' refusals, and what they mean: a table of patterns, of which the first match counts.

The patterns are looked for in lower case. Sources: the providers' pages on errors, and their messages as users reported
them. A new wording is one line here and one in tests/model/provider_answers.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from mtor_action.model.provider_failures import ModelFailureKind

# The sampled text is at fault. Looked for whatever the status: Ollama answers 500.
_CALLS = (
    r"tool_use_failed|failed to call a function",  # Groq: https://console.groq.com/docs/tool-use
    r"tool call validation failed|output_parse_failed|failed_generation",  # Groq
    r"error parsing tool call",  # Ollama
    r"malformed_function_call|malformed function call",  # Gemini
    r"(?:parse|parsing|decode) (?:the )?(?:tool|function)[ _]calls?\b",  # llama.cpp, vLLM, LM Studio
    r"(?:invalid|malformed) (?:tool|function)[ _]calls? (?:arguments|json|generated)",
)
_TOOLS = r"['\"`\[]*(?:tools?\b|tool[_ ]|functions?\b|function[_ ])"
_TOOLS_ARE = r"\b(?:tools?|tool[_ ](?:use|choice|calls?|calling)|functions?|function[_ ]call(?:s|ing)?)['\"`]?"
_NO_TOOLS = (
    r"no endpoints found that (?:support tool use|can handle the requested param)",  # OpenRouter
    r"tool choice requires --enable-auto-tool-choice|--tool-call-parser",  # vLLM
    r"requires? --jinja|tools param requires",  # llama.cpp
    r"(?:not|n't) (?:currently |yet )?support(?:ed|ing)? (?:the |this |parameters?:? |native )*" + _TOOLS,
    r"unsupported (?:parameters?|fields?|arguments?)?:? *['\"`]?(?:tools|tool_choice|functions)\b",
    _TOOLS_ARE + r" (?:parameter )?(?:is|are) (?:currently )?(?:not |un)(?:supported|available|enabled|allowed)",
)
_TOO_LARGE = (
    r"request too large\b.*(?:tokens per min|\btpm\b)",  # OpenAI, Groq
    r"(?:tokens per min|\btpm\b).*request too large",
    r"would exceed the (?:rate )?limit .*tokens per minute",
)
_CONTEXT = (
    r"context_length_exceeded|context length exceeded|context_window_exceeded|context window exceeded",
    r"maximum context length|maximum context limit",  # OpenAI, vLLM, OpenRouter, DeepSeek, Mistral
    r"exceeds? the context window|context window (?:exceeds|is full)|exceed(?:s|ed)? (?:the )?context (?:limit|length)",
    r"prompt is too long|prompt_too_long|prompt exceeds max",  # Anthropic, Z.AI
    r"input (?:is|was) too long|inputs? (?:is|are) longer than|too many input tokens",  # Bedrock, Cohere
    r"input token count\b.*(?:exceeds|only supports)",  # Gemini
    r"maximum (?:prompt|input) length|maximum allowed (?:input|prompt) length",  # xAI, Poolside
    r"exceeds the available context size|exceed_context_size",  # llama.cpp
    r"exceeded model token limit|model token limit",  # Moonshot
    r"range of input length",  # Qwen: https://www.alibabacloud.com/help/en/model-studio/error-code
    r"prompt token count of \d+ exceeds|token count exceeds|tokens? exceeds? the limit of",  # GitHub Copilot
    r"greater than the context length|longer than the model's context|context length of only",  # LM Studio
    r"current length is \d+ while limit is",  # Cerebras
    r"too large for model with",  # Mistral
    r"tokens \+ `?max_(?:new_)?tokens`? must be|input length and `?max_tokens",  # TGI, Together, Anthropic
    r"reduce the length of the (?:messages|prompt|input)",  # Groq
    r"too many tokens\b.*(?:prompt|model|input|limit)",  # Cohere
    r"input tokens exceed|token limit exceeded|exceeds (?:the )?token limit|string_above_max_length",  # OpenAI
    r"(?:上下文|输入|prompt).{0,12}(?:超出|超过|过长)",  # Z.AI, Qwen, Baidu
)
_CREDIT = (
    r"insufficient[_ ](?:quota|balance|credit|funds)|余额不足|欠费",
    r"credit balance is too low|requires more credits|out of credits|billing_hard_limit",
    r"payment required|billing is not active",
)
_FILTER = (
    r"content_policy_violation|content_filter|content management policy|responsibleaipolicyviolation",
    r"data_inspection_failed|flagged (?:as|by|for)|sensitive content|content exists risk",  # Qwen, Moonshot, DeepSeek
    r"\bblocked by\b.*(?:safety|polic)|prohibited_content",  # Gemini
)
_ACCESS = (r"data policy|no allowed providers|moderation requires",)  # OpenRouter, with 404
_MODEL = (
    r"model_not_found|model not exist|unknown model|llm provider not provided|not a valid model id",
    r"model ['\"`]?[^ ]+['\"`]? (?:not found|does not exist)|no such model|模型不存在",
)

REFUSALS: Mapping[ModelFailureKind, re.Pattern[str]] = {
    kind: re.compile("|".join(patterns), re.DOTALL)
    for kind, patterns in {
        ModelFailureKind.MALFORMED_CALL: _CALLS,
        ModelFailureKind.NO_TOOLS: _NO_TOOLS,
        ModelFailureKind.REQUEST_TOO_LARGE: _TOO_LARGE,
        ModelFailureKind.NO_CREDIT: _CREDIT,
        ModelFailureKind.CONTEXT_TOO_LONG: _CONTEXT,
        ModelFailureKind.REFUSED: _FILTER,
        ModelFailureKind.FORBIDDEN: _ACCESS,
        ModelFailureKind.UNKNOWN_MODEL: _MODEL,
    }.items()
}
# Said with any status: the request is right, and another try may get another text.
WITH_ANY_STATUS = frozenset({ModelFailureKind.MALFORMED_CALL})
# A limit of the rate speaks of tokens and of limits too.
WITH_RATE_LIMIT = frozenset(
    {ModelFailureKind.MALFORMED_CALL, ModelFailureKind.REQUEST_TOO_LARGE, ModelFailureKind.NO_CREDIT}
)
NO_PAGE = re.compile(
    r"page not found|no such page|cannot post|method not allowed|<html|<!doctype html|^\W*(?:detail\W+)?not found\W*$"
)
# A code in an error's body instead of a status, as OpenAI, Anthropic and vLLM name them.
CODES: Mapping[str, ModelFailureKind] = {
    "rate_limit_exceeded": ModelFailureKind.RATE_LIMITED,
    "rate_limit_error": ModelFailureKind.RATE_LIMITED,
    "too_many_requests": ModelFailureKind.RATE_LIMITED,
    "overloaded_error": ModelFailureKind.OVERLOADED,
    "service_unavailable": ModelFailureKind.OVERLOADED,
    "authentication_error": ModelFailureKind.BAD_KEY,
    "invalid_api_key": ModelFailureKind.BAD_KEY,
    "permission_error": ModelFailureKind.FORBIDDEN,
    "not_found_error": ModelFailureKind.UNKNOWN_MODEL,
    "invalid_request_error": ModelFailureKind.BAD_REQUEST,
    "timeout": ModelFailureKind.TIMEOUT,
}


def kind_of_words(written: str, status: int | None) -> ModelFailureKind | None:
    """Name what a text in lower case says; most of the table is for refusals only (4xx, or no status)."""
    kinds: Collection[ModelFailureKind] = REFUSALS if status is None or 400 <= status < 500 else WITH_ANY_STATUS
    if status == 429:
        kinds = WITH_RATE_LIMIT
    return next((kind for kind in REFUSALS if kind in kinds and REFUSALS[kind].search(written)), None)
