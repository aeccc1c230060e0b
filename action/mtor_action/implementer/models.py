"""Which models a run may call: light enough to be decided on the path that calls none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mtor_action.spec.settings import Settings


class Models(NamedTuple):
    """Models by their litellm names, and how they are asked.

    `implementer` in order of escalation; empty: no model is called. `reflector` empty: the implementer reflects.
    `protocol` is auto, tools or text. `stalls` are thresholds by signal.
    """

    implementer: tuple[str, ...] = ()
    reflector: tuple[str, ...] = ()
    api_base: str | None = None
    protocol: str = "auto"
    stalls: tuple[tuple[str, float], ...] = ()
    usd_per_day: float | None = None
    jobs_per_day: int | None = None


def models_of(settings: Settings, asked: tuple[str, ...] = (), api_base: str | None = None) -> Models:
    """The models of a run: `asked` on the command line, else the spec's, else those of the role."""
    roles = dict(settings.roles)
    implementer = asked or (roles.get("implementer", ()) if settings.implementer is None else settings.implementer)
    per_day = settings.per_day
    return Models(
        implementer=implementer,
        reflector=roles.get("reflector", ()),
        api_base=api_base,
        protocol=settings.protocol or "auto",
        stalls=settings.stalls,
        usd_per_day=per_day.usd if per_day else None,
        jobs_per_day=per_day.jobs if per_day else None,
    )
