"""What a person says on the command line about how to run, for every spec alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mtor_action.run.ownership import User


class Options(NamedTuple):
    """`models` and `api_base` go before the settings; `as_user` runs the commands."""

    models: tuple[str, ...] = ()
    api_base: str | None = None
    as_user: User | None = None
