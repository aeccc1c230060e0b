"""The texts of a spec as GitHub holds them, against the pins that say what they were.

https://docs.github.com/rest/issues/issues#get-an-issue · https://docs.github.com/rest/git/blobs#get-a-blob
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.branches.repositories import OUR_BRANCHES, holder_of
from mtor_action.github.confirmed_refusals import refuse_by_rest
from mtor_action.github.issues.issue_dependencies import is_blocked
from mtor_action.github.issues.night_mark import is_night_issue
from mtor_action.github.payloads import read_time
from mtor_action.github.pulls.published_change import PublishedChange, read_change
from mtor_action.github.pulls.pulls import same_repository
from mtor_action.github.sources.check_logs import WISH, logs_text, pinned_logs
from mtor_action.github.sources.review_words import CHECK, files_between, pinned_words, settings_part, wish_in
from mtor_action.github.sources.runs_by_hand import RequestByHand, check_by_hand
from mtor_action.github.sources.suggestion_source import pinned_suggestions, placed_at, suggested_part
from mtor_action.github.texts.authors import UNKNOWN, Author, author_of, is_writer
from mtor_action.github.texts.command_line import read_command_line
from mtor_action.github.texts.pins import MOST_PINS, SUGGESTION, WORDS, Pin, lf_bytes, pin_comment, pin_file, pin_issue
from mtor_action.github.texts.plan_comments import check_unedited, is_plan, plan_authors, planned_spec
from mtor_action.github.texts.provenance import authors_read
from mtor_action.manifest.text import Part
from mtor_action.tree.path_policy import MOST_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.settings_block.settings import Settings

_ASK_AGAIN = "ask for the job again, so that it runs what the text says now"


class PullRequestRef(NamedTuple):
    """The two ends of a pull request; `same_repository` is False for forks, also deleted ones."""

    number: int
    head_ref: str
    head_sha: str
    base_ref: str
    same_repository: bool


class FetchedSpec(NamedTuple):
    """A spec ready to parse: the issue's `title`, `parts` in order, one of the `pins` for each.

    `pull_request` is set where the number is a pull request's. `authors` wrote the texts, or what a model read that
    wrote them; nobody is named for a file, which somebody who can write has pushed. `written_at` is when the first of
    them was posted, in Unix seconds: GitHub's REST API does not say when a text was last edited. A spec with `only_on`
    may be applied to that commit alone.
    """

    title: str
    parts: tuple[Part, ...]
    pins: tuple[Pin, ...]
    pull_request: PullRequestRef | None
    authors: tuple[Author, ...] = ()
    written_at: int = 0
    is_blocked: bool = False  # GitHub says that open issues block it
    change: PublishedChange | None = None  # the pull request's own, if it is to be remade
    closed_at: float = 0.0  # in Unix seconds; 0.0 if it is open
    is_night: bool = False  # it is the issue of the night
    only_on: str = ""
    wish: str = ""  # what a review asks the implementer for
    check_logs: str = ""  # what failing checks printed, for the implementer
    entrusted: tuple[str, ...] = ()  # the files that it may change for that

    def spec(self, title: str | None = None) -> Spec:
        """Return the spec as it is read, with this title instead of the issue's if there is one."""
        from mtor_action.manifest.manifest import parse_spec

        spec = parse_spec(self.parts, self.title if title is None else title)
        return spec.wishing(self.wish, self.entrusted, self.check_logs) if self.wish else spec

    def check_place(self) -> None:
        """Raise SpecChanged if the pull request's branch is not at the only commit that the spec is for."""
        pull = self.pull_request
        if self.only_on and (pull is None or pull.head_sha != self.only_on):
            name = f"#{pull.number}" if pull else "the spec"
            raise SpecChanged(name, f"the branch is no longer at {self.only_on[:12]}", _ASK_AGAIN)


