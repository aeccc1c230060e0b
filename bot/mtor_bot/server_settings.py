"""The bot's settings: MTOR_BOT_* in the environment, then a TOML or .env file; all mistakes are reported at once.

The environment variable MTOR_BOT_<NAME>_FILE, or the key <name>_file, names a file that holds a secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mtor_action.night.night_message import webhook_host
from mtor_action.night.night_time import NightTime, read_night_time, read_zone
from mtor_action.untyped import JsonObject
from mtor_bot.env_file import is_env_file, parse
from mtor_bot.errors import SettingsError
from mtor_bot.github_app.private_key import load_private_key

PREFIX = "MTOR_BOT_"
SECRETS = ("app_private_key", "webhook_secret", "database_url", "night_webhook", "night_token")
SHORTEST_SECRET = 16
MOST_PORT = 65535
GITHUB_API = "https://api.github.com"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
_LOCAL = r"http://(?:localhost|127\.0\.0\.1|\[::1\])"
_ADDRESS = re.compile(rf"(?:https://[\w.-]+|{_LOCAL})(?::\d{{1,5}})?(?:/[\w./~-]*)?", re.ASCII)


def server_address(value: str) -> str:
    """Return the address without a slash at its end. Raises ValueError unless https:// (or http:// on loopback)."""
    if not _ADDRESS.fullmatch(value):
        raise ValueError("not an https:// address, or one with a user, query or fragment")
    return value.rstrip("/")


_Address = Annotated[str, AfterValidator(server_address)]


class DatabaseSettings(BaseSettings):
    """The settings that reading the queue needs; every field is MTOR_BOT_<NAME> in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", use_attribute_docstrings=True)

    database_url: str = Field("sqlite:////data/mtor.sqlite", repr=False)
    """sqlite:///FILE, or postgresql://… for several replicas."""


class GitHubSettings(DatabaseSettings):
    """The settings that name the GitHub server; all that `mtor-bot setup` needs."""

    api_url: _Address = GITHUB_API
    """GitHub's API; on ghe.com https://api.SUBDOMAIN.ghe.com."""
    time_scale: float = Field(1.0, gt=0, le=1)
    """A factor for every wait; below 1 only for tests and the demo."""


