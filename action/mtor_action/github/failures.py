"""GitHub's refusals, as tables: status and words → kind; kind → try again?, sentence, next step.

The words are those that GitHub's API answers with; its documentation names few of them:
https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.neutral import one_line
from mtor_action.redaction.redactor import Redactor

LONGEST_WORDS = 300
LONGEST_EVIDENCE = 20_000


class RequestFailureKind(Enum):
    """The kinds of failure; the values are stable."""

    BAD_TOKEN = "bad-token"  # noqa: S105 - a name
    MISSING_PERMISSION = "missing-permission"
    PULLS_NOT_ALLOWED = "pulls-not-allowed"
    SINGLE_SIGN_ON = "single-sign-on"
    ADDRESS_NOT_ALLOWED = "address-not-allowed"
    ARCHIVED = "archived"
    LOCKED = "locked"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    GONE = "gone"
    ISSUES_OFF = "issues-off"
    MOVED = "moved"
    EMPTY_REPOSITORY = "empty-repository"
    CONFLICT = "conflict"
    PROTECTED = "protected"
    NOT_FAST_FORWARD = "not-fast-forward"
    REFERENCE_EXISTS = "reference-exists"
    NO_REFERENCE = "no-reference"
    DRAFTS_UNSUPPORTED = "drafts-unsupported"
    PULL_EXISTS = "pull-exists"
    NO_COMMITS = "no-commits"
    NOT_A_REVIEWER = "not-a-reviewer"
    TOO_LONG = "too-long"
    INVALID = "invalid"
    RATE_LIMITED = "rate-limited"
    SECONDARY_LIMIT = "secondary-limit"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection-lost"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"


class Again(Enum):
    """The chance that the same request succeeds later."""

    NEVER = "it would fail again"
    SAFE = "it was certainly not carried out"
    UNSURE = "it may have been carried out: only what is safe to repeat, or was looked for first"


class RequestFailureRow(NamedTuple):
    """The answer of mtor to a kind: try again?, a sentence that follows the request's name, the next step."""

    again: Again
    sentence: str
    next_step: str


_LATER = "try later; https://www.githubstatus.com says whether GitHub has trouble"
_SPREAD = "try later, or run fewer jobs at once"
_REACH = "check the network, proxies on the way, and GITHUB_API_URL"
# Short names, so that a row of the tables is a line.
_Kind, _Row = RequestFailureKind, RequestFailureRow
ABSENT = (_Kind.NOT_FOUND, _Kind.GONE, _Kind.EMPTY_REPOSITORY)
"""The kinds of failure which say that GitHub does not have what was asked for."""
LIMITED = frozenset({_Kind.RATE_LIMITED, _Kind.SECONDARY_LIMIT})
"""The kinds of failure which every other request would meet now, too."""
TABLE: Mapping[RequestFailureKind, RequestFailureRow] = {
    _Kind.BAD_TOKEN: _Row(
        Again.NEVER, "GitHub does not accept the token", "it may have expired or been revoked: start the job again"
    ),
    _Kind.MISSING_PERMISSION: _Row(
        Again.NEVER,
        "the token lacks a permission",
        "compare `permissions:` in .github/workflows/mtor.yml with what `mtor init` writes; for an App, its settings",
    ),
    _Kind.PULLS_NOT_ALLOWED: _Row(
        Again.NEVER,
        "GitHub Actions may not create pull requests here",
        "Settings → Actions → General → Workflow permissions: allow GitHub Actions to create pull requests "
        "(an organisation may decide it for all); or use the App",
    ),
    _Kind.SINGLE_SIGN_ON: _Row(
        Again.NEVER, "the organisation asks for single sign-on", "authorise the token for the organisation"
    ),
    _Kind.ADDRESS_NOT_ALLOWED: _Row(
        Again.NEVER, "the organisation does not allow this network address", "add the runner to its IP allow list"
    ),
    _Kind.ARCHIVED: _Row(Again.NEVER, "the repository is archived and read-only", "unarchive it in its settings"),
    _Kind.LOCKED: _Row(Again.NEVER, "the conversation is locked", "unlock it, then start the job again"),
    _Kind.FORBIDDEN: _Row(Again.NEVER, "GitHub refuses it", "read GitHub's message; a policy or setting may forbid it"),
    _Kind.NOT_FOUND: _Row(
        Again.NEVER, "it does not exist, or the token may not see it", "check the name and the token's access"
    ),
    _Kind.GONE: _Row(Again.NEVER, "it was deleted", "open a new issue with the spec"),
    _Kind.ISSUES_OFF: _Row(Again.NEVER, "issues are switched off in the repository", "switch them on in its settings"),
    _Kind.MOVED: _Row(
        Again.NEVER,
        "it was moved to another address (a transferred issue, a renamed repository)",
        "start mtor where it is now",
    ),
    _Kind.EMPTY_REPOSITORY: _Row(Again.NEVER, "the repository is empty", "push a first commit"),
    _Kind.CONFLICT: _Row(Again.NEVER, "it conflicts with what is there now", "start the job again"),
    _Kind.PROTECTED: _Row(
        Again.NEVER,
        "a branch protection or ruleset forbids it",
        "let mtor write branches `mtor/**`: exempt them from the rule, or add the App to its bypass list",
    ),
    _Kind.NOT_FAST_FORWARD: _Row(
        Again.NEVER, "the branch has other commits by now", "start the job again, so that it builds on them"
    ),
    _Kind.REFERENCE_EXISTS: _Row(Again.NEVER, "the branch already exists", "delete it, or start the job again"),
    _Kind.NO_REFERENCE: _Row(Again.NEVER, "there is no such branch", "check the branch's name"),
    _Kind.DRAFTS_UNSUPPORTED: _Row(
        Again.NEVER, "the repository's plan has no draft pull requests", "open it as ready for review"
    ),
    _Kind.PULL_EXISTS: _Row(Again.NEVER, "the branch already has a pull request", "update that one"),
    _Kind.NO_COMMITS: _Row(
        Again.NEVER, "there is nothing to merge between the branches", "the base already has all of it"
    ),
    _Kind.NOT_A_REVIEWER: _Row(Again.NEVER, "this person cannot review it", "ask a collaborator who is not its author"),
    _Kind.TOO_LONG: _Row(Again.NEVER, "the text is longer than GitHub accepts", "shorten it"),
    _Kind.INVALID: _Row(
        Again.NEVER,
        "GitHub finds the request invalid",
        "read GitHub's message; if mtor sent a wrong request, report it",
    ),
    _Kind.RATE_LIMITED: _Row(Again.SAFE, "the hourly limit of requests is used up", _SPREAD),
    _Kind.SECONDARY_LIMIT: _Row(Again.SAFE, "GitHub limits requests that come too fast", _SPREAD),
    _Kind.SERVER_ERROR: _Row(Again.UNSURE, "GitHub failed", _LATER),
    _Kind.TIMEOUT: _Row(Again.UNSURE, "no answer came in time", _LATER),
    _Kind.CONNECTION_LOST: _Row(Again.UNSURE, "the connection broke", _LATER),
    _Kind.UNREACHABLE: _Row(Again.SAFE, "GitHub cannot be reached", _REACH),
    _Kind.GARBAGE: _Row(Again.NEVER, "the answer is not GitHub's JSON", _REACH),
}


