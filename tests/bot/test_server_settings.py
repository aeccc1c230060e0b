"""Settings: from the environment, a file and secret files; every mistake at once, no secret in any message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from mtor_bot.env_file import parse, render
from mtor_bot.errors import SettingsError
from mtor_bot.server_settings import DatabaseSettings, ServerSettings, load, unknown
from standins.github.keys import app_key

ROOT = Path(__file__).parents[2]
GOOD = {
    "MTOR_BOT_APP_ID": "4242",
    "MTOR_BOT_APP_PRIVATE_KEY": app_key().pem,
    "MTOR_BOT_WEBHOOK_SECRET": "s" * 32,
    "MTOR_BOT_PUBLIC_URL": "https://bot.example/mtor/",
}
ELLIPTIC = elliptic_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_what_is_needed_is_enough() -> None:
    settings = load(ServerSettings, GOOD)
    assert (settings.public_url, settings.listen_port) == ("https://bot.example/mtor", 8080)
    assert settings.issuer == "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("api_url", "issuer"),
    [
        ("https://github.example/api/v3", "https://github.example/_services/token"),
        ("https://api.octo.ghe.com", "https://token.actions.octo.ghe.com"),
        ("http://127.0.0.1:8000/api/v3/", "http://127.0.0.1:8000/_services/token"),
    ],
)
def test_the_issuer_follows_from_the_server(api_url: str, issuer: str) -> None:
    assert load(ServerSettings, {**GOOD, "MTOR_BOT_API_URL": api_url}).issuer == issuer
    named = {**GOOD, "MTOR_BOT_API_URL": api_url, "MTOR_BOT_OIDC_ISSUER": "https://own.example/x"}
    assert load(ServerSettings, named).issuer == "https://own.example/x"


WRONG = {
    "APP_ID": ["", "an id", "1; drop", "9" * 19],
    "APP_PRIVATE_KEY": ["", "none", ELLIPTIC, app_key().pem[:200]],
    "WEBHOOK_SECRET": ["", "short"],
    "PUBLIC_URL": ["", "bot.example", "http://bot.example", "https://u:p@bot.example", "https://bot.example/?x=1"],
    "API_URL": ["ftp://github.example", "http://github.example", "https://"],
    "LISTEN_PORT": ["-1", "65536", "http"],
    "METRICS_PORT": ["-1", "65536", "http", "٣"],
    "TRUSTED_PROXIES": ["proxy.example", "10.0.0.0/33", "1.2.3.4;5.6.7.8"],
    "LISTED_BOTS": ["dependabot", "1,x"],
    "MAX_JOBS": ["0", "many"],
    "TIME_SCALE": ["0", "2"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_with_what_was_expected_and_the_next_step(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(ServerSettings, {**GOOD, f"MTOR_BOT_{name}": value})
    lines = raised.value.message.splitlines()
    assert lines[0] == "1 setting(s) are wrong:"
    assert lines[1].startswith(f"  MTOR_BOT_{name}")
    assert "; expected: " in lines[1]
    assert raised.value.hint
    if value and name in ("APP_PRIVATE_KEY", "WEBHOOK_SECRET"):
        assert value not in raised.value.message


def test_metrics_are_beside_the_port_that_is_listened_on_unless_they_are_put_elsewhere() -> None:
    def address(**changes: str) -> tuple[str, int]:
        variables = {f"MTOR_BOT_{name.upper()}": value for name, value in changes.items()}
        return load(ServerSettings, {**GOOD, **variables}).metrics_address

    assert address() == ("127.0.0.1", 8081)
    assert address(listen_host="0.0.0.0", listen_port="9000") == ("127.0.0.1", 9001)
    assert address(listen_port="0") == ("127.0.0.1", 0)
    assert address(metrics_host="10.0.0.1", metrics_port="9100") == ("10.0.0.1", 9100)


def test_every_mistake_is_listed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_text('max_jobs = 0\ntypo = 1\nwebhook_secret_file = "/none"\n', encoding="utf-8")
    environ = {"MTOR_BOT_APP_ID": "x", "MTOR_BOT_APP_PRIVATE_KEY_FILE": str(tmp_path)}
    with pytest.raises(SettingsError) as raised:
        load(ServerSettings, environ, file)
    message = raised.value.message
    assert message.startswith("6 setting(s) are wrong:")
    for words in (
        "MAX_JOBS '0'",
        "no setting 'typo'",
        "webhook_secret_file: '/none'",
        "APP_ID 'x'",
        "PUBLIC_URL is not",
    ):
        assert words in message
    assert "APP_PRIVATE_KEY_FILE: " in message


def test_the_environment_goes_before_the_file_and_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(app_key().pem, encoding="utf-8")
    (tmp_path / "secret").write_text("t" * 40 + "\n", encoding="utf-8")
    file = tmp_path / "bot.toml"
    file.write_text(
        f'app_id = "1"\nmax_jobs = 5\npublic_url = "https://a.example"\nwebhook_secret = "{"f" * 20}"\n'
        f"app_private_key_file = {str(tmp_path / 'key.pem')!r}\nlisted_bots = [7, 8]\n",
        encoding="utf-8",
    )
    environ = {"MTOR_BOT_MAX_JOBS": "6", "MTOR_BOT_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}
    settings = load(ServerSettings, environ, file)
    assert (settings.app_id, settings.max_jobs, settings.listed_bots) == ("1", 6, frozenset({7, 8}))
    assert settings.webhook_secret.get_secret_value() == "t" * 40
    assert load(ServerSettings, {**environ, "MTOR_BOT_LISTED_BOTS": "9, 10"}, file).listed_bots == {9, 10}


def test_an_env_file_holds_the_variables_themselves(tmp_path: Path) -> None:
    file = tmp_path / "bot.env"
    (tmp_path / "key.pem").write_text(app_key().pem, encoding="utf-8")
    file.write_text(
        f"# the App\n\nMTOR_BOT_APP_ID=1\nMTOR_BOT_APP_PRIVATE_KEY_FILE={tmp_path / 'key.pem'}\n"
        "  MTOR_BOT_MAX_JOBS=5  \n"
        f"MTOR_BOT_WEBHOOK_SECRET={'a=#$' * 8}\r\nMTOR_BOT_PUBLIC_URL=https://a.example\nMALLOC_ARENA_MAX=2\n",
        encoding="utf-8",
    )
    settings = load(ServerSettings, {"MTOR_BOT_MAX_JOBS": "6"}, file)
    assert (settings.app_id, settings.max_jobs) == ("1", 6)
    assert settings.webhook_secret.get_secret_value() == "a=#$" * 8
    assert load(DatabaseSettings, {}, file).database_url == "sqlite:////data/mtor.sqlite"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MTOR_BOT_APP_ID=1\nMTOR_BOT_TYPO=1\n", "there is no setting 'MTOR_BOT_TYPO'"),
        (b"MTOR_BOT_APP_ID\n", "line 1 is not NAME=VALUE"),
        (b"\nexport MTOR_BOT_APP_ID=1\n", "line 2 is not NAME=VALUE"),
        (b"MTOR_BOT_APP_ID=\xff", "it is not in UTF-8"),
    ],
    ids=repr,
)
def test_a_wrong_env_file_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "bot.env"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        load(ServerSettings, GOOD, file)
    assert words in raised.value.message


def test_what_one_reader_would_take_otherwise_is_not_written() -> None:
    assert parse(render({"A": "https://x/y", "B": ""}, {"A": "two\nlines", "": "end"})) == {"A": "https://x/y", "B": ""}
    for value in ("a b", "$HOME", "'a'", '"', "a\\n", "a\nB=1", "#", "ä"):
        with pytest.raises(ValueError, match="without quotes"):
            render({"A": value}, {})


def test_looking_into_the_queue_needs_the_database_only(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_text('database_url = "sqlite:///x"\napp_id = "1"\n', encoding="utf-8")
    assert load(DatabaseSettings, {}, file).database_url == "sqlite:///x"


@pytest.mark.parametrize("content", [b"\xff", b"a = ", b"[[["])
def test_a_file_that_is_not_toml_is_reported(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bot.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(ServerSettings, GOOD, file)


def test_a_secret_is_in_no_form_of_the_settings() -> None:
    settings = load(ServerSettings, {**GOOD, "MTOR_BOT_DATABASE_URL": "postgresql://u:hunter22@h/x"})
    for secret in ("s" * 32, "PRIVATE KEY", "hunter22"):
        assert secret not in repr(settings)


def test_names_that_look_like_settings_are_found() -> None:
    environ = {**GOOD, "MTOR_BOT_MAX_JOB": "1", "MTOR_BOT_WEBHOOK_SECRET_FILE": "x", "MTOR_BOTTLE": "1"}
    assert unknown(environ) == ["MTOR_BOT_MAX_JOB"]


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    page = (ROOT / "docs/bot.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `MTOR_BOT_(\w+)` \| (.*?) \| (.*) \|$", page, re.MULTILINE)
    expected = []
    for name, field in ServerSettings.model_fields.items():
        default = "must be set" if field.is_required() else f"`{field.default}`"
        if field.default in ("", frozenset(), SecretStr("")):
            default = "none"
        expected.append((name.upper(), default, field.description))
    assert sorted(rows) == sorted(expected)
