"""The grammars of the extra `symbols`, installed the moment a spec names a definition in their language."""

from __future__ import annotations

import json
from collections.abc import MutableMapping

VARIABLE = "MTOR_SYMBOLS_INSTALL"


def install_named_grammars(environ: MutableMapping[str, str]) -> None:
    """Do that if `environ` has the command that installs a package, as a runner's has; it is taken out."""
    text = environ.pop(VARIABLE, "")
    if not text:
        return
    from mtor_action.symbols.grammar import install_missing_with
    from mtor_action.work.model_install import installer

    command: list[str] = json.loads(text)
    kept = dict(environ)

    def install(package: str) -> None:
        installer([*command, package], kept, f"the package {package}")()

    install_missing_with(install)
