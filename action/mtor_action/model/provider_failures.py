"""The failures on the way to a model, as a table: kind → how often to ask, sentence, next step.

    MtorError
    └── ModelError        a request failed for good; has the kind, the tries made, the provider's own words

Another request can cure some kinds: `adapted_requests.py` changes its parameters, and the loop holds the conversation
in text if tools are refused. `reading_failures.py` reads the kind from the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from mtor_action.errors import MtorError


class ModelFailureKind(Enum):
    """The kinds of failure; the values are stable and appear in reports."""

    NO_KEY = "no-key"
    BAD_KEY = "bad-key"
    FORBIDDEN = "forbidden"
    NO_CREDIT = "no-credit"
    UNKNOWN_MODEL = "unknown-model"
    NO_SUCH_PAGE = "no-such-page"
    BAD_REQUEST = "bad-request"
    UNSUPPORTED = "unsupported"
    NO_TOOLS = "no-tools"
    MALFORMED_CALL = "malformed-call"
    CONTEXT_TOO_LONG = "context-too-long"
    REQUEST_TOO_LARGE = "request-too-large"
    REFUSED = "refused"
    DECLINED = "declined"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection-lost"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server-error"
    GARBAGE = "garbage"
    LOCAL_BUDGET = "local-budget"
    MISSING_PACKAGE = "missing-package"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class ModelFailureRow:
    """The answer of mtor to a kind of failure.

    `tries`: how often the same request is sent at most; `sentence` follows the model's name; `is_sampled`: the text
    that the model happened to write is at fault, so it is asked again at once and at a higher temperature.
    """

    tries: int
    sentence: str
    next_step: str
    is_sampled: bool = False

    @property
    def retryable(self) -> bool:
        """Return whether the same request may succeed later."""
        return self.tries > 1


ONCE, FEW, MOST = 1, 3, 4
CHECK_API_BASE = "check that api_base is an OpenAI-compatible server"

# Short names, so that a row of the table is a line.
_Kind, _Row = ModelFailureKind, ModelFailureRow
TABLE: Mapping[ModelFailureKind, ModelFailureRow] = {
    _Kind.NO_KEY: _Row(ONCE, "there is no key for this provider", "set the provider's key variable"),
    _Kind.BAD_KEY: _Row(
        ONCE, "the provider does not accept the key", "check that the key belongs to this provider and is not revoked"
    ),
    _Kind.FORBIDDEN: _Row(ONCE, "the key may not use this model", "give the key access, or choose another implementer"),
    _Kind.NO_CREDIT: _Row(
        ONCE, "the account has no credit or quota left", "add credit at the provider, or use another one"
    ),
    _Kind.UNKNOWN_MODEL: _Row(
        ONCE,
        "the provider does not know this model",
        "write it as PROVIDER/MODEL, as on https://docs.litellm.ai/docs/providers",
    ),
    _Kind.NO_SUCH_PAGE: _Row(
        ONCE, "the server has no such address", "check api_base: `/chat/completions` is added to it"
    ),
    _Kind.BAD_REQUEST: _Row(
        ONCE, "the provider refuses the request as malformed", "read its message; the model may lack a feature"
    ),
    _Kind.UNSUPPORTED: _Row(
        ONCE, "the model does not support a parameter", "read the provider's message, or choose another implementer"
    ),
    _Kind.NO_TOOLS: _Row(
        ONCE, "the model cannot call tools", "set `protocol: text` in .github/mtor.yml, or choose another implementer"
    ),
    _Kind.MALFORMED_CALL: _Row(
        FEW,
        "the provider cannot read the tool call that the model wrote",
        "set `protocol: text` in .github/mtor.yml, or choose another implementer",
        is_sampled=True,
    ),
    _Kind.CONTEXT_TOO_LONG: _Row(
        ONCE,
        "the prompt is longer than the model's context window",
        "use a smaller spec, a model with more context, or a lower `max_output_tokens` in .github/mtor.yml",
    ),
    _Kind.REQUEST_TOO_LARGE: _Row(
        ONCE,
        "the request is larger than the account's limit of tokens per minute",
        "use a smaller spec, a lower `max_output_tokens` in .github/mtor.yml, or a higher tier at the provider",
    ),
    _Kind.REFUSED: _Row(ONCE, "the provider's content filter stopped it", "reword the spec, or choose another model"),
    _Kind.DECLINED: _Row(ONCE, "the model declined to answer", "reword the spec, or choose another model"),
    _Kind.RATE_LIMITED: _Row(MOST, "the provider limits the rate", "run fewer jobs at once, or later"),
    _Kind.TIMEOUT: _Row(MOST, "no complete answer came in time", "try later, or choose a faster model"),
    _Kind.UNREACHABLE: _Row(
        ONCE, "the server cannot be reached", "check api_base, the network, and that the server runs"
    ),
    _Kind.CONNECTION_LOST: _Row(MOST, "the connection broke", "try later; check proxies on the way"),
    _Kind.OVERLOADED: _Row(MOST, "the provider is overloaded", "try later, or choose another implementer"),
    _Kind.SERVER_ERROR: _Row(MOST, "the provider failed", "try later, or choose another implementer"),
    _Kind.GARBAGE: _Row(FEW, "the answer is not a chat completion", "try later, or choose another implementer"),
    _Kind.LOCAL_BUDGET: _Row(ONCE, "litellm's own budget is spent", "raise litellm's max_budget"),
    _Kind.MISSING_PACKAGE: _Row(
        ONCE, "litellm needs a package for this model that is not installed", "install that package with pip"
    ),
    _Kind.UNEXPECTED: _Row(ONCE, "litellm failed in an unforeseen way", "install the pinned version of litellm"),
}


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """One failed try.

    `status` is the HTTP status if one came; `words` the provider's own, redacted and cut; `wait_seconds` what it asks
    to wait, None if it does not say; `evidence` all that it wrote, in lower case; `next_step` replaces the table's.
    """

    kind: ModelFailureKind
    status: int | None = None
    words: str = ""
    wait_seconds: float | None = None
    evidence: str = field(default="", repr=False, compare=False)
    next_step: str = ""

    @property
    def row(self) -> ModelFailureRow:
        """The row of the table for this failure's kind."""
        return TABLE[self.kind]


class ModelError(MtorError):
    """A request failed for good.

    `kind` says how, `retryable` whether the same request may succeed later, `requests` how many were made,
    `status` the HTTP status if one came.
    """

    def __init__(self, model: str, failure: ModelFailure, *, requests: int = 0, note: str = "") -> None:
        status = f" (HTTP {failure.status})" if failure.status else ""
        parts = [f"{model}: {failure.row.sentence}{status}", note, failure.words]
        super().__init__("; ".join(part for part in parts if part), failure.next_step or failure.row.next_step)
        self.model = model
        self.kind = failure.kind
        self.retryable = failure.row.retryable
        self.status = failure.status
        self.requests = requests
