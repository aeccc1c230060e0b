"""Error of a request → kind of failure, read from evidence, most telling first.

litellm's specific exceptions, what the provider wrote, the HTTP status that really came, the transport's exception.
litellm's general exceptions come last, since it reports an unreadable answer of status 200, and bugs of its own, as
status 500. https://docs.litellm.ai/docs/exception_mapping · https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mtor_action.model.provider_answers import Declined, Filtered, Malformed, UnusableReply, message_of
from mtor_action.model.provider_failures import CHECK_API_BASE, ModelFailure, ModelFailureKind
from mtor_action.model.provider_words import CODES, NO_PAGE, kind_of_words
from mtor_action.waiting import asked_wait_seconds

LONGEST_WORDS = 300
LONGEST_EVIDENCE = 20_000

SPECIFIC_NAMES: Mapping[str, ModelFailureKind] = {
    "ContextWindowExceededError": ModelFailureKind.CONTEXT_TOO_LONG,
    "ContentPolicyViolationError": ModelFailureKind.REFUSED,
    "PaymentRequiredError": ModelFailureKind.NO_CREDIT,
    "UnsupportedParamsError": ModelFailureKind.UNSUPPORTED,
    "BudgetExceededError": ModelFailureKind.LOCAL_BUDGET,
    "LiteLLMUnknownProvider": ModelFailureKind.UNKNOWN_MODEL,
}
STATUSES: Mapping[int, ModelFailureKind] = {
    400: ModelFailureKind.BAD_REQUEST,
    401: ModelFailureKind.BAD_KEY,
    402: ModelFailureKind.NO_CREDIT,
    403: ModelFailureKind.FORBIDDEN,
    404: ModelFailureKind.UNKNOWN_MODEL,
    408: ModelFailureKind.TIMEOUT,
    413: ModelFailureKind.CONTEXT_TOO_LONG,
    422: ModelFailureKind.BAD_REQUEST,
    429: ModelFailureKind.RATE_LIMITED,
    500: ModelFailureKind.SERVER_ERROR,
    501: ModelFailureKind.NO_SUCH_PAGE,
    502: ModelFailureKind.SERVER_ERROR,
    503: ModelFailureKind.OVERLOADED,
    504: ModelFailureKind.TIMEOUT,
    524: ModelFailureKind.TIMEOUT,  # Cloudflare's
    529: ModelFailureKind.OVERLOADED,  # https://docs.anthropic.com/en/api/errors
}
TRANSPORT_NAMES: Mapping[str, ModelFailureKind] = {
    "ConnectError": ModelFailureKind.UNREACHABLE,
    "UnsupportedProtocol": ModelFailureKind.UNREACHABLE,
    "TimeoutException": ModelFailureKind.TIMEOUT,
    "TimeoutError": ModelFailureKind.TIMEOUT,
    "RemoteProtocolError": ModelFailureKind.CONNECTION_LOST,
    "ReadError": ModelFailureKind.CONNECTION_LOST,
    "WriteError": ModelFailureKind.CONNECTION_LOST,
    "ConnectionResetError": ModelFailureKind.CONNECTION_LOST,
    "ModuleNotFoundError": ModelFailureKind.MISSING_PACKAGE,
}
GENERAL_NAMES: Mapping[str, ModelFailureKind] = {
    "AuthenticationError": ModelFailureKind.BAD_KEY,
    "PermissionDeniedError": ModelFailureKind.FORBIDDEN,
    "NotFoundError": ModelFailureKind.UNKNOWN_MODEL,
    "RateLimitError": ModelFailureKind.RATE_LIMITED,
    "Timeout": ModelFailureKind.TIMEOUT,
    "ServiceUnavailableError": ModelFailureKind.OVERLOADED,
    "BadGatewayError": ModelFailureKind.SERVER_ERROR,
    "BadRequestError": ModelFailureKind.BAD_REQUEST,
    "JSONDecodeError": ModelFailureKind.GARBAGE,
    "InternalServerError": ModelFailureKind.GARBAGE,
    "APIError": ModelFailureKind.GARBAGE,
}
_PAGE = re.compile(r"^\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_COMPLETION = re.compile(r'"(?:choices": ?\[|id": ?")')  # a server that speaks the protocol, but has no answer
_MISSING = re.compile(r"No module named '([\w.]+)'")


def read_failure(error: BaseException, redact: Callable[[str], str], body: str = "", now: float = 0.0) -> ModelFailure:
    """Classify what litellm raised, or what was raised about an answer.

    `redact` takes secrets out of the provider's words before the cut; `body` is an answer of status 200 that litellm
    could not read; `now` is in seconds since the epoch, for waits that are given as a time.
    """
    chain = list(_chain(error))
    response = _response(chain)
    status = getattr(response, "status_code", None)
    written = (_body(response) or body)[:LONGEST_EVIDENCE]
    if isinstance(error, UnusableReply):
        return _unusable(error, redact, now)
    evidence = " ".join([written, *map(str, chain)])[:LONGEST_EVIDENCE].lower()
    kind = (
        _by_class(chain[:1], SPECIFIC_NAMES)
        or kind_of_words(evidence, status)
        or _by_status(status, written)
        or _by_class(chain, TRANSPORT_NAMES)
        or _missing_package(chain)
        or _by_class(chain, GENERAL_NAMES)
        or ModelFailureKind.UNEXPECTED
    )
    if kind is ModelFailureKind.BAD_REQUEST and status is None and (body or "converting to valid response" in evidence):
        kind = ModelFailureKind.GARBAGE  # litellm's word for an answer of Gemini's that it cannot read
    headers = getattr(response, "headers", {})
    return ModelFailure(
        kind,
        status,
        redact(_words(error, written))[:LONGEST_WORDS],
        asked_wait_seconds(headers, evidence, now, is_limit=kind is ModelFailureKind.RATE_LIMITED),
        evidence=written.lower() or evidence,  # litellm's own words hold other numbers
        next_step=_next_step(kind, written, evidence),
    )


def came_with_status(error: BaseException) -> bool:
    """Return whether the server answered with an HTTP status of failure."""
    return _response(list(_chain(error))) is not None


def _unusable(error: UnusableReply, redact: Callable[[str], str], now: float) -> ModelFailure:
    """Return a failure that came with status 200: its body may name a status or a code."""
    evidence = error.body[:LONGEST_EVIDENCE].lower() or error.words.lower()
    code = int(error.code) if str(error.code).isdecimal() else None
    coded_kind = CODES.get(str(error.code).lower())
    kind = {
        Malformed: ModelFailureKind.MALFORMED_CALL,
        Filtered: ModelFailureKind.REFUSED,
        Declined: ModelFailureKind.DECLINED,
    }.get(type(error))
    is_error = bool(error.words) and ('"error"' in evidence or "error" in str(error.code).lower() or code is not None)
    kind = (
        kind
        or kind_of_words(_own_words(error), code)
        or coded_kind
        or (STATUSES.get(code) if code else None)
        or (ModelFailureKind.SERVER_ERROR if is_error else ModelFailureKind.GARBAGE)
    )
    wait_seconds = asked_wait_seconds({}, evidence, now, is_limit=kind is ModelFailureKind.RATE_LIMITED)
    words = redact(_printable(error.words))[:LONGEST_WORDS]
    return ModelFailure(kind, None, words, wait_seconds, evidence=evidence)


def _own_words(error: UnusableReply) -> str:
    """Return what an error says, without the answer around it, in which a model may have written anything."""
    return f"{error.code} {error.words}"[:LONGEST_EVIDENCE].lower()


def _missing_package(chain: list[BaseException]) -> ModelFailureKind | None:
    return ModelFailureKind.MISSING_PACKAGE if any(_MISSING.search(str(error)) for error in chain) else None


def _next_step(kind: ModelFailureKind, written: str, evidence: str) -> str:
    """Return a next step that fits this failure better than the table's; "" if none does."""
    if kind is ModelFailureKind.GARBAGE and written and not written.lstrip().startswith("{"):
        return CHECK_API_BASE
    if kind is ModelFailureKind.GARBAGE and written.strip() and not _COMPLETION.search(written):
        return CHECK_API_BASE
    missing = _MISSING.search(evidence.replace("no module named", "No module named"))
    if kind is ModelFailureKind.MISSING_PACKAGE and missing:
        return f"pip install {missing[1].partition('.')[0]}"
    return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    visited: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in visited:
        visited.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _response(chain: list[BaseException]) -> Any:
    # The one exception that holds what really came; the responses of litellm's own exceptions are made up.
    for error in chain:
        if "HTTPStatusError" in _class_names(error):
            return getattr(error, "response", None)
    return None