class BotSettings(GitHubSettings):
    """The settings that the queue needs to act on GitHub."""

    app_id: str = Field(pattern=r"^(\d{1,18}|Iv[\w.]{1,40})$")
    """The App's id or client id."""
    app_private_key: SecretStr
    """The App's private key, PEM."""
    trigger_label: str = Field("mtor", min_length=1, max_length=50)
    """The label that starts a job."""
    listed_bots: Annotated[frozenset[int], NoDecode] = frozenset()
    """Ids of bot accounts that count as people with write access, separated by commas."""
    max_jobs: int = Field(20, ge=1)
    """The most jobs at a time, in all repositories together."""
    max_jobs_per_repository: int = Field(3, ge=1)
    """The most jobs at a time in one repository."""
    max_jobs_per_day: int = Field(200, ge=1)
    """The most jobs that may start in 24 hours; a requested re-run counts as a job."""
    max_open_pull_requests: int = Field(10, ge=1)
    """While a repository has this many open pull requests of mtor, no further job starts there."""
    poll_seconds: int = Field(60, ge=10)
    """With `--poll`: seconds between two looks at each repository, at least 10."""
    night_at: str = "06:00"
    """When the bot writes the issue "mtor: last night", HH:MM. Empty: never."""
    night_zone: str = "UTC"
    """The time zone of night_at, such as Europe/Berlin."""
    night_webhook: SecretStr = SecretStr("")
    """An https:// address of Slack, Discord or the like that gets each night as a message. Empty: none."""

    @field_validator("listed_bots", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value

    @field_validator("night_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if value:
            read_night_time(value, "UTC")
        return value

    @field_validator("night_zone")
    @classmethod
    def _time_zone(cls, value: str) -> str:
        read_zone(value)
        return value

    @field_validator("night_webhook")
    @classmethod
    def _message_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            webhook_host(value.get_secret_value())
        return value

    @property
    def night_time(self) -> NightTime | None:
        """Return when nights end, None for never."""
        return read_night_time(self.night_at, self.night_zone) if self.night_at else None


class _KeyedSettings(BotSettings):
    """The settings that anything which serves needs: the key has to be one."""

    @field_validator("app_private_key")
    @classmethod
    def _rsa_key(cls, value: SecretStr) -> SecretStr:
        load_private_key(value.get_secret_value())
        return value


class PollingSettings(_KeyedSettings):
    """The settings that `mtor-bot serve --poll` needs: nobody has to reach it."""


class ServerSettings(_KeyedSettings):
    """The settings that `mtor-bot serve` needs, all of them."""

    webhook_secret: SecretStr = Field(min_length=SHORTEST_SECRET)
    """The App's webhook secret, at least 16 characters; 32 random bytes are best."""
    public_url: _Address
    """The https:// address at which runners reach this server, the same as the workflows' variable MTOR_BOT_URL."""
    oidc_issuer: str = ""
    """Who signs the identities of workflow runs. Empty: the issuer of api_url."""
    listen_host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 in a container."""
    listen_port: int = Field(8080, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    metrics_host: str = "127.0.0.1"
    """The address that serves only /metrics. Choose one that cannot be reached from outside."""
    metrics_port: str = ""
    """The port of /metrics. Empty: the one above listen_port, or a free one if that is 0."""
    trusted_proxies: str = "127.0.0.1, ::1"
    """Addresses or networks (CIDR) of proxies in front, separated by commas; exempt from the limit on connections."""
    night_token: SecretStr = SecretStr("")
    """Opens the page /night, which shows the last night of every repository; at least 16 characters. Empty: no page."""

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_address(cls, value: str) -> str:
        return server_address(value) if value else value

    @field_validator("metrics_port", mode="before")
    @classmethod
    def _port(cls, value: Any) -> str:
        text = str(value)
        if text and not (re.fullmatch(r"\d{1,5}", text, re.ASCII) and int(text) <= MOST_PORT):
            raise ValueError("not a port")
        return text

    @field_validator("night_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"shorter than {SHORTEST_SECRET} characters")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        _parsed_networks(value)
        return value

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks of trusted_proxies, parsed."""
        return _parsed_networks(self.trusted_proxies)

    @property
    def metrics_address(self) -> tuple[str, int]:
        """Return the host and port on which /metrics answers; port 0 takes a free one."""
        if self.metrics_port:
            return self.metrics_host, int(self.metrics_port)
        return self.metrics_host, min(self.listen_port + 1, MOST_PORT) if self.listen_port else 0

    @property
    def issuer(self) -> str:
        """Return the OIDC issuer of Actions: github.com's, a data-residency host's, or an Enterprise Server's.

        https://docs.github.com/actions/reference/security/oidc
        """
        if self.oidc_issuer:
            return self.oidc_issuer
        api = urlsplit(self.api_url)
        host = (api.hostname or "").removeprefix("api.")
        if self.api_url == GITHUB_API:
            return GITHUB_ISSUER
        if host.endswith(".ghe.com"):
            return f"https://token.actions.{host}"
        return f"{api.scheme}://{api.netloc}/_services/token"


AnySettings = TypeVar("AnySettings", bound=DatabaseSettings)


def load(kind: type[AnySettings], environ: Mapping[str, str], file: Path | None = None) -> AnySettings:
    """Return the settings of the class `kind`. Raises SettingsError, which lists every mistake."""
    sources = _FieldValues(set(kind.model_fields))
    if file is not None and is_env_file(file):
        environ = {**sources.variables(file), **environ}
    elif file is not None:
        sources.read_file(file)
    sources.read_environment(environ)
    try:
        settings = kind.model_validate(sources.values)
    except ValidationError as error:
        sources.mistakes += [
            _mistake(kind, dict(error_line), sources.unreadable) for error_line in error.errors(include_url=False)
        ]
    else:
        if not sources.mistakes:
            return settings
    lines = sorted({line for line in sources.mistakes if line})
    raise SettingsError(
        f"{len(lines)} setting(s) are wrong:\n" + "\n".join(f"  {line}" for line in lines),
        "set them in the environment or in the file of --settings; mtor explain bot lists them all",
    )


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that look like settings but are not: a typo, or another program's."""
    names = {f"{PREFIX}{name.upper()}" for name in ServerSettings.model_fields}
    names |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in names)


@dataclass(slots=True)
class _FieldValues:
    """Values by field, for the fields that are `wanted`, and the mistakes in the file and environment."""

    wanted: set[str]
    values: dict[str, object] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def read_file(self, file: Path) -> None:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not TOML in UTF-8"
            self.mistakes.append(f"{file} cannot be read: {reason}")
            return
        names = {*ServerSettings.model_fields, *(f"{name}_file" for name in SECRETS)}
        self.mistakes += [f"{file}: there is no setting {name!r}" for name in sorted(content.keys() - names)]
        self.values |= {name: value for name, value in content.items() if name in self.wanted}
        for name in SECRETS:
            if f"{name}_file" in content:
                self._read_secret(name, f"{name}_file", str(content[f"{name}_file"]))

    def variables(self, file: Path) -> dict[str, str]:
        """Return the variables of a file such as bot.env; other programs' may be among them."""
        try:
            variables = parse(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.mistakes.append(f"{file} cannot be read: {_reason(error)}")
            return {}
        self.mistakes += [f"{file}: there is no setting {name!r}" for name in unknown(variables)]
        return variables

    def read_environment(self, environ: Mapping[str, str]) -> None:
        for name in sorted(self.wanted):
            variable = f"{PREFIX}{name.upper()}"
            if name in SECRETS and (path := environ.get(f"{variable}_FILE")):
                self._read_secret(name, f"{variable}_FILE", path)
            if variable in environ:
                self.values[name] = environ[variable]

    def _read_secret(self, name: str, source: str, path: str) -> None:
        if name not in self.wanted:
            return
        try:
            self.values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            self.mistakes.append(f"{source}: {path!r} cannot be read: {reason}")
            self.unreadable.add(name)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror)
    return "it is not in UTF-8" if isinstance(error, UnicodeError) else str(error)


def _mistake(kind: type[DatabaseSettings], error: JsonObject, unreadable: set[str]) -> str:
    """Return one line: the variable, what is wrong, the value unless it is a secret, what was expected."""
    name = str(error["loc"][0])
    expected = kind.model_fields[name].description or ""
    if error["type"] == "missing":
        return "" if name in unreadable else f"{PREFIX}{name.upper()} is not set; expected: {expected}"
    value = "" if name in SECRETS else f" {str(error['input'])[:80]!r}"
    return f"{PREFIX}{name.upper()}{value}: {error['msg'].removeprefix('Value error, ')}; expected: {expected}"


def _parsed_networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks. Raises ValueError for anything but an address or a network."""
    return tuple(ip_network(part, strict=False) for part in re.split(r"[,\s]+", value) if part)
