"""A spec that waits for others, looked at again: whether its texts are still those asked for, and what blocks it now.

It may be edited for as long as it waits. Its job runs what was asked for or nothing, so an edit ends it before it takes
a runner, with what the edit means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.issues.issue_dependencies import blocking_issues
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.job_start.predecessors_on_github import way_back
from mtor_action.manifest.settings_block.predecessors import issue_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.github.client import Client
    from mtor_action.github.texts.pins import Pin
    from mtor_action.manifest.manifest import Spec

_GONE = (RequestFailureKind.NOT_FOUND, RequestFailureKind.GONE, RequestFailureKind.MOVED)
_ASK_AGAIN = "Label the issue again, or write `/mtor run`: that runs the text as it is now."
_UNBLOCK = 'Take one out, in `after` or in GitHub\'s "blocked by", then label the issue again, or write `/mtor run`.'
_CORRECT = "Correct it, then label the issue again, or write `/mtor run`."


@dataclass(frozen=True, slots=True)
class WaitingCheck:
    """A waiting spec as it is now: the issues that it comes after, and why it must not run, "" if it may.

    `refusal` and `next_step` are sentences, not neutralised.
    """

    after: tuple[int, ...]
    refusal: str = ""
    next_step: str = ""


def check_waiting(client: Client, number: int, pins: Sequence[Pin], after: Sequence[int]) -> WaitingCheck:
    """Return how the spec of issue `number` is, which was asked for with `pins` and came `after` these issues.

    Raises GitHubError. An issue that blocks it since then is added; one that does not any more is still waited for.
    """
    before = tuple(after)
    try:
        fetched = fetch_spec(client, number, pins)
    except SpecChanged as error:
        if pins and pins[0].kind == "issue":
            return _changed(client, number, before, error)
        return WaitingCheck(before, f"{error.message}.", f"{error.hint[:1].upper()}{error.hint[1:]}.")
    except GitHubError as error:
        if error.kind in _GONE:  # whoever dispatches it says that
            return WaitingCheck(before)
        raise
    except MtorError as error:
        return WaitingCheck(before, f"{error.message}.", _ASK_AGAIN)
    blocking = [issue for issue in blocking_issues(client, number) if issue != number] if fetched.is_blocked else []
    for issue in blocking:
        if chain := way_back(client, number, issue):
            words = " comes after ".join(f"#{each}" for each in (number, *chain))
            return WaitingCheck(before, f"{words}, so that none of them is the first.", _UNBLOCK)
    return WaitingCheck(tuple(dict.fromkeys((*before, *blocking))))


def _changed(client: Client, number: int, before: tuple[int, ...], error: SpecChanged) -> WaitingCheck:
    """Return the refusal, with what the issue's text has come to where that can be read."""
    edited = f"{error.part} was edited while the job waited" if error.part == f"#{number}" else error.message
    try:
        spec = fetch_spec(client, number).spec()
    except GitHubError:
        raise
    except MtorError as unread:
        return WaitingCheck(before, f"{error.message}; as it is now, it cannot run: {unread.message}.", _CORRECT)
    if spec.diagnostics:
        return WaitingCheck(before, f"{edited}, and as it is now it cannot run: {_listed(spec.diagnostics)}.", _CORRECT)
    return WaitingCheck(before, f"{edited}{_order_changed(number, spec, before)}.", _ASK_AGAIN)


def _listed(diagnostics: Sequence[Diagnostic]) -> str:
    first = diagnostics[0]
    more = f" (and {len(diagnostics) - 1} more)" if len(diagnostics) > 1 else ""
    return f"{first.path}:{first.line}:{first.column}: {first.message} [{first.rule}]{more}"


def _order_changed(number: int, spec: Spec, before: tuple[int, ...]) -> str:
    """Return a clause about an `after` that names issues which it did not wait for, "" without such."""
    named = (issue_number(name.text) for name in spec.settings.after)
    added = dict.fromkeys(issue for issue in named if issue is not None and issue not in (number, *before))
    return f": `after` now names {', '.join(f'#{issue}' for issue in added)} too" if added else ""