def _class_names(error: BaseException) -> list[str]:
    return [ancestor.__name__ for ancestor in type(error).__mro__]


def _by_class(chain: list[BaseException], names: Mapping[str, ModelFailureKind]) -> ModelFailureKind | None:
    matches = (names[name] for error in chain for name in _class_names(error) if name in names)
    return next(matches, None)


def _by_status(status: int | None, written: str) -> ModelFailureKind | None:
    if status is None:
        return None
    if status in (404, 405) and NO_PAGE.search(written.lower()):
        return ModelFailureKind.NO_SUCH_PAGE
    return STATUSES.get(status, ModelFailureKind.BAD_REQUEST if status < 500 else ModelFailureKind.SERVER_ERROR)


def _body(response: Any) -> str:
    try:
        return str(response.text) if response is not None else ""
    except Exception:  # noqa: BLE001 - a body that was never read says nothing; httpx raises its own class
        return ""


def _words(error: BaseException, written: str) -> str:
    own = _TAGS.sub(" ", written) if _PAGE.match(written) else _message(written)
    return _printable(own or str(error).partition("Traceback (most recent")[0])


def _printable(words: str) -> str:
    # Terminal escapes and line breaks of a stranger's text stay out of logs and comments.
    printable = "".join(character if character.isprintable() else " " for character in words[:LONGEST_EVIDENCE])
    return " ".join(printable.split())


def _message(body: str) -> str:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    inner = (parsed.get("error") or parsed) if isinstance(parsed, dict) else parsed
    return message_of(inner)
