"""Suggestions of a review → a spec that puts exactly their lines in place of those that they are about.

The same comments at the same commit always give the same text: the lines are looked for in the file as the comment saw
it and as it is at the pinned commit, whatever GitHub shows of the comment by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mtor_action.authoring.suggested_lines import LineSpan, Replacement, replaced, span_in
from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.github.failures import GitHubError
from mtor_action.github.sources.review_suggestions import Suggestion, suggestion_in
from mtor_action.github.texts.pins import Pin, pin_suggestion
from mtor_action.manifest.text import Part
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mtor_action.github.client import Client
    from mtor_action.manifest.settings_block.settings import Settings

_ASK_AGAIN = "ask again, with a suggestion on the lines as they are now"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """A suggestion and where its lines are at the commit that it is applied to."""

    suggestion: Suggestion
    span: LineSpan


def pin_of(suggestion: Suggestion, commit: str) -> Pin:
    """Return the pin of a suggestion that is to be applied to `commit`."""
    place = f"{suggestion.path}:{suggestion.span.first}-{suggestion.span.last}"
    return pin_suggestion(suggestion.id, commit, place, suggestion.body)


def pinned_suggestions(client: Client, number: int, pins: Sequence[Pin]) -> list[Suggestion]:
    """Return the suggestions of these pins. Raises SpecChanged for one that is not what its pin says, GitHubError."""
    return [_pinned(client, number, pin) for pin in pins]


def _pinned(client: Client, number: int, pin: Pin) -> Suggestion:
    name = f"#{number} suggestion {pin.id}"
    comment = client.find(f"pulls/comments/{pin.id}")
    if comment is None:
        raise SpecChanged(name, "the comment was deleted", _ASK_AGAIN)
    if not comment.text("pull_request_url").endswith(f"/pulls/{number}"):
        raise MtorError(f"{name}: the pinned comment does not belong to #{number}", _ASK_AGAIN)
    suggestion = suggestion_in(comment)
    if suggestion is None or suggestion.fault or pin_of(suggestion, pin.commit) != pin:
        raise SpecChanged(name, "the text is not what it was when the job was asked for", _ASK_AGAIN)
    return suggestion


def suggested_part(client: Client, number: int, placed: Sequence[Placed], commit: str, settings: Settings) -> Part:
    """Return the spec's text; `settings` are those of the spec that the pull request was made from.

    Raises MtorError if they cannot be applied exactly, with the reason, GitHubError.
    """
    from mtor_action.authoring.block_writing import settings_lines
    from mtor_action.authoring.from_diff import spec_from_trees

    old: dict[str, FileState] = {}
    new: dict[str, FileState] = {}
    for path in sorted({placing.suggestion.path for placing in placed}):
        content = file_bytes(client, path, commit) or b""
        edits = [
            Replacement(placing.span, placing.suggestion.lines) for placing in placed if placing.suggestion.path == path
        ]
        # The mode of a file that is edited stays as it is.
        old[path], new[path] = (FileState(data, "100644") for data in (content, replaced(content, edits)))
    lines = ["implementer: []", "format: []", *settings_lines(settings, "setup")]
    title = title_of(placing.suggestion for placing in placed)
    written = spec_from_trees(
        DictTree(old), DictTree(new), title=title, base=commit, test=settings.test, settings=lines
    )
    if written.left_out:
        raise MtorError(f"the suggestions cannot be applied: {'; '.join(written.left_out)}", "commit them by hand")
    return Part(f"#{number} suggestions", written.text.encode())


def title_of(suggestions: Iterable[Suggestion]) -> str:
    """Return `Apply a suggestion by ada`, or what fits for several."""
    names = [suggestion.author.login for suggestion in suggestions]
    people = list(dict.fromkeys(names))
    by = ", ".join(people[:_MOST_NAMED]) + (" and others" if len(people) > _MOST_NAMED else "")
    return f"Apply {'a suggestion' if len(names) == 1 else f'{len(names)} suggestions'} by {by}"


def placed_at(client: Client, suggestions: Sequence[Suggestion], commit: str) -> tuple[list[Placed], list[str]]:
    """Return where their lines are at `commit`, and a fault for each that has no place there. Raises GitHubError."""
    placed, faults = [], []
    read = cache(lambda path, ref: file_bytes(client, path, ref))
    for suggestion in suggestions:
        span, fault = _span_at(read, suggestion, commit)
        if span is None:
            faults.append(f"{suggestion.name}: {fault}")
        else:
            placed.append(Placed(suggestion, span))
    return placed, faults + list(_overlaps(placed))


def _span_at(
    read: Callable[[str, str], bytes | None], suggestion: Suggestion, commit: str
) -> tuple[LineSpan | None, str]:
    try:
        then, now = read(suggestion.path, suggestion.commit), read(suggestion.path, commit)
    except GitHubError:
        raise
    except MtorError as error:
        return None, error.message
    if now is None:
        return None, "the file is not there any more"
    if then is None:
        return None, "the commit that it was written for is gone, so that nobody knows which lines it is about"
    span = span_in(then, now, suggestion.span)
    return span, "" if span else "the lines have changed since it was written"


def _overlaps(placed: Sequence[Placed]) -> Iterable[str]:
    for number, first in enumerate(placed):
        for second in placed[number + 1 :]:
            if first.suggestion.path == second.suggestion.path and first.span.overlaps(second.span):
                yield f"{first.suggestion.name} and {second.suggestion.name} are about the same lines"
