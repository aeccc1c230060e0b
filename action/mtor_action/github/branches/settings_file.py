"""`.github/mtor.yml` as GitHub has it now: the default branch's limits what other branches and specs may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.errors import MtorError
from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.github.failures import GitHubError
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.preparation.preparation import SettingsFile, read_settings_file

if TYPE_CHECKING:
    from mtor_action.github.client import Client


def settings_at(client: Client, ref: str = "") -> SettingsFile:
    """Return the file on `ref`, by default on the default branch; without one, nothing is set. Raises GitHubError."""
    try:
        data = file_bytes(client, DEFAULTS_FILE, ref)
    except GitHubError:
        raise
    except MtorError as error:
        return SettingsFile(diagnostics=(Diagnostic("setting", DEFAULTS_FILE, 1, 1, error.message),))
    return SettingsFile() if data is None else read_settings_file(data)
