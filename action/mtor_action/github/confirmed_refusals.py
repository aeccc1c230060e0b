"""Never refuse anything on GraphQL's word: REST is asked once, and decides.

`asked_ahead` keeps an issue as GraphQL has it in REST's place. Nothing promises that the two give the same bytes, name
the same account or know the same moment, and pins are made of what REST and webhooks say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.client import Client

_Result = TypeVar("_Result")


def refuse_by_rest(
    client: Client, read: Callable[[], _Result], is_accepted: Callable[[_Result], bool] | None = None
) -> _Result:
    """Return what `read` returns; what it refuses, or `is_accepted` does, is read again by REST.

    `read` may be called twice, the second time only if something here rested on GraphQL's word. Raises what it raises.
    """
    try:
        result = read()
    except GitHubError:
        raise  # GitHub's own refusal, which says nothing about a text
    except MtorError:
        if not client.forget_presumed():
            raise
        return read()
    if is_accepted is None or is_accepted(result) or not client.forget_presumed():
        return result
    return read()
