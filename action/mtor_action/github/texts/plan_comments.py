"""The comment with a plan: what an architect wrote for an issue, which a writer runs by its hash.

    <!-- mtor:plan job=plan-345 -->
    <!-- mtor:read User:7:alice -->
    what it would do, what it cost, how to run it
    <!-- mtor:spec -->
    the spec

GITHUB_TOKEN posts it, with the App and without. All workflows of a repository share that account, so the comment proves
nothing. A spec in it counts as written by everybody whose text is on the issue above it and by those whom it names, and
it runs only if a writer names its hash. The hash is that of the line `mtor:read` and the spec.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.errors import SpecChanged
from mtor_action.github.texts.authors import Author, author_of
from mtor_action.github.texts.provenance import authors_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

SPEC_BEGINS = "<!-- mtor:spec -->"
_ACTIONS = "github-actions[bot]"
_JOB = re.compile(r"plan-(?P<comment>[1-9][0-9]{0,17})")
_PLAN = re.compile(
    r"<!-- mtor:plan job=plan-[1-9]\d{0,17} -->[ \t]*\n(?P<read><!-- mtor:read [^\n]*)\n"
    rf".*?^{SPEC_BEGINS}[ \t]*\n(?P<spec>.*)",
    re.DOTALL | re.MULTILINE,
)
_NAMED = re.compile(r"=== (?P<name>[\w-]{1,70}\.md) ===")


def plan_job(comment_id: int) -> str:
    """Return the name of the job that plans because of a comment."""
    return f"plan-{comment_id}"


def asking_comment(job: str) -> int:
    """Return the id of the comment that asked for a planning job; 0 for any other job."""
    match = _JOB.fullmatch(job)
    return int(match["comment"]) if match else 0


def pinned_part(body: str) -> str:
    """Return what of a comment is under its hash: of a plan, whose texts it read, and the spec; else all of it."""
    text = body.replace("\r\n", "\n")
    match = _PLAN.fullmatch(text)
    return f"{match['read']}\n{match['spec']}" if match else text


def planned_spec(body: str) -> str | None:
    """Return the spec in the text of a plan, None for any other text."""
    match = _PLAN.fullmatch(body.replace("\r\n", "\n"))
    return match["spec"] if match else None


def named_specs(spec: str) -> dict[str, str]:
    """Return the specs of a plan by file name, as `several_specs` joined them; one that is alone as `spec.md`."""
    lines = spec.split("\n")
    starts = [number for number, line in enumerate(lines) if _NAMED.fullmatch(line)]
    if not starts or "".join(lines[: starts[0]]).strip():
        return {"spec.md": spec}
    ends = [*starts[1:], len(lines)]
    bodies = ("\n".join(lines[start + 1 : end]).strip() + "\n" for start, end in zip(starts, ends, strict=True))
    return {lines[start][4:-4]: body for start, body in zip(starts, bodies, strict=True)}


def several_specs(specs: Iterable[tuple[str, str]]) -> str:
    """Return specs of a plan as one text; a single one as it is."""
    listed = list(specs)
    if len(listed) == 1:
        return listed[0][1]
    return "\n".join(f"=== {name} ===\n\n{text.strip()}\n" for name, text in listed)


def is_plan(comment: Answer) -> bool:
    """Return whether GITHUB_TOKEN's account wrote the comment, in the form of a plan."""
    is_actions = comment.text("user", "login").casefold() == _ACTIONS and comment.text("user", "type") == "Bot"
    return is_actions and planned_spec(comment.text("body")) is not None


def plan_authors(client: Client, issue: Answer, comment: Answer) -> tuple[Author, ...]:
    """Return whose text counts as a part of a plan: the issue's, of the comments above it, and whom the plan names.

    A comment may have been deleted since, so that the plan's own list counts too. Raises GitHubError.
    """
    above = comments_above(client, issue.number("number"), comment.number("id"))
    read = (author_of(issue), *map(author_of, above), *authors_read(comment.text("body")))
    return tuple(dict.fromkeys(read))


def comments_above(client: Client, number: int, comment_id: int = 0) -> Iterator[Answer]:
    """Yield people's comments on an issue, of those with a lower id than `comment_id` (0: all). Raises GitHubError."""
    for comment in client.pages(f"issues/{number}/comments"):
        if comment.text("user", "type") != "Bot" and (not comment_id or comment.number("id") < comment_id):
            yield comment


def check_unedited(comment: Answer, name: str) -> None:
    """Raise SpecChanged for a plan that somebody edited: it is not the one that mtor wrote."""
    if comment.text("created_at") != comment.text("updated_at"):
        step = "ask for another one, or write the changed spec as a comment of your own below `/mtor run`"
        raise SpecChanged(name, "the plan was edited after mtor wrote it", step)
