"""The files of the credentials: bot.env and the key beside it, readable by their owner alone, whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from mtor_bot.env_file import is_plain, render
from mtor_bot.errors import RegistrationError
from mtor_bot.registration.app_credentials import AppCredentials
from mtor_bot.registration.app_manifest import Registration
from mtor_bot.server_settings import GITHUB_API, PREFIX

ENV_NAME = "bot.env"
KEY_NAME = "mtor-key.pem"
DATABASE_NAME = "mtor.sqlite"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """The two files of a folder, an absolute path; `force`: existing files may be replaced."""

    folder: Path
    force: bool = False

    @property
    def env(self) -> Path:
        """Return the path of the settings, bot.env."""
        return self.folder / ENV_NAME

    @property
    def key(self) -> Path:
        """Return the path of the App's private key, PEM."""
        return self.folder / KEY_NAME

    def check(self) -> None:
        """Raise RegistrationError if they cannot be written: before an App is made whose key would be lost."""
        if not is_plain(str(self.key)):
            allowed = "letters of ASCII, digits and . / _ - + @ % , : = ~"
            raise RegistrationError(
                f"{str(self.folder)!r} cannot be written in {ENV_NAME} without quotes", f"choose a folder of {allowed}"
            )
        if not self.force and (existing := [path.name for path in (self.env, self.key) if os.path.lexists(path)]):
            raise RegistrationError(
                f"{self.folder} has {' and '.join(existing)} already",
                "nothing was changed; name another folder with --to, or replace them with --force",
            )
        self._try()

    def _try(self) -> None:
        try:
            _place(_written(self.folder, b""), None)
        except OSError as error:
            raise RegistrationError(
                f"{self.folder} cannot be written to: {error.strerror}", "name another folder with --to"
            ) from error

    def write(self, credentials: AppCredentials, registration: Registration) -> None:
        """Write both, the key first: settings never name a missing key. Raises RegistrationError."""
        contents = {self.key: credentials.private_key, self.env: self._settings(credentials, registration)}
        moves: list[tuple[Path, Path]] = []
        try:
            for path, text in contents.items():
                moves.append((_written(self.folder, text.encode()), path))
            for temporary, path in moves:
                _place(temporary, path, force=self.force)
            _flush(self.folder)
        except OSError as error:
            raise RegistrationError(
                f"{ENV_NAME} and {KEY_NAME} cannot be written to {self.folder}: {error.strerror}",
                f"make a new private key and webhook secret at {registration.account_settings}/{credentials.slug}, or "
                "delete the App there and run mtor-bot setup again",
            ) from error
        finally:
            for temporary, _ in moves:
                temporary.unlink(missing_ok=True)

    def _settings(self, credentials: AppCredentials, registration: Registration) -> str:
        variables = {
            "APP_ID": str(credentials.app_id),
            "APP_PRIVATE_KEY_FILE": str(self.key),
            "WEBHOOK_SECRET": credentials.webhook_secret,
        }
        if registration.place.api != GITHUB_API:
            variables["API_URL"] = registration.place.api
        if registration.public_url:
            variables["PUBLIC_URL"] = registration.public_url
        else:  # it will poll, from the machine that it was set up on
            variables["DATABASE_URL"] = f"sqlite:///{self.folder / DATABASE_NAME}"
        comments = {
            "APP_ID": f"{credentials.html_url}, made by mtor-bot setup. Secret: keep it out of git.",
            "": _missing(registration),
        }
        prefixed = {f"{PREFIX}{name}": value for name, value in variables.items()}
        return render(prefixed, {f"{PREFIX}{name}" if name else "": words for name, words in comments.items()})


def _missing(registration: Registration) -> str:
    """Return the comment on what a person still has to decide."""
    if registration.public_url:
        return f"Outside of the container:\n{PREFIX}DATABASE_URL=sqlite:///{DATABASE_NAME}"
    return f"Where GitHub reaches this server, if it does not poll:\n{PREFIX}PUBLIC_URL=https://…"


def _written(folder: Path, content: bytes) -> Path:
    """Write a new file, synced to disk and readable by its owner alone; its name begins with a dot."""
    path = folder / f".mtor-{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
            # Whatever the umask takes away, the owner may read and write.
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _place(temporary: Path, path: Path | None, *, force: bool = False) -> None:
    """Give the file its name, deleting it if `path` is None; `force` replaces an existing file. Raises OSError."""
    if path is None:
        temporary.unlink()
    elif force:
        temporary.replace(path)
    else:
        try:
            os.link(temporary, path)  # the one way to a name that refuses a name already taken
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS or os.path.lexists(path):
                raise
            temporary.replace(path)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
