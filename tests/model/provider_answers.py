"""What providers answer, in their own words, and what each means: data for the tests of the client.

Sources: the providers' pages on errors and their users' reports of them. `error` is OpenAI's error object; another
shape is written out.
"""

from __future__ import annotations

import json
from typing import Any

from mtor_action.model.provider_failures import ModelFailureKind
from standins.model import Fault


def answer(status: int, body: object, **headers: str) -> Fault:
    """A status with a body, JSON unless it is a text; `content_type=` as a header's name goes."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(status=status, body=text, headers={name.replace("_", "-"): value for name, value in headers.items()})


def error(status: int, message: str, /, headers: dict[str, str] | None = None, **fields: Any) -> Fault:
    """An error object with `message` and more fields."""
    return answer(status, {"error": {"message": message, **fields}}, **(headers or {}))


def completion(message: object, finish_reason: str | None = "stop", **choice: Any) -> Fault:
    """A completion whose message and choice are written out."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    choices = [{"index": 0, "message": message, "finish_reason": finish_reason, **choice}]
    return answer(200, {"id": "x", "object": "chat.completion", "created": 0, "choices": choices, "usage": usage})


def said(content: object, **fields: Any) -> dict[str, Any]:
    """An assistant's message."""
    return {"role": "assistant", "content": content, **fields}


