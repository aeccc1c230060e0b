"""What can go wrong on the way to a model, as tables: kind → try again?, sentence, next step.

    MtorError
    └── ModelError        a request failed for good; has the kind, the tries made, the provider's own words

A failure is read from evidence, most telling first: litellm's specific exceptions, what the provider wrote,
the HTTP status that really came, the transport's exception. litellm's general exceptions come last, since it
reports an unreadable answer of status 200, and bugs of its own, as status 500.
https://docs.litellm.ai/docs/exception_mapping · https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from mtor_action.errors import MtorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LONGEST_WORDS = 300
LONGEST_EVIDENCE = 20_000


class Kind(Enum):
    """What went wrong; the values are stable and stand in reports."""

    NO_KEY = "no-key"
    BAD_KEY = "bad-key"
    FORBIDDEN = "forbidden"
    NO_CREDIT = "no-credit"
    UNKNOWN_MODEL = "unknown-model"
    BAD_REQUEST = "bad-request"
    UNSUPPORTED = "unsupported"
    CONTEXT_TOO_LONG = "context-too-long"
    REFUSED = "refused"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection-lost"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server-error"
    GARBAGE = "garbage"
    LOCAL_BUDGET = "local-budget"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Row:
    """What mtor does about a kind: `retryable`, a sentence that follows the model's name, the next step."""

    retryable: bool
    sentence: str
    next_step: str


TABLE: Mapping[Kind, Row] = {
    Kind.NO_KEY: Row(False, "there is no key for this provider", "set the provider's key variable"),
    Kind.BAD_KEY: Row(
        False,
        "the provider does not accept the key",
        "check that the key belongs to this provider and is not revoked",
    ),
    Kind.FORBIDDEN: Row(False, "the key may not use this model", "give the key access, or choose another implementer"),
    Kind.NO_CREDIT: Row(
        False, "the account has no credit or quota left", "add credit at the provider, or use another one"
    ),
    Kind.UNKNOWN_MODEL: Row(
        False,
        "the provider does not know this model",
        "write it as PROVIDER/MODEL, as on https://docs.litellm.ai/docs/providers",
    ),
    Kind.BAD_REQUEST: Row(
        False, "the provider refuses the request as malformed", "read its words; the model may lack a feature"
    ),
    Kind.UNSUPPORTED: Row(
        False, "the model does not support a parameter", "set its tools to `text`, or choose another model"
    ),
    Kind.CONTEXT_TOO_LONG: Row(
        False, "the prompt is longer than the model reads", "use a smaller spec, or a model with more context"
    ),
    Kind.REFUSED: Row(False, "the provider's content filter stopped it", "reword the spec, or choose another model"),
    Kind.RATE_LIMITED: Row(True, "the provider limits the rate", "run fewer jobs at once, or later"),
    Kind.TIMEOUT: Row(True, "no complete answer came in time", "raise timeout_seconds, or try later"),
    Kind.UNREACHABLE: Row(
        False, "the server cannot be reached", "check api_base, the network, and that the server runs"
    ),
    Kind.CONNECTION_LOST: Row(True, "the connection broke", "try later; check proxies on the way"),
    Kind.OVERLOADED: Row(True, "the provider is overloaded", "try later, or choose another implementer"),
    Kind.SERVER_ERROR: Row(True, "the provider failed", "try later, or choose another implementer"),
    Kind.GARBAGE: Row(
        False, "the answer is not a chat completion", "check that api_base is an OpenAI-compatible server"
    ),
    Kind.LOCAL_BUDGET: Row(False, "litellm's own budget is spent", "raise litellm's max_budget"),
    Kind.UNEXPECTED: Row(False, "litellm failed in an unforeseen way", "install the pinned version of litellm"),
}