def fetch_spec(client: Client, number: int, pins: Sequence[Pin] = (), *, run_id: int = 0) -> FetchedSpec:
    """Fetch issue or pull request `number` and the pinned texts; without pins, its body and `/mtor spec` comments.

    `run_id` is the run that these are fetched for: without pins a person started it, and `check_by_hand` holds.
    Raises SpecChanged for a text that is not what its pin says, MtorError for pins that do not belong to the issue,
    GitHubError.
    """
    if pins and pins[0].kind == "pull":
        return _of_change(client, number, pins)
    return refuse_by_rest(client, lambda: _of_issue(client, number, pins, run_id))


def _of_issue(client: Client, number: int, pins: Sequence[Pin], run_id: int) -> FetchedSpec:
    issue = client.call("GET", f"issues/{number}")
    if any(pin.kind == SUGGESTION for pin in pins):
        return _of_suggestions(client, issue, number, pins)
    if any(pin.kind in WORDS for pin in pins):
        return _of_words(client, issue, number, pins)
    texts = list(_as_pinned(client, issue, number, pins) if pins else _as_it_is(client, issue, number, run_id))
    is_pull = isinstance(issue.at("pull_request").value, dict)
    return FetchedSpec(
        title=issue.text("title"),
        parts=tuple(text.part for text in texts),
        pins=tuple(text.pin for text in texts),
        pull_request=_pull_request(client, number) if is_pull else None,
        authors=tuple(author for text in texts for author in text.authors),
        written_at=int(min((text.posted for text in texts if text.posted), default=read_time(issue, "created_at"))),
        is_blocked=is_blocked(issue),
        closed_at=read_time(issue, "closed_at"),
        is_night=is_night_issue(issue),
    )


def _of_suggestions(client: Client, issue: Answer, number: int, pins: Sequence[Pin]) -> FetchedSpec:
    """The spec made of suggestions, with the settings of the one that the pull request was made from."""
    own = [pin for pin in pins if pin.kind == SUGGESTION]
    commit, pull = own[0].commit, _pull_request(client, number)
    before = list(_before(client, [pin for pin in pins if pin.of]))
    settings = _settings_in(before)
    suggestions = pinned_suggestions(client, number, own)
    placed, faults = placed_at(client, suggestions, commit)
    if faults:
        raise SpecChanged(f"#{number}", "; ".join(faults), "ask again, with suggestions for the lines as they are now")
    return FetchedSpec(
        title=issue.text("title"),
        parts=(suggested_part(client, number, placed, commit, settings),),
        pins=tuple(pins),
        pull_request=pull,
        authors=(
            *(suggestion.author for suggestion in suggestions),
            *(author for text in before for author in text.authors),
        ),
        written_at=int(min(suggestion.posted for suggestion in suggestions)),
        only_on=commit,
        closed_at=read_time(issue, "closed_at"),
    )


def _settings_in(texts: Sequence[_FetchedText]) -> Settings:
    from mtor_action.manifest.manifest import parse_spec
    from mtor_action.manifest.settings_block.settings import Settings

    return parse_spec([text.part for text in texts]).settings if texts else Settings()


def _of_words(client: Client, issue: Answer, number: int, pins: Sequence[Pin]) -> FetchedSpec:
    """The wish made of a review's words or of failing checks, with the settings that the pull request was made with."""
    own = [pin for pin in pins if pin.kind in WORDS]
    commit, pull = own[0].commit, _pull_request(client, number)
    before = list(_before(client, [pin for pin in pins if pin.of]))
    settings = _settings_in(before)
    words = pinned_words(client, number, [pin for pin in own if pin.kind != CHECK])
    logs = pinned_logs(client, pull.head_ref, [pin for pin in own if pin.kind == CHECK])
    times = [*(remark.posted for remark in words), *(log.check.ended for log in logs)]
    return FetchedSpec(
        title=issue.text("title"),
        parts=(settings_part(number, settings, words),),
        pins=tuple(pins),
        pull_request=pull,
        authors=(*(remark.author for remark in words), *(author for text in before for author in text.authors)),
        written_at=int(min(times)),
        only_on=commit,
        closed_at=read_time(issue, "closed_at"),
        wish="\n\n".join(filter(None, (WISH if logs else "", wish_in(words)))),
        check_logs=logs_text(logs),
        entrusted=files_between(client, pull.base_ref, commit),
    )


