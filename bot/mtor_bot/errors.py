"""The exceptions of mtor_bot, below those of mtor_action.

mtor_action.errors.MtorError    what went wrong and, as a hint, what to do next
├── RegistrationError           the App could not be registered on GitHub
├── Refused                     a request to the server is refused; answered with its status
└── UsageError                  exit 64
    └── SettingsError           settings have mistakes; the message lists them all
"""

from __future__ import annotations

from mtor_action.errors import MtorError, UsageError


class RegistrationError(MtorError):
    """The App could not be registered on GitHub, or its credentials not be kept."""


class Refused(MtorError):
    """A request that is not served: `status` is the HTTP status, `reason` one of a few words, for metrics."""

    def __init__(self, status: int, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status
        self.reason = reason


class SettingsError(UsageError):
    """The bot cannot work with these settings."""
