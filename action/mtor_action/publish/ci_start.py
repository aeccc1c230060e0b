"""Whether CI starts by itself on a job's work, by the setting `ci`, and with which account it is pushed therefore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.publish import comment_text
from mtor_action.publish.branch_choice import HeldBack, held_by

if TYPE_CHECKING:
    from mtor_action.publish.credentials import ActingAccount, Credentials
    from mtor_action.publish.verified import Verified


@dataclass(frozen=True, slots=True)
class CiStart:
    """The decision: `policy` is the setting's value, `held` says what may keep CI from starting by itself."""

    credentials: Credentials
    policy: str
    held: HeldBack

    @property
    def is_automatic(self) -> bool:
        """Whether CI may start by itself on what is pushed."""
        allowed = self.policy == "always" or (self.policy == "clean-only" and not self.held.implementer)
        return self.credentials.starts_ci and allowed and not self.held.outsiders

    @property
    def acting(self) -> ActingAccount:
        """The account that pushes and opens: the App only where CI may start by itself."""
        return self.credentials.own if self.is_automatic else self.credentials.quiet

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentence that says why CI waits, and how to start it; none if it does not wait."""
        if not self.credentials.starts_ci:
            return (comment_text.NO_CI,)
        if self.is_automatic:
            return ()
        reason = comment_text.CI_WAITS_FOR_OUTSIDERS if self.held.outsiders else comment_text.CI_WAITS[self.policy]
        return (f"{reason} {comment_text.CI_START}",)


def ci_start(credentials: Credentials, verified: Verified, *, is_clean: bool) -> CiStart:
    """Decide by this work and by what waits on its branch already. Raises GitHubError."""
    before = held_by(credentials, verified.source.target)
    held = HeldBack(
        implementer=before.implementer or bool(verified.implementer) or not is_clean,
        outsiders=before.outsiders or not verified.source.standing.is_trusted,
    )
    # The default branch decides, not the branch that the work is for.
    return CiStart(credentials, verified.source.defaults.ci or "clean-only", held)
