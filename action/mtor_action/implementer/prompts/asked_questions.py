"""Which of the smallest questions is asked next, and whether an answer that did not make all green is kept."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from mtor_action.implementer.conversation.transcript import Form
from mtor_action.implementer.failing_output.failure_summary import has_moved_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.implementer.conversation.transcript import TurnRecord
    from mtor_action.implementer.prompts.question import Question
    from mtor_action.processes.commands import CommandResult


@dataclass(slots=True)
class AskedQuestions:
    """The questions of one context: `make` makes them, the likeliest first, about the tree as it is then.

    They are asked in turns, `samples` times in all, and anew after an answer that is kept.
    """

    make: Callable[[], Sequence[Question]]
    samples: int
    _made: Sequence[Question] | None = None

    def following(self, own: Sequence[TurnRecord]) -> Question | None:
        """Return the one to ask after a context's turns; None once all were asked, or something else was."""
        answers = _since_kept(own)
        if len(answers) >= self.samples or any(turn.form is not Form.QUESTION or turn.nudged for turn in own):
            return None
        if self._made is None:
            self._made = self.make()
        return self._made[len(answers) % len(self._made)] if self._made else None

    def answers_to(self, question: Question, own: Sequence[TurnRecord]) -> list[TurnRecord]:
        """Return the turns in which the same was asked."""
        questions = cycle(self._made or ())
        return [turn for turn, each in zip(_since_kept(own), questions, strict=False) if each == question]

    def keeps(self, question: Question, before: Sequence[CommandResult], after: Sequence[CommandResult]) -> bool:
        """Return whether an answer repaired what it was about, so that what is red now is something else."""
        following = self.make() if has_moved_on(before, after) else ()
        is_kept = bool(following) and not following[0].is_about_same(question)
        if is_kept:
            self._made = following
        return is_kept

    def forget(self) -> None:
        """Make the questions anew when the next one is asked: another model begins."""
        self._made = None


def _since_kept(own: Sequence[TurnRecord]) -> list[TurnRecord]:
    last = max((turn.number for turn in own if turn.is_kept), default=0)
    return [turn for turn in own if turn.number > last]
