"""A spec's plan, or its faults, in Markdown.

GitHub does not show the words after a fence's language, so that a reader of the issue sees no paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic, explaining_commands, render
from mtor_action.github.texts.authors import Author, Standing
from mtor_action.manifest.file_blocks.operations import SubstFiles
from mtor_action.manifest.settings_block.limits import models_named
from mtor_action.neutral import code_block, inline_code, prose, visible
from mtor_action.report.wording import count, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.access.decision import Account
    from mtor_action.job_start.planning_on_github import PlannedSpec

MOST_OPERATIONS = 100
MOST_DIAGNOSTICS = 50
# Characters. All together leave room for the settings that a spec changes: a comment is cut at its end.
LONGEST_BLOCK = 12_000
LONGEST_LIST = 20_000
LONGEST_VALUE = 120


def plan_text(planned: PlannedSpec, outsiders: Sequence[Account] = (), note: str = "") -> str:
    """Return the operations with their paths, the test commands, and the settings that the spec changes.

    `outsiders` wrote text of it and cannot write here. `note` is Markdown that comes first.
    """
    commands = visible("\n".join(planned.settings.commands))
    parts = [
        *filter(None, [note]),
        *_outsiders(outsiders),
        *_order(planned),
        f"On {inline_code(planned.base_name)} ({inline_code(planned.base[:12])}):",
        *_merge(planned),
        "\n".join(_first(list(_operations(planned)))),
        code_block(_cut(commands), "sh") if commands.strip() else "No command decides: untested.",
    ]
    if len(commands) > LONGEST_BLOCK:
        more = len(commands) - LONGEST_BLOCK
        parts.append(f"**{count(more, 'character')} of the commands are not shown:** read them in the spec itself.")
    models = models_named(planned.settings)
    if planned.settings.fill:
        bodies = ", ".join(inline_code(fill.text, LONGEST_VALUE) for fill in planned.settings.fill[:MOST_OPERATIONS])
        nobody = "" if models else " No implementer is named, so nobody writes them."
        parts.append(f"Bodies left to the implementer: {bodies}.{nobody}")
    if models:
        parts.append(f"If tests are red: {prose(', '.join(models), 300)}.")
    if planned.changes:
        changes = (f"- {change.described(lambda text: inline_code(text, LONGEST_VALUE))}" for change in planned.changes)
        parts.append("\n".join(("**Its settings change:**\n", *changes)))
    return "\n\n".join(parts)


def _order(planned: PlannedSpec) -> Iterator[str]:
    names = ", ".join(f"#{each.number}" for each in planned.order.predecessors)
    if planned.order.obstacle:
        yield f"It comes after {names}, and is planned and started on their result once all are green."
    elif names:
        yield f"It comes after {names}."


def _first(operations: list[str]) -> list[str]:
    """Return as many operations as fit, and a line that counts the rest."""
    number, length = 0, 0
    for operation in operations[:MOST_OPERATIONS]:
        length += len(operation) + 1
        if length > LONGEST_LIST:
            break
        number += 1
    left = len(operations) - number
    return [*operations[:number], *([f"- … and {count(left, 'more operation')}"] if left else [])]


def _merge(planned: PlannedSpec) -> Iterator[str]:
    """Say that the base moved, and what the runner does about it."""
    if planned.elsewhere is None:
        return
    name = inline_code(planned.base_name)
    moved = f"**{name} moved since the spec was written**, and the spec does not apply to it as it is."
    if planned.elsewhere.commit:
        commit = inline_code(planned.elsewhere.commit[:12])
        yield f"{moved} The runner merges it from {commit}, where it applies as shown, and tests the merged files."
    else:
        search = (
            "The runner looks for the commit that it was written for, merges it from there, and tests the merged files."
        )
        yield f"{moved} {search}"


def _outsiders(outsiders: Sequence[Account]) -> Iterator[str]:
    if outsiders:
        authors = [Author(account.id, account.login, account.kind.value) for account in outsiders]
        words = "; ".join(Standing(outsiders=tuple(authors)).sentences())
        yield f"**Read all of it first:** this is {words}. Its pull request will be a draft, whose CI waits."


def faults_text(faults: Sequence[Diagnostic]) -> str:
    """Return the spec's faults in a code block, as the terminal prints them (Markdown)."""
    rendered = "\n\n".join(render(diagnostic) for diagnostic in faults[:MOST_DIAGNOSTICS])
    more = f"\n\n… and {len(faults) - MOST_DIAGNOSTICS} more" if len(faults) > MOST_DIAGNOSTICS else ""
    block = code_block(_cut(visible(rendered)) + more)
    commands = ", ".join(inline_code(command) for command in explaining_commands(faults))
    number = count(len(faults), "problem")
    return f"The spec has {number}; nothing was started.\n\n{block}\n\nWhat the rules mean: {commands}."


def _operations(planned: PlannedSpec) -> Iterator[str]:
    for landing in planned.plan.landings:
        note = f" ({prose(landing.note, 200)})" if landing.note else ""
        note += f" ({lines_of(landing.places)})" if landing.places else ""
        yield f"- {landing.kind} {inline_code(landing.path)} +{landing.added} -{landing.removed}{note}"
    for hunk in planned.plan.unplaced:
        yield f"- edit {inline_code(hunk.path)}: a hunk finds no place, the implementer gets it"
    if not planned.plan.landings:
        spec = planned.spec
        yield from (f"- move {inline_code(move.old)} to {inline_code(move.new)}" for move in spec.moves)
        yield from (f"- delete {inline_code(delete.path)}" for delete in spec.deletes)
        for operation in spec.operations:
            if isinstance(operation, SubstFiles):
                yield f"- subst {inline_code(operation.glob)}: {count(operation.count, 'place')} for each hunk"
                continue
            yield f"- {getattr(operation, 'kind', 'edit')} {inline_code(operation.path)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BLOCK else f"{text[:LONGEST_BLOCK]}\n…"
