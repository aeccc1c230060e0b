"""The check of the implementer's work before publishing: inside every scope, regular files, a consistent report.

Pure: the plan is our own, made again from the pinned spec; only `offered` and the report come from the work job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.report.report import Outcome, Report
from mtor_action.report.wording import used_model
from mtor_action.scope.formatted import is_kept, is_only_layout
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.overlay import Overlay
from mtor_action.tree.path_policy import MOST_BYTES, MOST_FILES, alike, path_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.plan.placed_operations import Plan
    from mtor_action.scope.scope import Scope
    from mtor_action.tree.tree import Tree

_MOST_SHOWN = 20
# What leads to a branch, as far as anything changed.
PUBLISHED = frozenset({Outcome.CLEAN, Outcome.FIXED, Outcome.FAILING, Outcome.STALLED})
_WITHOUT_MODEL = frozenset({Outcome.CLEAN, Outcome.EMPTY, Outcome.REJECTED})


class Checked(NamedTuple):
    """`spec` leads from the base to the plan, `formatted` from there to the spec's own files in another layout.

    `implementer` leads from both to what was tested; a format command that changed more than layout counts as one.

    With `refusals` (sentences) nothing of it may be published.
    """

    spec: tuple[Change, ...] = ()
    implementer: tuple[Change, ...] = ()
    formatted: tuple[Change, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Change, ...]:
        """What leads from the base to the spec's own files as they were formatted."""
        formatted = {change.path: change.after for change in self.formatted}
        changes = (change._replace(after=formatted.get(change.path, change.after)) for change in self.spec)
        return tuple(change for change in changes if change.before != change.after)


def check(
    plan: Plan,
    tree: Tree,
    scopes: Sequence[Scope],
    report: Report,
    offered: Mapping[str, FileState | None],
    *,
    formats: bool = False,
) -> Checked:
    """Judge what the work job hands over. `tree` is the base, `offered` what it says was made of the plan's paths.

    `formats`: our own settings have format commands, which may have changed the spec's own files.
    """
    refusals = _too_much(offered)
    if refusals:
        return Checked(plan.changes, refusals=tuple(refusals))
    overlay = Overlay(tree, plan.changes)
    changes: list[Change] = []
    formatted: list[Change] = []
    # Deletions first, as the commit has them; then folders before what is in them.
    for path in sorted(offered, key=lambda path: (offered[path] is not None, path)):
        change = Change(path, overlay.file(path), offered[path])
        outside = _outside(path, scopes)
        if not outside and change.before == change.after:
            continue  # equal to the plan: exactly the spec
        is_formatting = formats and all(is_kept(change, scope) for scope in scopes)
        reason = "" if is_formatting else outside or _unwritable(change, scopes, overlay)
        if reason:
            refusals.append(f"{path}: {reason}")
            continue
        (formatted if is_formatting and is_only_layout(change) else changes).append(change)
        overlay.put(path, change.after)
    refusals += _alike(changes, overlay)
    refusals += _contradictions(report, plan, changes, formats=formats)
    return Checked(plan.changes, tuple(changes), tuple(formatted), tuple(refusals[:_MOST_SHOWN]))


def _unwritable(change: Change, scopes: Sequence[Scope], overlay: Overlay) -> str:
    """Return why no implementer may make this change of a file in its scope, "" if it may."""
    reason = _touches_tests(change.path, change.before, change.after, scopes)
    return reason or (overlay.obstacle(change.path) if change.after else "")


def _too_much(offered: Mapping[str, FileState | None]) -> list[str]:
    size = sum(len(state.content) for state in offered.values() if state)
    if len(offered) > MOST_FILES:
        return [f"the implementer's changes are {len(offered):,} files, expected at most {MOST_FILES:,}"]
    if size > MOST_BYTES:
        return [f"the implementer's changes have {size:,} bytes, expected at most {MOST_BYTES:,}"]
    return []


def _outside(path: str, scopes: Sequence[Scope]) -> str:
    fault = path_fault(path, is_new=False)
    if fault:
        return fault
    if any(scope.is_protected(path) for scope in scopes):
        return "the file is protected, and no implementer may change it"
    if any(scope.refusal(path) for scope in scopes):
        return "the file is outside the scope: neither the spec names it nor `allow` on both branches"
    return ""


def _touches_tests(path: str, before: FileState | None, after: FileState | None, scopes: Sequence[Scope]) -> str:
    texts = [state and state.content.decode("utf-8", "replace") for state in (before, after)]
    touched = any(scope.region_fault(path, *texts) for scope in scopes)
    return "the change touches tests inside the file, and no implementer may change those" if touched else ""


def _alike(changes: Iterable[Change], overlay: Overlay) -> list[str]:
    """Return new paths that fall together with others where case is folded, or that some file system cannot hold."""
    new = [change.path for change in changes if change.after and change.before is None]
    faults = [f"{path}: {fault}" for path in new if (fault := path_fault(path))]
    return faults + [
        f"{path}: it differs only in case or accents from {other}, or lies below it"
        for path, _, other in alike(new, overlay.paths() if new else ())
    ]


def _contradictions(report: Report, plan: Plan, changes: Sequence[Change], *, formats: bool) -> list[str]:
    """Return sentences about a report that contradicts what was handed over, or our own plan."""
    outcome = report.outcome
    if outcome is None:
        return ["the report has no outcome"]
    contradictions = []
    own = {change.path for change in plan.changes if change.after is not None} if formats else set()
    beyond = [change for change in changes if change.path not in own or outcome not in PUBLISHED]
    if beyond and outcome in _WITHOUT_MODEL:
        contradictions.append(f"the report says {outcome}, but the implementer changed {_listed(beyond)}")
    elif beyond and not used_model(report):
        contradictions.append(f"the report says 0 tokens, but the implementer changed {_listed(beyond)}")
    if outcome in PUBLISHED and plan.diagnostics:
        contradictions.append(f"the report says {outcome}, but the spec does not apply to the recorded base")
    unmade = {hunk.path for hunk in plan.unplaced} - {change.path for change in changes}
    if outcome in (Outcome.CLEAN, Outcome.FIXED) and unmade:
        contradictions.append(f"the report says {outcome}, but the spec's edit of {min(unmade)} has not been made")
    if outcome in (Outcome.CLEAN, Outcome.FIXED) and not (plan.changes or changes or plan.faults):
        contradictions.append(f"the report says {outcome}, but nothing was left to change on the recorded base")
    if outcome is Outcome.EMPTY and plan.changes and not formats:
        contradictions.append("the report says empty, but the spec still has changes to make on the recorded base")
    return contradictions


def _listed(changes: Sequence[Change]) -> str:
    return ", ".join(change.path for change in changes[:5]) + (", …" if len(changes) > 5 else "")
