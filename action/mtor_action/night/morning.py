"""A morning as a value: everything that the issue, the page, the message and the terminal are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.night.night_job import NightJob, headline

if TYPE_CHECKING:
    from mtor_action.coaching.stats import Effect
    from mtor_action.outcomes.figures import Week


@dataclass(frozen=True, slots=True)
class Morning:
    """The jobs since `since` (ISO 8601, UTC) in the repository OWNER/REPO, most urgent first.

    `weeks` are the outcomes of the last weeks, oldest first; `effects` what each active note seems to have changed.
    Both are empty where they are not known.
    """

    repository: str
    since: str
    jobs: tuple[NightJob, ...]
    weeks: tuple[Week, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def needing(self) -> tuple[NightJob, ...]:
        """The jobs that a person has to do something about."""
        return tuple(job for job in self.jobs if job.needs_a_person)

    @property
    def others(self) -> tuple[NightJob, ...]:
        """The jobs that nobody has to do anything about."""
        return tuple(job for job in self.jobs if not job.needs_a_person)


def night_json(morning: Morning) -> dict[str, object]:
    """Return the object that `mtor night --json` prints."""
    return {
        "schema": 1,
        "since": morning.since,
        "headline": headline(morning.jobs),
        "jobs": [job.as_json() for job in morning.jobs],
        "notes": [effect.as_json() for effect in morning.effects],
    }
