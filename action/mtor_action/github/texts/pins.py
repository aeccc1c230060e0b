"""Pins: which texts a job's spec is made of, each with the hash of what it said when it was asked for.

They travel as compact JSON in a workflow's input, so that no text does:

    [{"kind":"issue","id":12,"sha256":"…"},{"kind":"comment","id":345,"sha256":"…"}]
    [{"kind":"file","id":0,"sha256":"…","path":"specs/retry.md","commit":"…"}]
    [{"kind":"suggestion","id":678,"sha256":"…","commit":"…"},{"kind":"issue","id":12,"sha256":"…","of":12}]

Where a pull request of mtor's is remade, the first of them is not a text: it names the pull request's head and the
commit that its whole difference is carried onto. Those after it are the texts that it was made from.

    [{"kind":"pull","id":21,"sha256":"…","commit":"…","onto":"…"},{"kind":"issue","id":12,"sha256":"…"}]
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.texts.plan_comments import pinned_part
from mtor_action.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.untyped import JsonObject

MOST_PINS = 100
LARGEST_ID = 2**63 - 1
SUGGESTION = "suggestion"
# What the implementer is asked for: a remark on a line, a review as a whole, a comment of the conversation, and the log
# of a failing check, whose id is the check run's.
WORDS = ("asked-remark", "asked-review", "asked-comment", "asked-check")
OF_REVIEWS = (SUGGESTION, *WORDS)
KINDS = ("issue", "comment", "file", "pull", *OF_REVIEWS)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ASK_AGAIN = "leave the input `spec` empty to run the issue as it is now, or ask again on GitHub"


class Pin(NamedTuple):
    """One text: `kind` "issue" (`id` = its number), "comment" (`id` = comment id) or "file" (`path` at `commit`, id 0).

    `sha256` is the hex digest of the LF text as UTF-8, as GitHub holds it; for an issue of title, blank line, body.
    A "suggestion" is the comment `id` on lines of a pull request, whose branch is at `commit`; one of WORDS is what a
    review asks for there, or "asked-check" the log of the check run `id` of that commit (`sha256` is then that of the
    check's name, a blank line, and the log). Beside those, a text with `of` belongs to the issue of that number, whose
    job made the pull request: only its settings count.
    "pull" is the pull request `id` with its head `commit`, to be carried `onto` another commit.
    """

    kind: str
    id: int
    sha256: str
    path: str = ""
    commit: str = ""
    of: int = 0
    onto: str = ""


def pin_issue(number: int, title: str | None, body: str | None) -> Pin:
    """Return the pin of an issue or pull request as GitHub gives it (CRLF, null)."""
    return Pin("issue", number, _hex(lf_bytes(title) + b"\n\n" + lf_bytes(body)))


def pin_comment(comment_id: int, body: str | None) -> Pin:
    """Return the pin of a comment as GitHub gives it, its command line included; of a plan, the plan alone."""
    return Pin("comment", comment_id, _hex(lf_bytes(pinned_part(body or ""))))


def pin_file(path: str, commit: str, content: bytes) -> Pin:
    """Return the pin of a file's bytes at a commit."""
    return Pin("file", 0, _hex(content.replace(b"\r\n", b"\n")), path, commit)


def pin_suggestion(comment_id: int, commit: str, place: str, body: str | None) -> Pin:
    """Return the pin of a comment on lines; `place` says which lines, so that the same words elsewhere differ."""
    return Pin(SUGGESTION, comment_id, _hex(f"{place}\n\n".encode("utf-8", "replace") + lf_bytes(body)), commit=commit)


def pin_pull(number: int, head: str, onto: str) -> Pin:
    """Return the pin of a pull request with the commit `head` that is carried onto the commit `onto`."""
    return Pin("pull", number, _hex(f"{number}\n{head}\n{onto}".encode()), commit=head, onto=onto)


def is_text(pins: Sequence[Pin]) -> bool:
    """Return whether the pins are those of a spec's texts alone; False for none."""
    return bool(pins) and pins[0].kind != "pull"


def pin_words(kind: str, text_id: int, commit: str, body: str | None) -> Pin:
    """Return the pin of what a review asks for; `kind` is one of WORDS."""
    return Pin(kind, text_id, _hex(lf_bytes(body)), commit=commit)


def lf_bytes(text: str | None) -> bytes:
    """A text of GitHub's as LF bytes. A lone surrogate becomes bytes that are not UTF-8, which the parser reports."""
    return (text or "").replace("\r\n", "\n").encode("utf-8", "surrogatepass")


def digest(pins: Sequence[Pin]) -> str:
    """Return the spec's identity: the sha256, in hex, of the pins' own sha256 joined by LF."""
    return _hex("\n".join(pin.sha256 for pin in pins).encode())


def encode(pins: Sequence[Pin]) -> str:
    """Return compact JSON, "" for no pins; `decode` reads it back."""
    objects = [{name: value for name, value in pin._asdict().items() if value or name == "id"} for pin in pins]
    return json.dumps(objects, separators=(",", ":")) if objects else ""


def decode(text: str) -> tuple[Pin, ...]:
    """Read the workflow's input; "" means no pins. Raises MtorError that names the first mistake."""
    if not text.strip():
        return ()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MtorError(f"the input `spec` is not JSON: {one_line(str(error), 100)}", _ASK_AGAIN) from error
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_PINS:
        raise MtorError(f"the input `spec` is not a JSON list of 1 to {MOST_PINS} pins", _ASK_AGAIN)
    pins = tuple(_pin(position, value) for position, value in enumerate(values, 1))
    _check_together(pins)
    return pins


def _pin(position: int, value: Any) -> Pin:
    mistake = _mistake(value)
    if mistake:
        raise MtorError(f"pin {position} of the input `spec`: {mistake}", _ASK_AGAIN)
    return Pin(**value)


def _mistake(value: Any) -> str:
    if not isinstance(value, dict) or not {"kind", "id", "sha256"} <= value.keys() <= set(Pin._fields):
        return "expected an object with kind, id and sha256, for a file path and commit, for a pull request two commits"
    kind, number = value["kind"], value["id"]
    if kind not in KINDS:
        return f"the kind {one_line(repr(kind), 40)}, expected one of {', '.join(KINDS)}"
    lowest, highest = (0, 0) if kind == "file" else (1, LARGEST_ID)
    if type(number) is not int or not lowest <= number <= highest:
        return "the id is not a positive whole number" if kind != "file" else "the id of a file is not 0"
    if not _matches(_SHA256, value["sha256"]):
        return "the sha256 is not 64 lower-case hex digits"
    if kind in OF_REVIEWS:
        return _suggestion_mistake(value)
    return _pull_mistake(value) if kind == "pull" else _text_mistake(value, is_file=kind == "file")


def _suggestion_mistake(value: JsonObject) -> str:
    if value.get("path", "") or value.get("of", 0) or value.get("onto", ""):
        return "what a review says has a commit, and no path, `of` or `onto`"
    return "" if _matches(_COMMIT, value.get("commit")) else "the commit is not a full commit id"


def _pull_mistake(value: JsonObject) -> str:
    head, onto = value.get("commit", ""), value.get("onto", "")
    if value.get("path", "") or value.get("of", 0) or not (_matches(_COMMIT, head) and _matches(_COMMIT, onto)):
        return "a pull request has two full commit ids, `commit` and `onto`, and no path"
    return "" if value["sha256"] == pin_pull(value["id"], head, onto).sha256 else "the sha256 is not that of its ids"


def _text_mistake(value: JsonObject, *, is_file: bool) -> str:
    from mtor_action.tree.path_policy import path_fault

    path, commit = value.get("path", ""), value.get("commit", "")
    of = value.get("of", 0)
    if value.get("onto", "") or type(of) is not int or not 0 <= of <= LARGEST_ID:
        return "only a pull request is carried onto a commit" if value.get("onto", "") else "`of` is not a number"
    if not is_file:
        return "" if (path, commit) == ("", "") else "only a file has path and commit"
    if not isinstance(path, str) or path_fault(path, is_new=False):
        return path_fault(path, is_new=False) if isinstance(path, str) else "the path is not text"
    if not path.endswith(".md"):
        return "the file is not Markdown, expected a path that ends in .md"
    return "" if _matches(_COMMIT, commit) else "the commit is not a full commit id"


def _check_together(pins: tuple[Pin, ...]) -> None:
    if len({pin[:2] + pin[3:] for pin in pins}) < len(pins):
        raise MtorError("the input `spec` names a text twice", _ASK_AGAIN)
    suggestions = [pin for pin in pins if pin.kind in OF_REVIEWS]
    if any(bool(pin.of) != bool(suggestions) for pin in pins if pin.kind not in OF_REVIEWS):
        raise MtorError(
            "in the input `spec`, `of` belongs to the texts beside a review's, and to no others", _ASK_AGAIN
        )
    if len({pin.kind == SUGGESTION for pin in suggestions}) > 1:
        raise MtorError("the input `spec` mixes suggestions with words for the implementer", _ASK_AGAIN)
    if len({pin.commit for pin in suggestions}) > 1 or len({pin.of for pin in pins if pin.of}) > 1:
        raise MtorError("the input `spec` has a review's texts for two commits, or texts of two issues", _ASK_AGAIN)
    if any(pin.kind == "pull" for pin in pins[1:]) or (pins[0].kind == "pull" and len(pins) == 1):
        raise MtorError("the input `spec` has a pull request that does not come before its texts", _ASK_AGAIN)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()
