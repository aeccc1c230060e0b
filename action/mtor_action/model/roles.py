"""The models that a run may call: light enough to be decided on the path that calls none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.settings_block.limits import models_named

if TYPE_CHECKING:
    from mtor_action.manifest.settings_block.settings import Settings


DEFAULT_SAMPLES = 4
DEFAULT_MAX_OUTPUT_TOKENS = 8_192


class Models(NamedTuple):
    """Models by their litellm names, and how they are asked.

    `implementer` in order of escalation; empty: no model is called. `reflector` empty: the implementer reflects.
    `samples` is how often the smallest question is asked at most. `protocol` is auto, tools or text. `stalls` are
    thresholds by signal. `max_output_tokens` bounds one answer. `day_refusal` says why none may be called today,
    `usd_left` is what the day leaves to this run in US dollars (None: nobody counted).
    """

    implementer: tuple[str, ...] = ()
    reflector: tuple[str, ...] = ()
    api_base: str | None = None
    protocol: str = "auto"
    stalls: tuple[tuple[str, float], ...] = ()
    usd_per_day: float | None = None
    jobs_per_day: int | None = None
    day_refusal: str = ""
    usd_left: float | None = None
    samples: int = DEFAULT_SAMPLES
    max_output_tokens: int = DEFAULT_MAX_OUTPUT_TOKENS


def models_of(settings: Settings, requested: tuple[str, ...] = (), api_base: str | None = None) -> Models:
    """Return the models of a run: those `requested` on the command line, else the spec's, else those of the role."""
    roles = dict(settings.roles)
    implementer = requested or models_named(settings) or ()
    per_day = settings.per_day
    return Models(
        implementer=implementer,
        reflector=roles.get("reflector", ()),
        api_base=api_base,
        protocol=settings.protocol or "auto",
        stalls=settings.stalls,
        usd_per_day=per_day.usd if per_day else None,
        jobs_per_day=per_day.jobs if per_day else None,
        samples=settings.samples or DEFAULT_SAMPLES,
        max_output_tokens=settings.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS,
    )
