"""Specs against a commit → what is wrong with them, in words for the architect; what they would do, for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.authoring.doc_pages import explanation
from mtor_action.diagnostics import Diagnostic, render
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.order.batch import read_batch
from mtor_action.preparation.batch_plans import BatchPlans, Unplanned

if TYPE_CHECKING:
    from mtor_action.architect.drafts import Drafts
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.repository.git import Git

_MOST_DIAGNOSTICS = 20
_MOST_RULES = 4
_MOST_EXPLANATION = 1_500
# A small model gave the entry's wrong example back, three rounds long.
_WRONG_EXAMPLE = re.compile(r"^Wrong:\n.*?^Right:$", re.MULTILINE | re.DOTALL)
_NOTHING_TO_DO = "no block says what to write; give one for each file, such as ```python create=src/x.py with its text"


@dataclass(frozen=True, slots=True)
class JudgedDrafts:
    """The specs, planned: `problems` say why one cannot be used; none: `plans` has one for each, in their order."""

    drafts: Drafts
    diagnostics: tuple[Diagnostic, ...] = ()
    problems: tuple[str, ...] = ()
    plans: tuple[Prepared, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Return whether every spec can be filed as it is."""
        return not (self.diagnostics or self.problems)

    def feedback(self) -> str:
        """Return the faults in words for the architect, with the pages on the rules that were broken."""
        shown = self.diagnostics[:_MOST_DIAGNOSTICS]
        more = len(self.diagnostics) - len(shown)
        rules = list(dict.fromkeys(diagnostic.rule for diagnostic in shown))[:_MOST_RULES]
        entries = [entry for rule in rules if (entry := explanation(rule))]
        return "\n\n".join(
            [
                "The spec was checked, and cannot be used. What is wrong:",
                *(render(diagnostic) for diagnostic in shown),
                *([f"… and {more} more"] if more else []),
                *self.problems,
                *(f"# About [{entry.name}]\n\n{_without_wrong(entry.text)[:_MOST_EXPLANATION]}" for entry in entries),
                "Give every spec again, whole and corrected, and nothing else.",
            ]
        )


def _without_wrong(entry: str) -> str:
    return _WRONG_EXAMPLE.sub("Right, in another spec:", entry)


def _has_settings_alone(spec: Spec) -> bool:
    """Return whether the only fence is that of faulty settings; `no-manifest` says it of settings without a fault."""
    is_empty = not (spec.operations or spec.moves or spec.deletes or spec.prose_fences)
    is_told = any(fault.rule == "no-manifest" for fault in spec.diagnostics)
    return is_empty and len(spec.manifest_blocks) == 1 and not is_told


def judge(git: Git, commit: str, drafts: Drafts) -> JudgedDrafts:
    """Plan the specs on `commit`, each on the results of those that it comes after. Nothing is written or run."""
    specs = [(name, parse_spec([Part(name, text.encode("utf-8", "surrogatepass"))])) for name, text in drafts.specs]
    batch = read_batch(specs)
    diagnostics = [fault for faults in batch.diagnostics for fault in faults]
    if any(spec.diagnostics for _, spec in specs) or diagnostics:
        unread = [f"{name}: {_NOTHING_TO_DO}" for name, spec in specs if _has_settings_alone(spec)]
        faults = (*(fault for _, spec in specs for fault in spec.diagnostics), *diagnostics)
        return JudgedDrafts(drafts, faults, tuple(unread))
    # A plan is made for the commit that was read, whatever branch a spec names.
    pinned = [(name, spec._replace(settings=spec.settings._replace(base=commit))) for name, spec in specs]
    plans = BatchPlans(git, pinned, batch, commit)
    prepared: dict[int, Prepared] = {}
    problems: list[str] = []
    for place in batch.order:
        planned = plans.plan(place)
        if isinstance(planned, Unplanned):
            problems.append(f"{specs[place][0]}: {planned.reason}; {planned.next_step}")
            continue
        prepared[place] = planned
        # `faults` has hunks without a place too: they are the architect's mistake, not the implementer's first task.
        diagnostics += specs[place][1].with_source(planned.faults)
        if not planned.plan.changes and not diagnostics:
            problems.append(f"{specs[place][0]} changes nothing: all of it is there already")
    plans_in_order = tuple(prepared[place] for place in sorted(prepared))
    return JudgedDrafts(drafts, tuple(dict.fromkeys(diagnostics)), tuple(problems), plans_in_order)
