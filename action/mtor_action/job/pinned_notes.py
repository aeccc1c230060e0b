"""The coaching notes that a job is told: chosen once, and the same again when its run is taken up after a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.coaching.branch_objects import Objects

if TYPE_CHECKING:
    from mtor_action.coaching.briefing import Briefing
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.repository.git import Git


def pin_notes(git: Git, job: str, prepared: Prepared, *, resumed: bool) -> Briefing | None:
    """Return the notes for the paths of the plan, or those that the resumed `job` began with; None for no branch."""
    if resumed:
        from mtor_action.coaching.briefing import pinned
        from mtor_action.implementer.conversation.transcript import Transcript
        from mtor_action.redaction.redactor import Redactor

        transcript = Transcript(git.state_dir / "jobs" / job / "transcript.jsonl", Redactor({}))
        return pinned(transcript.start().get("coaching"), transcript.path)
    with Objects(git) as objects:  # git starts while what reads its answers is imported
        from mtor_action.coaching.briefing import brief

        paths = [change.path for change in prepared.plan.changes]
        return brief(git, objects, paths + [hunk.path for hunk in prepared.plan.unplaced])
