"""compose.yaml and Caddyfile say what the bot and its image are."""

from __future__ import annotations

import re
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtor_bot.registration.credential_files import ENV_NAME, KEY_NAME
from mtor_bot.registration.next_steps import IMAGE_USER
from mtor_bot.server.webhook import LARGEST
from mtor_bot.server_settings import ServerSettings, load, unknown
from standins.github.keys import app_key

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CADDYFILE = (ROOT / "Caddyfile").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_it_is_as_compose_describes_such_files() -> None:
    program = str(Path(sys.executable).parent / "check-jsonschema")
    line = [program, "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_a_setting_and_every_value_is_taken() -> None:
    variables = {name: str(value) for name, value in SERVICES["bot"]["environment"].items()}
    assert unknown(variables) == []
    del variables["MTOR_BOT_APP_PRIVATE_KEY_FILE"]
    written = {"APP_ID": "1", "APP_PRIVATE_KEY": app_key().pem, "WEBHOOK_SECRET": "s" * 32, "PUBLIC_URL": "https://a.b"}
    settings = load(ServerSettings, {**{f"MTOR_BOT_{name}": value for name, value in written.items()}, **variables})
    inside = ip_network(COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    assert settings.proxies == (inside,)
    # Of the names of compose itself, all but the server's own have a default.
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {"MTOR_HOST"}
    assert "$" not in re.sub(r"\$\{\w+:[-?][^}]+\}", "", text)


def test_the_files_are_those_that_setup_writes_and_git_ignores_them() -> None:
    bot = SERVICES["bot"]
    assert bot["env_file"] == ENV_NAME
    (secret,) = bot["secrets"]
    assert COMPOSE["secrets"][secret]["file"] == f"./{KEY_NAME}"
    assert bot["environment"]["MTOR_BOT_APP_PRIVATE_KEY_FILE"] == f"/run/secrets/{secret}"
    names = [Path(each["file"]).name for each in COMPOSE["secrets"].values()]
    done = subprocess.run(
        ["git", "check-ignore", ENV_NAME, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == {ENV_NAME, *names}


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"caddy"}
    assert [port.rsplit(":", 1)[1] for port in SERVICES["caddy"]["ports"]] == ["80", "443"]
    port = SERVICES["bot"]["environment"]["MTOR_BOT_LISTEN_PORT"]
    assert f"EXPOSE {port}" in DOCKERFILE
    assert f"reverse_proxy bot:{port}" in CADDYFILE


def test_the_bot_is_nobody_special_on_a_disk_that_it_cannot_write_but_for_its_data() -> None:
    bot = SERVICES["bot"]
    assert (bot["read_only"], bot["cap_drop"], bot["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert not {"user", "privileged", "cap_add", "network_mode", "pid"} & bot.keys()
    (*_, user) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert user == str(IMAGE_USER)
    assert f"chown {user} {KEY_NAME}" in (ROOT / "compose.yaml").read_text(encoding="utf-8")
    (volume,) = (each.partition(":") for each in bot["volumes"])
    assert volume[2] == "/data"
    assert f"sqlite:///{volume[2]}/" in str(ServerSettings.model_fields["database_url"].default)
    # A body that does not fit into memory is written to /tmp, four at a time.
    (size,) = re.findall(r"^/tmp:size=(\d+)m", bot["tmpfs"])
    assert int(size) * 1024 * 1024 >= 4 * LARGEST


def test_what_is_named_is_there() -> None:
    used = {each.partition(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())}
    assert {each for each in used if not each.startswith("./")} == COMPOSE["volumes"].keys()
    assert all((ROOT / each).is_file() for each in used if each.startswith("./"))
    assert {each for service in SERVICES.values() for each in service.get("secrets", ())} == COMPOSE["secrets"].keys()
    assert {each for service in SERVICES.values() for each in service["networks"]} == COMPOSE["networks"].keys()


@pytest.mark.parametrize("line", ["reverse_proxy bot:8080", "respond 404"])
def test_the_proxy_passes_on_only_what_others_ask_for(line: str) -> None:
    assert line in CADDYFILE
    (open_paths,) = re.findall(r"@open path (.*)", CADDYFILE)
    assert open_paths.split() == ["/webhook", "/token", "/healthz", "/night"]
    (size,) = re.findall(r"max_size (\d+)MB", CADDYFILE)
    assert int(size) * 1000 * 1000 >= LARGEST


def test_the_database_of_replicas_is_started_only_where_it_is_wanted() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["postgres"]
    assert "postgres" not in str(SERVICES["bot"].get("depends_on", ""))
