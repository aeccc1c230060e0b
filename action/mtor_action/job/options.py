"""The options on the command line, and of the Action, about how to run: for every spec alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from mtor_action.job.ownership import User
    from mtor_action.preparation.preparation import SettingsFile
    from mtor_action.preparation.remake_merge import CarriedChange
    from mtor_action.preparation.text_origin import Origin


class Options(NamedTuple):
    """The options of a run. `models` and `api_base` override the settings; `as_user` runs the commands.

    For one spec alone, "" where a run decides it: the `job`'s id, the `branch` to make, the commit `base` to work on;
    in a terminal `start` is a commit instead of the spec's own base: the result of those that it comes after.
    `carried` is the change of a pull request that is carried onto `base`, in place of the spec's own plan.
    `origin` is what is known about the text. `default` is the default branch's settings, which limit those of spec and
    base; `day_refusal` says why no model may be called today, `usd_left` is what `per_day` leaves to this run in US
    dollars (None: nobody counted).
    """

    models: tuple[str, ...] = ()
    api_base: str | None = None
    as_user: User | None = None
    job: str = ""
    branch: str = ""
    base: str = ""
    origin: Origin | None = None
    default: SettingsFile | None = None
    day_refusal: str = ""
    usd_left: float | None = None
    start: str = ""
    carried: CarriedChange | None = None
