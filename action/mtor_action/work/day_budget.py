"""`per_day` on a runner: what the day leaves to this job, counted through GitHub before any command starts.

A job that may call no model continues at zero tokens: most end green without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.branches.spending import Others, spent_by_others
from mtor_action.implementer.cost.day_ledger import today
from mtor_action.manifest.settings_block.limits import budget_of, models_named

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.manifest.settings_block.settings import PerDay, Settings


# For `report.per_day`, which tells `mtor publish` to record what the run spent.
NOT_COUNTED: dict[str, object] = {"counted": False}


@dataclass(frozen=True, slots=True)
class Allowance:
    """The spending that the day allows: why no model may be called ("": one may), and US dollars (None: no limit).

    `record` is for the report.
    """

    refusal: str
    usd_left: float | None
    record: dict[str, object]


def allowance(client: Client, run_id: int, settings: Settings, default: Settings) -> Allowance | None:
    """Return what the day allows a run with these settings; None if there is no `per_day`.

    `default` are the default branch's. Where GitHub does not answer, no model is called.
    """
    per_day = settings.per_day
    if per_day is None or (per_day.usd is None and per_day.jobs is None):
        return None
    if not models_named(settings):
        return Allowance("", None, NOT_COUNTED)
    share = _share(per_day, default)
    try:
        others = spent_by_others(client, run_id, today(), share)
    except MtorError as error:
        refusal = f"what today's other runs spent is not known, so no model is called (`per_day`): {error.message}"
        return Allowance(refusal, 0.0, {**NOT_COUNTED, "problem": error.message})
    record: dict[str, object] = {"counted": True, "jobs": others.jobs, "usd": others.usd, "unknown": others.unknown}
    left = None if per_day.usd is None else min(share, max(0.0, round(per_day.usd - others.usd, 6)))
    return Allowance(_refusal(per_day, others), left, record)


def _share(per_day: PerDay, default: Settings) -> float:
    """Return the most US dollars one run may spend: equal for all runs of the day, so each can reckon the others'.

    Where specs may raise their budget, one of them may take all of the day's.
    """
    usd = budget_of(default.budget).usd or 0.0
    if per_day.usd is None:
        return usd
    return per_day.usd if "budget" in (default.specs_may or ()) else min(usd, per_day.usd)


def _refusal(per_day: PerDay, others: Others) -> str:
    jobs, usd, unknown = others.jobs, others.usd, others.unknown
    still = f" ({unknown} of them without a record yet, each counted as a whole budget)" if unknown else ""
    if per_day.jobs is not None and jobs >= per_day.jobs:
        return f"the day's budget is spent: {jobs} of {per_day.jobs} jobs called a model today{still}"
    if per_day.usd is not None and usd >= per_day.usd:
        return f"the day's budget is spent: {usd:.2f} of {per_day.usd:.2f} US dollars today by {jobs} jobs{still}"
    return ""