class Words(NamedTuple):
    """A line of the second table: with one of these statuses and these words (lower case), it is this kind."""

    statuses: tuple[int, ...]
    words: str
    kind: RequestFailureKind


# The first line that fits counts.
WORDS: tuple[Words, ...] = (
    Words((403, 429), "secondary rate", _Kind.SECONDARY_LIMIT),
    Words((403, 429), "abuse detection", _Kind.SECONDARY_LIMIT),
    Words((403, 429), "rate limit exceeded", _Kind.RATE_LIMITED),
    Words((403, 422), "submitted too quickly", _Kind.SECONDARY_LIMIT),
    Words((403,), "not permitted to create or approve pull requests", _Kind.PULLS_NOT_ALLOWED),
    Words((403,), "saml", _Kind.SINGLE_SIGN_ON),
    Words((403,), "ip allow list", _Kind.ADDRESS_NOT_ALLOWED),
    Words((403,), "archived", _Kind.ARCHIVED),
    Words((403,), "locked", _Kind.LOCKED),
    Words((403, 409, 422), "protected branch", _Kind.PROTECTED),
    Words((403, 409, 422), "rule violations", _Kind.PROTECTED),
    Words((403,), "resource not accessible", _Kind.MISSING_PERMISSION),
    Words((403,), "must have", _Kind.MISSING_PERMISSION),
    Words((409,), "repository is empty", _Kind.EMPTY_REPOSITORY),
    Words((410,), "issues are disabled", _Kind.ISSUES_OFF),
    Words((410,), "issues has been disabled", _Kind.ISSUES_OFF),
    Words((422,), "draft pull requests are not supported", _Kind.DRAFTS_UNSUPPORTED),
    Words((422,), "pull request already exists", _Kind.PULL_EXISTS),
    Words((422,), "no commits between", _Kind.NO_COMMITS),
    Words((422,), "reference already exists", _Kind.REFERENCE_EXISTS),
    Words((422,), "reference does not exist", _Kind.NO_REFERENCE),
    Words((422,), "not a fast forward", _Kind.NOT_FAST_FORWARD),
    Words((422,), "reference update failed", _Kind.PROTECTED),
    Words((422,), "review cannot be requested", _Kind.NOT_A_REVIEWER),
    Words((422,), "reviews may only be requested", _Kind.NOT_A_REVIEWER),
    Words((422,), "is too long", _Kind.TOO_LONG),
)
STATUSES: Mapping[int, RequestFailureKind] = {
    301: _Kind.MOVED,
    302: _Kind.MOVED,
    307: _Kind.MOVED,
    308: _Kind.MOVED,
    401: _Kind.BAD_TOKEN,
    403: _Kind.FORBIDDEN,
    404: _Kind.NOT_FOUND,
    409: _Kind.CONFLICT,
    410: _Kind.GONE,
    413: _Kind.TOO_LONG,
    422: _Kind.INVALID,
    429: _Kind.SECONDARY_LIMIT,
    451: _Kind.FORBIDDEN,
    500: _Kind.SERVER_ERROR,
    502: _Kind.SERVER_ERROR,
    503: _Kind.SERVER_ERROR,
    504: _Kind.SERVER_ERROR,
}
# By class name, most special first in each class's own order of ancestors: httpx is not imported for a table.
# Neither a connection that was never made nor a wait for one carried anything. https://www.python-httpx.org/exceptions/
TRANSPORT: Mapping[str, RequestFailureKind] = {
    "ConnectError": _Kind.UNREACHABLE,
    "ConnectTimeout": _Kind.UNREACHABLE,
    "PoolTimeout": _Kind.UNREACHABLE,
    "ProxyError": _Kind.UNREACHABLE,
    "UnsupportedProtocol": _Kind.GARBAGE,
    "LocalProtocolError": _Kind.INVALID,
    "TimeoutException": _Kind.TIMEOUT,
    "TransportError": _Kind.CONNECTION_LOST,
}


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """One failed try: kind, HTTP status (0 if no answer came), GitHub's words, headers with names in lower case."""

    kind: RequestFailureKind
    status: int = 0
    words: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def row(self) -> RequestFailureRow:
        """The row of the table for this failure's kind."""
        return TABLE[self.kind]


