"""As root every command could read a model's key from our own process, so there is no run with one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.model.roles import Models


def refuse_key_as_root(models: Models, environ: Mapping[str, str]) -> None:
    """Raise MtorError if commands are to run as root while one of the models has a key, before the first command."""
    names = (*models.implementer, *models.reflector)
    if os.geteuid() != 0 or not (models.implementer and any(_may_have_key(name, environ) for name in names)):
        return
    if any(_has_key(name, models.api_base) for name in names):
        raise MtorError(
            "this runs as root, where the code under test could read the model's key from this process",
            "run the commands as somebody else: mtor run --as-user nobody",
        )


def _may_have_key(model: str, environ: Mapping[str, str]) -> bool:
    """Cheap: whether it is worth asking litellm, which takes seconds to load."""
    from mtor_action.model.keys import OWN_CREDENTIALS
    from mtor_action.redaction.secret_names import secrets_in

    return model.partition("/")[0] in OWN_CREDENTIALS or bool(secrets_in(environ))


def _has_key(model: str, api_base: str | None) -> bool:
    from mtor_action.model.keys import missing_variables, usable_key

    try:
        return usable_key(model, api_base, None) is None and not missing_variables(model)
    except MtorError:
        return False  # no key, or no such model: said when the model is needed