EVENTS = (
    'data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"he"}}]}\n\n'
    'data: {"id":"x","choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
CALL_EVENTS = (
    'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a",'
    '"function":{"name":"edit","arguments":"{\\"pa"}}]}}]}\n\n'
    'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"th\\": 1}"}}]},'
    '"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n'
)
COMPLETION = {"id": "x", "object": "chat.completion", "created": 0}

# Answers of status 200 that mean something, though their form is unusual: text, calls.
READ: dict[str, tuple[Fault, str, list[tuple[str, str]]]] = {
    "content as a list of parts": (completion(said([{"type": "text", "text": "hello"}])), "hello", []),
    "content as a list of texts": (completion(said(["hel", "lo"])), "hello", []),
    "a thinking part before the text": (
        completion(said([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hello"}])),
        "hello",
        [],
    ),
    "the call of the field before tool_calls": (
        completion(said(None, function_call={"name": "edit", "arguments": '{"path": 1}'}), "function_call"),
        "",
        [("edit", '{"path": 1}')],
    ),
    "events to a request that asked for none": (answer(200, EVENTS, content_type="text/event-stream"), "hello", []),
    "events with a call": (
        answer(200, CALL_EVENTS, content_type="text/event-stream"),
        "",
        [("edit", '{"path": 1}')],
    ),
    "no finish reason": (completion(said("hello"), None), "hello", []),
    "an error that is null": (
        answer(200, {**COMPLETION, "error": None, "choices": [{"message": said("hello"), "finish_reason": "stop"}]}),
        "hello",
        [],
    ),
}

# Answers that another try may better; each is asked again.
PASSING: dict[str, tuple[Fault, ModelFailureKind]] = {
    "choices: []": (answer(200, {**COMPLETION, "choices": []}), ModelFailureKind.GARBAGE),
    "choices: null": (answer(200, {**COMPLETION, "choices": None}), ModelFailureKind.GARBAGE),
    "a choice that is null": (answer(200, {**COMPLETION, "choices": [None]}), ModelFailureKind.GARBAGE),
    "an empty object": (answer(200, {}), ModelFailureKind.GARBAGE),
    "an empty body": (answer(200, ""), ModelFailureKind.GARBAGE),
    "white space": (answer(200, "\n \n"), ModelFailureKind.GARBAGE),
    "null": (answer(200, "null"), ModelFailureKind.GARBAGE),
    "a web page with 200": (answer(200, "<html>log in</html>", content_type="text/html"), ModelFailureKind.GARBAGE),
    "events without an end": (
        answer(200, EVENTS.partition("\n\n")[0] + "\n\n", content_type="text/event-stream"),
        ModelFailureKind.GARBAGE,
    ),
    "events under the type of JSON": (answer(200, EVENTS), ModelFailureKind.GARBAGE),
    "a null message": (completion(None), ModelFailureKind.GARBAGE),
    "an error as a text": (answer(200, {"error": "model is loading"}), ModelFailureKind.SERVER_ERROR),
    "an error with code 502": (error(200, "Provider returned error", code=502), ModelFailureKind.SERVER_ERROR),
    "an error with code 429": (error(200, "slow down", code=429), ModelFailureKind.RATE_LIMITED),
    "an error with code '503'": (error(200, "busy", code="503"), ModelFailureKind.OVERLOADED),
    "an error with a name": (error(200, "Overloaded", type="overloaded_error"), ModelFailureKind.OVERLOADED),
    "an error without a code": (error(200, "the upstream went away"), ModelFailureKind.SERVER_ERROR),
    "an error beside an empty list": (
        answer(200, {**COMPLETION, "choices": [], "error": {"message": "x", "code": 502}}),
        ModelFailureKind.SERVER_ERROR,
    ),
    "an error inside a choice": (
        completion(said(""), "error", error={"code": 502, "message": "Upstream idle timeout"}),
        ModelFailureKind.SERVER_ERROR,
    ),
    "an error inside a choice with text": (
        completion(said("I will"), "error", error={"code": 429, "message": "Rate limited upstream"}),
        ModelFailureKind.RATE_LIMITED,
    ),
    "DeepSeek's finish reason": (completion(said(""), "insufficient_system_resource"), ModelFailureKind.OVERLOADED),
    "Z.AI's finish reason": (completion(said(""), "network_error"), ModelFailureKind.SERVER_ERROR),
    "a message that is a text": (completion("hello"), ModelFailureKind.GARBAGE),
    "finish_reason: error": (completion(said(""), "error"), ModelFailureKind.SERVER_ERROR),
    "an error within events": (
        answer(200, 'data: {"error": {"message": "overloaded", "code": 503}}\n\n', content_type="text/event-stream"),
        ModelFailureKind.OVERLOADED,
    ),
    "Groq's tool_use_failed": (
        error(400, "Failed to call a function. Please adjust your prompt.", code="tool_use_failed"),
        ModelFailureKind.MALFORMED_CALL,
    ),
    "Groq's validation of a call": (
        error(400, "Tool call validation failed: parameters for tool edit did not match schema"),
        ModelFailureKind.MALFORMED_CALL,
    ),
    "Ollama's parser": (
        error(500, "error parsing tool call: raw='{\"path\": ' err=unexpected end of JSON input"),
        ModelFailureKind.MALFORMED_CALL,
    ),
    "llama.cpp's parser": (error(500, "Failed to parse tool call arguments as JSON"), ModelFailureKind.MALFORMED_CALL),
    "Gemini's finish reason": (completion(said(None), "malformed_function_call"), ModelFailureKind.MALFORMED_CALL),
    "a gateway's page": (
        answer(502, "<html>bad gateway</html>", content_type="text/html"),
        ModelFailureKind.SERVER_ERROR,
    ),
    "Cloudflare's 520": (answer(520, "<html>520</html>", content_type="text/html"), ModelFailureKind.SERVER_ERROR),
    "Cloudflare's 524": (answer(524, "a timeout occurred"), ModelFailureKind.TIMEOUT),
    "Gemini's quota a minute": (
        error(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            status="RESOURCE_EXHAUSTED",
        ),
        ModelFailureKind.RATE_LIMITED,
    ),
}

# Answers that no second try betters; asked once.
FINAL: dict[str, tuple[Fault, ModelFailureKind]] = {
    "an error with code 402": (error(200, "Insufficient credits", code=402), ModelFailureKind.NO_CREDIT),
    "an error with code 401": (error(200, "No auth credentials found", code=401), ModelFailureKind.BAD_KEY),
    "a filtered answer": (completion(said(None), "content_filter"), ModelFailureKind.REFUSED),
    "a filtered answer that began": (completion(said("def f("), "content_filter"), ModelFailureKind.REFUSED),
    "a filtered null message": (completion(None, "content_filter"), ModelFailureKind.REFUSED),
    "a filter's 400": (error(400, "The response was filtered", code="content_filter"), ModelFailureKind.REFUSED),
    "Qwen's filter": (
        error(400, "Input data may contain inappropriate content.", code="data_inspection_failed"),
        ModelFailureKind.REFUSED,
    ),
    "the field refusal": (completion(said(None, refusal="I cannot help with that.")), ModelFailureKind.DECLINED),
    "OpenRouter without tools": (
        error(404, "No endpoints found that support tool use. Try disabling edit"),
        ModelFailureKind.NO_TOOLS,
    ),
    "Ollama without tools": (
        error(400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        ModelFailureKind.NO_TOOLS,
    ),
    "vLLM without a parser": (
        error(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        ModelFailureKind.NO_TOOLS,
    ),
    "a model without function calling": (
        error(400, "Function calling is not supported for this model"),
        ModelFailureKind.NO_TOOLS,
    ),
    "tool_choice refused": (
        error(400, "deepseek-reasoner does not support this tool_choice"),
        ModelFailureKind.NO_TOOLS,
    ),
    "tools as a parameter": (
        error(400, "Unsupported parameter: 'tools' is not supported with this model."),
        ModelFailureKind.NO_TOOLS,
    ),
    "tools with 422": (answer(422, {"detail": "`tools` are not supported"}), ModelFailureKind.NO_TOOLS),
    "OpenRouter's data policy": (
        error(404, "No endpoints found matching your data policy (Free model training)."),
        ModelFailureKind.FORBIDDEN,
    ),
    "a page that is not there": (answer(404, "404 page not found"), ModelFailureKind.NO_SUCH_PAGE),
    "Anthropic's finish reason": (
        completion(said(""), "model_context_window_exceeded"),
        ModelFailureKind.CONTEXT_TOO_LONG,
    ),
    "a bare page": (answer(404, "Not Found"), ModelFailureKind.NO_SUCH_PAGE),
    "Express's page": (answer(404, "Cannot POST /v1/v1/chat/completions"), ModelFailureKind.NO_SUCH_PAGE),
    "FastAPI's page": (answer(404, {"detail": "Not Found"}), ModelFailureKind.NO_SUCH_PAGE),
    "a model that is not there": (
        error(404, "model 'x' not found, try pulling it first"),
        ModelFailureKind.UNKNOWN_MODEL,
    ),
    "OpenAI's request too large": (
        error(
            429,
            "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45000.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        ModelFailureKind.REQUEST_TOO_LARGE,
    ),
    "Groq's request too large": (
        error(413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 90000"),
        ModelFailureKind.REQUEST_TOO_LARGE,
    ),
    "413 without a word": (answer(413, ""), ModelFailureKind.CONTEXT_TOO_LONG),
    "a day's limit": (
        error(429, "Rate limit exceeded: free-models-per-day", {"retry-after": "43200"}),
        ModelFailureKind.RATE_LIMITED,
    ),
}

# A prompt longer than the model reads, in the words of each.
CONTEXT: dict[str, str] = {
    "OpenAI": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    "OpenAI Responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "Anthropic": "prompt is too long: 213462 tokens > 200000 maximum",
    "Anthropic, with the answer": "input length and `max_tokens` exceed context limit: 199900 + 20000 > 200000",
    "Gemini": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Vertex": "Unable to submit request because the input token count is 32825 but model only supports up to 32768.",
    "Bedrock": "Input is too long for requested model.",
    "Bedrock, others": "Too many input tokens. Max input tokens: 8192, request input token count: 9279",
    "Z.AI": "Prompt exceeds max length",
    "llama.cpp": "the request exceeds the available context size. try increasing the context size or enable context "
    "shift",
    "xAI": "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    "Moonshot": "Your request exceeded model token limit: 8192 (requested: 12000)",
    "Qwen": "Range of input length should be [1, 129024]",
    "GitHub Copilot": "prompt token count of 140000 exceeds the limit of 128000",
    "LM Studio": "The number of tokens to keep from the initial prompt is greater than the context length",
    "Together": "Requested token count exceeds the model's maximum context length of 32768 tokens",
    "Mistral": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "MiniMax": "invalid params, context window exceeds limit",
    "Groq": "Please reduce the length of the messages or completion.",
    "Cerebras": "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    "Poolside": "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
    "Cohere": "too many tokens: size limit exceeded by 19296 tokens. Try using shorter or fewer inputs. "
    "The limit for this model is 132000 tokens.",
    "vLLM": "This model's maximum context length is 4096 tokens. However, you requested 0 output tokens and your "
    "prompt contains at least 4097 input tokens, for a total of at least 4097 tokens.",
    "OpenRouter": "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens "
    "(42832 of text input). Please reduce the length of either one.",
    "DeepSeek": "This model's maximum context length is 65536 tokens. However, you requested 80000 tokens (80000 in "
    "the messages, 0 in the completion).",
}

# An answer that may be shorter only: the refusal, and the limit that the next request has (None: any below 4096).
LIMITS: dict[str, tuple[Fault, int | None]] = {
    "OpenAI": (
        error(
            400,
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you "
            "provided 8192.",
            param="max_tokens",
        ),
        4096,
    ),
    "Anthropic": (error(400, "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens"), 4096),
    "Together": (error(422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 200 `inputs` tokens"), 3895),
    "a bare sum": (error(400, "tokens + max_tokens must be <= 4096"), None),
    "Groq": (error(400, "`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens`"), 4096),
    "DeepSeek": (error(400, "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]"), 4096),
    "Qwen": (error(400, "Range of max_tokens should be [1, 4096]"), 4096),
    "vLLM": (
        error(
            400,
            "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is "
            "4096 tokens and your request has 104 input tokens (8192 > 4096 - 104).",
        ),
        3991,
    ),
    "vLLM, older": (
        error(
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 8292 tokens (100 in the "
            "messages, 8192 in the completion). Please reduce the length of the messages or completion.",
        ),
        3995,
    ),
    "OpenRouter's credit": (
        error(
            402,
            "This request requires more credits, or fewer max_tokens. You requested up to 8192 tokens, but can "
            "only afford 3000.",
            code=402,
        ),
        3000,
    ),
    "Groq's minute": (
        error(
            413,
            "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8400, please "
            "reduce your message size",
        ),
        5792,
    ),
    "Anthropic's window": (
        error(400, "input length and `max_tokens` exceed context limit: 190000 + 8192 > 194096"),
        4095,
    ),
}

# A parameter that the model does not take: the refusal, what the next request goes without.
PARAMETERS: dict[str, tuple[Fault, str]] = {
    "temperature": (
        error(
            400,
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
            "supported.",
            param="temperature",
            code="unsupported_value",
        ),
        "temperature",
    ),
    "temperature, Moonshot": (error(400, "invalid temperature: only 1 is allowed for this model"), "temperature"),
    "temperature, Bedrock": (error(400, "`temperature` is deprecated for this model."), "temperature"),
    "temperature, pydantic": (
        answer(422, {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]}),
        "temperature",
    ),
    "max_tokens": (
        error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        "max_tokens",
    ),
    "seed": (error(400, "Unknown parameter: 'seed'."), "seed"),
}

# A limit of the rate: the refusal at 06 Nov 1994 08:49:37 GMT, the seconds that it asks to wait.
WAITS: dict[str, tuple[Fault, float]] = {
    "seconds in the body": (error(429, "Rate limit reached. Please try again in 7.5s. Visit ..."), 7.5),
    "minutes in the body": (error(429, "Please try again in 1m30.5s."), 90.5),
    "milliseconds in the body": (error(429, "Please try again in 450ms."), 0.45),
    "words in the body": (error(429, "Please wait 2 minutes and 5 seconds before trying again"), 125.0),
    "Gemini's delay": (
        answer(429, {"error": {"message": "quota", "details": [{"retryDelay": "37s"}]}}),
        37.0,
    ),
    "a field in the body": (error(429, "slow down", retry_after=12), 12.0),
    "milliseconds in a header": (error(429, "slow down", {"retry-after-ms": "1500"}), 1.5),
    "OpenAI's headers": (
        error(
            429,
            "slow down",
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1m2s",
                "x-ratelimit-remaining-tokens": "900",
                "x-ratelimit-reset-tokens": "6h",
            },
        ),
        62.0,
    ),
    "OpenRouter's header": (
        error(429, "slow down", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "784111787000"}),
        10.0,
    ),
    "OpenRouter's body": (
        error(
            429, "Rate limit exceeded: free-models-per-min", metadata={"headers": {"X-RateLimit-Reset": "784111797000"}}
        ),
        20.0,
    ),
    "Anthropic's header": (
        error(
            429,
            "slow down",
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "1994-11-06T08:50:07Z",
            },
        ),
        30.0,
    ),
    "the header before the body": (error(429, "Please try again in 7.5s.", {"retry-after": "9"}), 9.0),
}