def failed_answer(status: int, headers: Mapping[str, str], body: str, secret: str = "") -> RequestFailure:
    """Classify an answer whose status is not a success; `secret` is the token that was sent, which nothing may show."""
    words = _words(body)[:LONGEST_EVIDENCE]
    return RequestFailure(_kind(status, headers, words.lower()), status, _safe_line(words, secret), headers)


def failed_transport(error: Exception) -> RequestFailure:
    """Classify an exception of httpx's transport, by its class and its ancestors."""
    names = [ancestor.__name__ for ancestor in type(error).__mro__]
    kind = next((TRANSPORT[name] for name in names if name in TRANSPORT), RequestFailureKind.CONNECTION_LOST)
    # What cannot be sent is shown by the library, and may be the token.
    return RequestFailure(kind, words="" if kind is RequestFailureKind.INVALID else _safe_line(str(error)))


class GitHubError(MtorError):
    """A request to GitHub failed for good.

    `kind` says how, `status` is the HTTP status (0 if there was no answer), `words` what GitHub said.
    """

    def __init__(self, message: str, hint: str, failure: RequestFailure) -> None:
        super().__init__(message, hint)
        self.kind = failure.kind
        self.status = failure.status
        self.words = failure.words


class Tolerance:
    """Around a request: a failure of one of these kinds ends the block, and is no error. Others are raised."""

    def __init__(self, *kinds: RequestFailureKind) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        """Let the request begin."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        return isinstance(error, GitHubError) and error.kind in self._kinds


def github_error(request: str, failure: RequestFailure, note: str = "") -> GitHubError:
    """The exception for a request that failed for good; `request` is its method and path, `note` what was tried."""
    status = f" (HTTP {failure.status})" if failure.status else ""
    # https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permissions
    permissions = failure.headers.get("x-accepted-github-permissions", "")
    needs = (
        f"it needs {_safe_line(permissions)}"
        if permissions and failure.kind is RequestFailureKind.MISSING_PERMISSION
        else ""
    )
    place = failure.headers.get("location", "")
    new_place = f"now at {_safe_line(place)}" if place and failure.kind is RequestFailureKind.MOVED else ""
    words = f"GitHub says: {failure.words}" if failure.words else ""
    parts = [f"{request}: {failure.row.sentence}{status}", needs, new_place, note, words]
    return GitHubError("; ".join(part for part in parts if part), failure.row.next_step, failure)


def _kind(status: int, headers: Mapping[str, str], words: str) -> RequestFailureKind:
    for line in WORDS:
        if status in line.statuses and line.words in words:
            return line.kind
    if status in (403, 429) and headers.get("x-ratelimit-remaining") == "0":
        return RequestFailureKind.RATE_LIMITED
    if status == 403 and "retry-after" in headers:
        return RequestFailureKind.SECONDARY_LIMIT
    return STATUSES.get(status) or _by_hundred(status)


def _by_hundred(status: int) -> RequestFailureKind:
    if status >= 500:
        return RequestFailureKind.SERVER_ERROR
    return RequestFailureKind.INVALID if status >= 400 else RequestFailureKind.GARBAGE


def _words(body: str) -> str:
    """GitHub's `message` and those of its `errors`; what is not its JSON (a proxy's page) is kept as it is."""
    try:
        answer = Answer(json.loads(body))
    except (ValueError, RecursionError):
        return body
    details = [error.text("message") or error.text("code") or error.text() for error in answer.items("errors")]
    words = [answer.text("message"), *details, answer.text("errors"), answer.text("error"), answer.text("hint")]
    return "; ".join(dict.fromkeys(part for part in words if part))


def _safe_line(text: str, secret: str = "") -> str:
    return one_line(Redactor({}, [secret]).redact(text), LONGEST_WORDS)
