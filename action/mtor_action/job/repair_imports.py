"""What only a repair needs, imported while commands still run: pydantic and litellm take seconds.

import_for_repair()   as soon as a command is red, if there is an implementer
repair_by()           when the repair begins; waits for what mtor itself needs, not for litellm
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.model.loading import not_installed, start_loading, wait_for_packages

if TYPE_CHECKING:
    from mtor_action.implementer.fix import Fix


def import_for_repair() -> None:
    """Begin to import, in the background; does nothing if it has begun."""
    start_loading(_fix_class)


def repair_by() -> type[Fix]:
    """Return the class of the repair; MtorError if the packages of the extra `model` are not installed."""
    import_for_repair()
    wait_for_packages()
    try:
        return _fix_class()
    except ModuleNotFoundError as error:  # pydantic comes with the extra `model`, as litellm does
        raise not_installed(error) from error


def _fix_class() -> type[Fix]:
    from mtor_action.implementer.fix import Fix

    return Fix
