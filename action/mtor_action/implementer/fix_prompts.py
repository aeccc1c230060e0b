"""What the models of one fix are told and asked: the task of a conversation, and the smallest questions about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.implementer.failing_output import failure_summary
from mtor_action.implementer.failing_output.failure_excerpt import failure_excerpt
from mtor_action.implementer.failing_output.lines_of_test import with_test_lines
from mtor_action.implementer.prompts.first_messages import Task, prose_of, unplaced_hunks, wish_of
from mtor_action.implementer.prompts.question import Guidance, questions_about
from mtor_action.implementer.prompts.suspects import texts_before
from mtor_action.scope.name_tables import is_test_path

if TYPE_CHECKING:
    from mtor_action.implementer.fix_start import FixStart
    from mtor_action.implementer.prompts.question import Question
    from mtor_action.implementer.tools.toolbox import Toolbox
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.scope.scope import Scope


@dataclass(frozen=True, slots=True)
class FixPrompts:
    """The prompts of one fix, made when they are needed from the tree as it is then. What a model sees is redacted."""

    prepared: Prepared
    scope: Scope
    toolbox: Toolbox
    started: FixStart
    coaching: str  # notes, as a prompt has them; "" for none
    notes: str  # of the repository's own guide

    @property
    def paths(self) -> list[str]:
        """Return the job's own files: those whose bodies or edits are left open, and those that the spec changes."""
        plan = self.prepared.plan
        fills = (fill.text.partition("::")[0] for fill in self.prepared.settings.fill)
        changed = (change.path for change in plan.changes if change.path in self.scope.own)
        unplaced = (hunk.path for hunk in plan.unplaced)
        return list(dict.fromkeys([*fills, *changed, *unplaced, *plan.entrusted]))

    def task(self) -> Task:
        """Return what a conversation begins with, from the tree as it is now."""
        now = with_test_lines(failures_now(self.toolbox, self.started), self._text_of_test)
        return Task(
            self.prepared.spec,
            self.prepared.plan,
            self.toolbox.redact(now),
            self.scope.described(),
            self.paths,
            self.coaching,
            self.notes,
        )

    def questions(self) -> list[Question]:
        """Return the smallest questions, to be asked in turns; [] where none is small."""
        spec, plan = self.prepared.spec, self.prepared.plan
        rest = unplaced_hunks(plan.unplaced) + wish_of(spec)
        output = with_test_lines(failure_excerpt(self.toolbox.results), self._text_of_test)
        fails = self.toolbox.redact(f"{output}{rest}".strip())
        guidance = Guidance(self.toolbox.redact(prose_of(spec)), self.coaching, self.notes)
        return questions_about(self.paths, fails, self.toolbox.whole_text, texts_before(plan.changes), guidance)

    def _text_of_test(self, path: str) -> str | None:
        """Return the text of a test; Go names a file alone, which may be one of the spec's in any folder."""
        own = [change.path for change in self.prepared.plan.changes if change.path.endswith(f"/{path}")]
        full_path = own[0] if len(own) == 1 and self.toolbox.readable_text(path) is None else path
        return self.toolbox.readable_text(full_path) if is_test_path(full_path) else None


def failures_now(toolbox: Toolbox, started: FixStart) -> str:
    """Return how the commands end as the tree is: as at the start where nothing was run since, or all was undone."""
    return failure_summary.described(toolbox.results) if toolbox.results else str(started.failures)
