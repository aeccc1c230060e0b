"""What a person says on the command line about how to run, for every spec alike; and what the Action says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mtor_action.run.ownership import User


class Options(NamedTuple):
    """`models` and `api_base` go before the settings; `as_user` runs the commands.

    For one spec alone, "" where a run decides it: the `job`'s id, the `branch` to make, the commit `base` to work on.
    """

    models: tuple[str, ...] = ()
    api_base: str | None = None
    as_user: User | None = None
    job: str = ""
    branch: str = ""
    base: str = ""