def are_unchanged(client: Client, pins: Sequence[Pin]) -> bool:
    """Return whether these texts of another issue (`of`) are still what their pins say. Raises GitHubError."""
    try:
        return refuse_by_rest(client, lambda: all(text.pin for text in _before(client, pins)))
    except SpecChanged:
        return False


def _before(client: Client, pins: Sequence[Pin]) -> Iterator[_FetchedText]:
    """Yield the pinned texts of another issue. Raises SpecChanged, GitHubError."""
    if pins:
        number = pins[0].of
        issue = client.call("GET", f"issues/{number}")
        yield from _as_pinned(client, issue, number, [pin._replace(of=0) for pin in pins])


def _of_change(client: Client, number: int, pins: Sequence[Pin]) -> FetchedSpec:
    """Return the texts that the pull request `number` was made from, which are its issue's, and its change."""
    if pins[0].id != number:
        raise MtorError(f"the pin of the pull request #{pins[0].id} is not for #{number}", _ASK_AGAIN)
    change = read_change(client, number, pins[0].commit)
    fetched = fetch_spec(client, change.issue, pins[1:])
    return fetched._replace(pins=tuple(pins), change=change, pull_request=_pull_request(client, number))


def file_pin(client: Client, path: str, commit: str) -> Pin:
    """Return the pin of a file at a commit. Raises SpecChanged if there is no such file, GitHubError."""
    return _file_text(client, Pin("file", 0, "", path, commit)).pin


class _FetchedText(NamedTuple):
    """One text as it is now: the pin that it would get, what the parser reads, and whose it is (empty: a writer's).

    `posted` is when, in Unix seconds; 0.0 for a file.
    """

    pin: Pin
    part: Part
    authors: tuple[Author, ...] = ()
    posted: float = 0.0


def _as_it_is(client: Client, issue: Answer, number: int, run_id: int) -> Iterator[_FetchedText]:
    first, comments = _issue_text(issue, number), list(_by_writers(client, number))
    texts = [first, *(_comment_text(comment, number, position) for position, comment in enumerate(comments, 1))]
    if len(texts) > MOST_PINS:
        raise MtorError(f"#{number} continues in more than {MOST_PINS - 1} comments", "put the spec into a file")
    if run_id:
        check_by_hand(
            client, RequestByHand(issue, number, comments, run_id, first.authors), [text.pin for text in texts]
        )
    yield first
    for comment, text in zip(comments, texts[1:], strict=True):
        if comment.text("created_at") != comment.text("updated_at"):
            raise SpecChanged(text.part.name, "this part of the spec was edited", "post it as a new comment instead")
        yield text


def _by_writers(client: Client, number: int) -> Iterator[Answer]:
    """Return the comments that continue the spec; those of others are not part of it."""
    writers: dict[Author, bool] = {}
    for comment in client.pages(f"issues/{number}/comments"):
        if _continues(comment):
            author = author_of(comment)
            if author not in writers:
                writers[author] = is_writer(client, author)
            if writers[author]:
                yield comment


def _as_pinned(client: Client, issue: Answer, number: int, pins: Sequence[Pin]) -> Iterator[_FetchedText]:
    position = 0
    for pin in pins:
        position += pin.kind == "comment"
        if pin.kind == "issue":
            text = _issue_text(issue, number)
        elif pin.kind == "comment":
            text = _pinned_comment(client, issue, _comment(client, pin, number, position), position)
        else:
            holder = _holder(client, pin)
            text = _file_text(client, pin)
            if holder.startswith(OUR_BRANCHES):
                text = text._replace(authors=(UNKNOWN, *text.authors))
        if text.pin[:2] != pin[:2]:
            raise MtorError(f"the pin of issue #{pin.id} is not for #{number}", _ASK_AGAIN)
        if text.pin != pin:
            raise SpecChanged(text.part.name, "the text is not what it was when the job was asked for", _ASK_AGAIN)
        yield text


