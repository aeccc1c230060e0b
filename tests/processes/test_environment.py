from __future__ import annotations

import pytest

from mtor_action.processes.environment import command_environment

SECRETS = """
    GITHUB_TOKEN GH_TOKEN GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH RUNNER_TEMP ACTIONS_RUNTIME_TOKEN
    ACTIONS_ID_TOKEN_REQUEST_URL OPENAI_API_KEY AWS_SECRET_ACCESS_KEY PGPASSWORD NPM_TOKEN NODE_AUTH_TOKEN
    SSH_AUTH_SOCK DOCKER_HOST DBUS_SESSION_BUS_ADDRESS GIT_DIR GIT_INDEX_FILE GIT_ASKPASS BASH_ENV ENV
    BASH_FUNC_ls%% SHELLOPTS PYTHONPATH LD_PRELOAD MTOR_MODEL LC_API_KEY JAVA_HOME_TOKEN
"""


@pytest.mark.parametrize("name", SECRETS.split())
def test_what_is_not_on_the_list_is_not_passed(name: str) -> None:
    assert name not in command_environment({name: "value"})


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "VIRTUAL_ENV",
        "JAVA_HOME_17_X64",
        "GOFLAGS",
        "SSL_CERT_FILE",
        "NVM_DIR",
    ],
)
def test_what_tools_need_is_passed(name: str) -> None:
    assert command_environment({name: "/some/where"})[name] == "/some/where"


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "https_proxy", "GOPROXY", "npm_config_registry", "PIP_FIND_LINKS"])
@pytest.mark.parametrize(
    ("value", "is_passed"),
    [
        ("https://mirror.example/simple", True),
        ("/srv/wheels", True),
        ("https://user:password@mirror.example/simple", False),
        ("https://token@mirror.example/simple", False),
        ("user:password@proxy:3128", False),
        ("https://open.example https://u:p@closed.example", False),
        ("https://mirror.example/simple?token=abc", False),
    ],
)
def test_an_address_is_passed_only_without_credentials(name: str, value: str, is_passed: bool) -> None:
    assert (name in command_environment({name: value})) is is_passed


def test_a_credential_in_an_ordinary_variable_is_not_passed() -> None:
    assert "GOFLAGS" not in command_environment({"GOFLAGS": "-x=https://user:password@host"})


def test_some_values_are_fixed_whatever_ours_are() -> None:
    chosen = command_environment({"TERM": "xterm-256color", "CI": "0", "NO_COLOR": ""})
    assert chosen["TERM"] == "dumb"
    assert chosen["CI"] == "true"
    assert chosen["NO_COLOR"] == "1"
    assert chosen["GIT_TERMINAL_PROMPT"] == "0"


def test_without_a_path_the_usual_folders_are_searched() -> None:
    assert command_environment({})["PATH"] == "/usr/local/bin:/usr/bin:/bin"