SPECIFIC_NAMES: Mapping[str, Kind] = {
    "ContextWindowExceededError": Kind.CONTEXT_TOO_LONG,
    "ContentPolicyViolationError": Kind.REFUSED,
    "PaymentRequiredError": Kind.NO_CREDIT,
    "UnsupportedParamsError": Kind.UNSUPPORTED,
    "BudgetExceededError": Kind.LOCAL_BUDGET,
    "LiteLLMUnknownProvider": Kind.UNKNOWN_MODEL,
    "UnusableReply": Kind.GARBAGE,
}
# Lower case; looked for in refusals only (4xx, or no status). A quota of OpenAI's and of Z.AI's comes as 429.
WORDS: Mapping[str, Kind] = {
    "insufficient_quota": Kind.NO_CREDIT,
    "insufficient balance": Kind.NO_CREDIT,
    "insufficient credit": Kind.NO_CREDIT,
    "余额不足": Kind.NO_CREDIT,
    "credit balance is too low": Kind.NO_CREDIT,
    "billing_hard_limit": Kind.NO_CREDIT,
    "context_length_exceeded": Kind.CONTEXT_TOO_LONG,
    "maximum context length": Kind.CONTEXT_TOO_LONG,
    "prompt is too long": Kind.CONTEXT_TOO_LONG,
    "content_policy_violation": Kind.REFUSED,
    "content_filter": Kind.REFUSED,
    "model_not_found": Kind.UNKNOWN_MODEL,
    "model not exist": Kind.UNKNOWN_MODEL,
    "unknown model": Kind.UNKNOWN_MODEL,
    "llm provider not provided": Kind.UNKNOWN_MODEL,
}
STATUSES: Mapping[int, Kind] = {
    400: Kind.BAD_REQUEST,
    401: Kind.BAD_KEY,
    402: Kind.NO_CREDIT,
    403: Kind.FORBIDDEN,
    404: Kind.UNKNOWN_MODEL,
    408: Kind.TIMEOUT,
    413: Kind.CONTEXT_TOO_LONG,
    422: Kind.BAD_REQUEST,
    429: Kind.RATE_LIMITED,
    500: Kind.SERVER_ERROR,
    502: Kind.SERVER_ERROR,
    503: Kind.OVERLOADED,
    504: Kind.TIMEOUT,
    529: Kind.OVERLOADED,  # https://docs.anthropic.com/en/api/errors
}
TRANSPORT_NAMES: Mapping[str, Kind] = {
    "ConnectError": Kind.UNREACHABLE,
    "UnsupportedProtocol": Kind.UNREACHABLE,
    "TimeoutException": Kind.TIMEOUT,
    "TimeoutError": Kind.TIMEOUT,
    "RemoteProtocolError": Kind.CONNECTION_LOST,
    "ReadError": Kind.CONNECTION_LOST,
    "WriteError": Kind.CONNECTION_LOST,
    "ConnectionResetError": Kind.CONNECTION_LOST,
}
GENERAL_NAMES: Mapping[str, Kind] = {
    "AuthenticationError": Kind.BAD_KEY,
    "PermissionDeniedError": Kind.FORBIDDEN,
    "NotFoundError": Kind.UNKNOWN_MODEL,
    "RateLimitError": Kind.RATE_LIMITED,
    "Timeout": Kind.TIMEOUT,
    "ServiceUnavailableError": Kind.OVERLOADED,
    "BadGatewayError": Kind.SERVER_ERROR,
    "BadRequestError": Kind.BAD_REQUEST,
    "JSONDecodeError": Kind.GARBAGE,
    "InternalServerError": Kind.GARBAGE,
    "APIError": Kind.GARBAGE,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try: kind, HTTP status if one came, the provider's words, its `retry-after` as sent."""

    kind: Kind
    status: int | None = None
    words: str = ""
    retry_after: str = ""

    @property
    def row(self) -> Row:
        """The table's row for this kind."""
        return TABLE[self.kind]


class ModelError(MtorError):
    """A request failed for good.

    `kind` says how, `retryable` whether the same request may succeed later, `requests` how many were made,
    `status` the HTTP status if one came.
    """

    def __init__(self, model: str, failure: Failure, *, requests: int = 0, note: str = "") -> None:
        status = f" (HTTP {failure.status})" if failure.status else ""
        parts = [f"{model}: {failure.row.sentence}{status}", note, failure.words]
        super().__init__("; ".join(part for part in parts if part), failure.row.next_step)
        self.model = model
        self.kind = failure.kind
        self.retryable = failure.row.retryable
        self.status = failure.status
        self.requests = requests


class UnusableReply(Exception):
    """Status 200, and litellm was content, but no choice is in it."""


def read_failure(error: BaseException, redact: Callable[[str], str]) -> Failure:
    """Classify what litellm raised; `redact` takes secrets out of the provider's words before the cut."""
    chain = list(_chain(error))
    response = _response(chain)
    status = getattr(response, "status_code", None)
    kind = (
        _by_class(chain[:1], SPECIFIC_NAMES)
        or _by_words(chain, response, status)
        or _by_status(status)
        or _by_class(chain, TRANSPORT_NAMES)
        or _by_class(chain, GENERAL_NAMES)
        or Kind.UNEXPECTED
    )
    headers = getattr(response, "headers", {})
    return Failure(kind, status, redact(_words(error, response))[:LONGEST_WORDS], str(headers.get("retry-after", "")))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _response(chain: list[BaseException]) -> Any:
    # The one exception that holds what really came; the responses of litellm's own exceptions are made up.
    for error in chain:
        if "HTTPStatusError" in _class_names(error):
            return getattr(error, "response", None)
    return None


def _class_names(error: BaseException) -> list[str]:
    return [each.__name__ for each in type(error).__mro__]


def _by_class(chain: list[BaseException], names: Mapping[str, Kind]) -> Kind | None:
    found = (names[name] for error in chain for name in _class_names(error) if name in names)
    return next(found, None)


def _by_words(chain: list[BaseException], response: Any, status: int | None) -> Kind | None:
    if status is not None and not 400 <= status < 500:
        return None
    written = " ".join([_body(response), *map(str, chain)])[:LONGEST_EVIDENCE].lower()
    return next((kind for words, kind in WORDS.items() if words in written), None)


def _by_status(status: int | None) -> Kind | None:
    if status is None:
        return None
    return STATUSES.get(status, Kind.BAD_REQUEST if status < 500 else Kind.GARBAGE)


def _body(response: Any) -> str:
    try:
        return str(response.text) if response is not None else ""
    except Exception:  # noqa: BLE001 - a body that was never read says nothing; httpx raises its own class
        return ""


def _words(error: BaseException, response: Any) -> str:
    written = _message(_body(response)) or str(error).partition("Traceback (most recent")[0]
    # Terminal escapes and line breaks of a stranger's text stay out of logs and comments.
    printable = "".join(one if one.isprintable() else " " for one in written[:LONGEST_EVIDENCE])
    return " ".join(printable.split())


def _message(body: str) -> str:
    import json

    try:
        parsed = json.loads(body)
    except ValueError:
        return body
    inner = parsed.get("error", parsed) if isinstance(parsed, dict) else parsed
    message = inner.get("message", "") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) else ""