def _continues(comment: Answer) -> bool:
    line = read_command_line(comment.text("body"))
    return line is not None and line.has_word("spec")


def _pinned_comment(client: Client, issue: Answer, comment: Answer, position: int) -> _FetchedText:
    """Return a comment; a plan of mtor's is the text of everybody that it may have read. Raises SpecChanged."""
    text = _comment_text(comment, issue.number("number"), position)
    if not is_plan(comment):
        return text
    check_unedited(comment, text.part.name)
    data = lf_bytes(planned_spec(comment.text("body")))
    return text._replace(part=Part(text.part.name, data), authors=plan_authors(client, issue, comment))


def _issue_text(issue: Answer, number: int) -> _FetchedText:
    body = issue.text("body")
    return _FetchedText(
        pin_issue(number, issue.text("title"), body),
        Part(f"#{number}", lf_bytes(body)),
        (author_of(issue), *authors_read(body)),
        read_time(issue, "created_at"),
    )


def _comment_text(comment: Answer, number: int, position: int) -> _FetchedText:
    body = comment.text("body")
    data, line = lf_bytes(body), read_command_line(body)
    if line is not None and line.has_word("run", "spec"):
        data = b"".join(data.partition(b"\n")[1:])  # a command is not Markdown; the others keep their numbers
    return _FetchedText(
        pin_comment(comment.number("id"), body),
        Part(f"#{number} comment {position}", data),
        (author_of(comment), *authors_read(body)),
        read_time(comment, "created_at"),
    )


def _comment(client: Client, pin: Pin, number: int, position: int) -> Answer:
    name = f"#{number} comment {position}"
    comment = client.find(f"issues/comments/{pin.id}")
    if comment is None:
        raise SpecChanged(name, "the comment was deleted", _ASK_AGAIN)
    if not comment.text("issue_url").endswith(f"/issues/{number}"):
        raise MtorError(f"{name}: the pinned comment {pin.id} does not belong to #{number}", _ASK_AGAIN)
    return comment


def _holder(client: Client, pin: Pin) -> str:
    """Return the branch or tag of this repository that holds the pinned commit. Raises SpecChanged, GitHubError."""
    holder = holder_of(client, pin.commit)
    if holder is None:
        message = "the commit is in no branch or tag of this repository"
        raise SpecChanged(
            f"{pin.path}@{pin.commit[:8]}", message, "push it to a branch of this repository, then ask again"
        )
    return holder


def _file_text(client: Client, pin: Pin) -> _FetchedText:
    name = f"{pin.path}@{pin.commit[:8]}"
    entry = client.find(f"contents/{quote(pin.path)}", params={"ref": pin.commit})
    if entry is None:
        raise SpecChanged(name, "there is no such file at this commit", _ASK_AGAIN)
    if entry.text("type") != "file":
        raise SpecChanged(name, "it is not a regular file", "name a Markdown file")
    if entry.number("size") > MOST_TEXT_BYTES:
        raise SpecChanged(name, f"it has {entry.number('size')} bytes, at most {MOST_TEXT_BYTES} are read", "split it")
    # The contents themselves come with the entry only up to 1 MB.
    blob = client.call("GET", f"git/blobs/{entry.text('sha')}")
    content = _decoded(blob.text("content"), name)
    text = content.replace(b"\r\n", b"\n")
    return _FetchedText(
        pin_file(pin.path, pin.commit, content), Part(name, text), authors_read(text.decode("utf-8", "replace"))
    )


def _decoded(content: str, name: str) -> bytes:
    from base64 import b64decode

    try:
        return b64decode(content)
    except ValueError as error:
        raise SpecChanged(name, "GitHub's answer does not contain the file", "try again later") from error


def _pull_request(client: Client, number: int) -> PullRequestRef:
    answer = client.call("GET", f"pulls/{number}")
    return PullRequestRef(
        number=number,
        head_ref=answer.text("head", "ref"),
        head_sha=answer.text("head", "sha"),
        base_ref=answer.text("base", "ref"),
        same_repository=same_repository(answer),
    )
