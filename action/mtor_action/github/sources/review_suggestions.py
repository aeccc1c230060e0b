"""The suggestion in a comment on lines of a pull request: the lines that it is about, and those to put there.

https://docs.github.com/rest/pulls/comments · https://docs.github.com/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/incorporating-feedback-in-your-pull-request
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.authoring.suggested_lines import LineSpan
from mtor_action.github.payloads import read_time
from mtor_action.github.texts.authors import Author, author_of
from mtor_action.github.texts.pins import lf_bytes
from mtor_action.manifest.text import Lines, Part, Problems, check_characters
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.manifest.fences.fenced_blocks import Fence

_WORD = "suggestion"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One comment's suggestion: `lines` (without endings) for the lines `span` of `path`, as they were at `commit`.

    `now` is where GitHub sees them at the branch's end, None: they changed. `thread` is the id of the thread's first
    comment, `review` that of the review. `posted` and `updated` are in Unix seconds. With a `fault` it cannot be taken.
    """

    id: int
    thread: int
    review: int
    author: Author
    url: str
    path: str
    commit: str
    span: LineSpan
    now: LineSpan | None
    lines: tuple[bytes, ...]
    body: str
    posted: float
    updated: float
    fault: str = ""

    @property
    def name(self) -> str:
        """Return who made it where: `@ada's suggestion for lib/a.py:3`, in plain text."""
        lines = f"{self.span.first}" if self.span.first == self.span.last else f"{self.span.first}-{self.span.last}"
        return f"the suggestion of {self.author.name} for {self.path}:{lines}"


def suggestion_in(comment: Answer) -> Suggestion | None:
    """Return the comment's suggestion, None if it has no such block of its own; quoted ones are somebody else's."""
    from mtor_action.manifest.fences.fenced_blocks import read_fences

    text = Lines(Part("comment", lf_bytes(comment.text("body"))))
    blocks = [fence for fence in read_fences(text) if _is_suggestion(fence)]
    if not blocks:
        return None
    lines, fault = _lines_of(text, blocks)
    last = comment.number("original_line")
    span = LineSpan(comment.number("original_start_line") or last, last)
    return Suggestion(
        id=comment.number("id"),
        thread=thread_of(comment),
        review=comment.number("pull_request_review_id"),
        author=author_of(comment),
        url=comment.text("html_url"),
        path=comment.text("path"),
        commit=comment.text("original_commit_id"),
        span=span,
        now=_now(comment),
        lines=lines,
        body=comment.text("body"),
        posted=read_time(comment, "created_at"),
        updated=read_time(comment, "updated_at"),
        fault=fault or _fault_of_place(comment, span),
    )


def thread_of(comment: Answer) -> int:
    """Return the id of the comment that began the thread: replies name it, whichever they answer."""
    return comment.number("in_reply_to_id") or comment.number("id")


def _is_suggestion(fence: Fence) -> bool:
    return bool(fence.info.words) and fence.info.words[0].text == _WORD and not fence.quoted


def _lines_of(text: Lines, blocks: list[Fence]) -> tuple[tuple[bytes, ...], str]:
    """Return the block's lines, and why they cannot be taken ("": they can)."""
    from mtor_action.manifest.fences.fenced_blocks import body_line_indented_by

    block, problems = blocks[0], Problems(text)
    check_characters(text, problems)
    fault = problems.found[0].message if problems.found else ""
    if len(blocks) > 1:
        fault = "the comment has two suggestions for the same lines"
    elif block.inside:
        fault = f"the block is inside of `{block.inside}`, where readers may not see it"
    elif not block.closed:
        fault = "the block has no closing fence"
    cut = [body_line_indented_by(text.raw(number), block.indent) for number in range(*block.body)]
    lines = tuple(line for line in cut if line is not None)
    return lines, fault or ("" if len(lines) == len(cut) else "a tab is part of the block's indentation")


def _now(comment: Answer) -> LineSpan | None:
    last = comment.number("line")
    return LineSpan(comment.number("start_line") or last, last) if last else None


def _fault_of_place(comment: Answer, span: LineSpan) -> str:
    sides = {comment.text("side"), comment.text("start_side")}
    if "LEFT" in sides:
        return "it is about lines that the pull request removes, which are not in the file"
    if span.last < 1 or comment.text("subject_type") == "file":
        return "it is about the file as a whole, and not about lines"
    if span.first > span.last:
        return "its first line is below its last one"
    return path_fault(comment.text("path"), is_new=False) or ""
