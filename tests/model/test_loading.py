from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mtor_action.model.loading import prepare
from standins.model import ModelServer, call, fault

if TYPE_CHECKING:
    from pathlib import Path

WATCHED = """
import json, sys
seen = {"addresses": [], "opened": []}

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        seen["addresses"].append(list(arguments[1]) if isinstance(arguments[1], tuple) else str(arguments[1]))
    elif event == "socket.getaddrinfo":
        seen["addresses"].append([str(arguments[0]), arguments[1]])
    elif event == "open" and str(arguments[0]).endswith(".env"):
        seen["opened"].append(str(arguments[0]))

sys.addaudithook(watch)
from mtor_action.model.chat import Message, Role, Tool
from mtor_action.model.provider_client import ModelClient
from mtor_action.model.loading import start_loading
from mtor_action.retrying import Clock

assert "litellm" not in sys.modules
start_loading()
start_loading()
client = ModelClient(sys.argv[1], api_base=sys.argv[2], api_key="sk-x", clock=Clock(sleep=lambda seconds: None))
reply = client.complete([Message(Role.USER, "hello")], [Tool("edit", "Edit.")])
seen["calls"] = [one.name for one in reply.tool_calls]
seen["usd"] = reply.usd
print(json.dumps(seen))
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_only_the_api_base_is_contacted_no_env_file_is_read_and_nothing_is_printed() -> None:
    with ModelServer([fault(500), call("edit", path="a")]) as server:
        done = run(WATCHED, "zai/glm-5.1", server.api_base, LITELLM_LOG="DEBUG", LITELLM_MODE="DEV")
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert {tuple(address) for address in seen["addresses"]} == {("127.0.0.1", server.port)}
    assert (seen["opened"], seen["calls"], seen["usd"] > 0) == ([], ["edit"], True)
    assert len(server.requests) == 2


def test_without_litellm_the_error_says_which_extra_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['litellm'] = None\n"
        "from mtor_action.errors import MtorError\n"
        "from mtor_action.model.loading import litellm_module\n"
        "for _ in range(2):\n"
        "    try: litellm_module()\n"
        "    except MtorError as error: print(error.message, '|', error.hint)\n"
    )
    done = run(code, HOME=str(tmp_path))
    hint = "install mtor with the extra `model` (mtor explain readme, Install), then run it again"
    line = f"calling a model needs litellm, which is not installed | {hint}\n"
    assert (done.stdout, done.stderr) == (line * 2, "")


def test_a_client_is_made_without_the_library_or_the_network() -> None:
    code = (
        "import sys\n"
        "import mtor_action.model.provider_client, mtor_action.model.tool_calling, mtor_action.redaction.redactor\n"
        "heavy = {'litellm', 'httpx', 'pydantic', 'ssl', 'socket', 'asyncio', 'logging', 'urllib.request'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert run(code).stdout == "[]\n"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_key_does_not_count(empty: str) -> None:
    environ = {"ZAI_API_KEY": empty, "OPENAI_API_KEY": "present", "OTHER": ""}
    prepare(environ)
    assert "ZAI_API_KEY" not in environ
    assert (environ["OPENAI_API_KEY"], environ["OTHER"]) == ("present", "")
    assert environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"


INSTALLING = """
import sys
sys.modules["litellm"] = None
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mtor_action.errors import MtorError
from mtor_action.model.loading import load_after, start_loading, wait_for_packages

def install():
    if sys.argv[2:]:
        raise MtorError(sys.argv[2], "")
    Path(sys.argv[1], "comes_late.py").write_text("NAME = 'installed'")

def ours():
    import comes_late
    assert "mtor_action.model.provider_client" not in sys.modules
    import mtor_action.model.provider_client

load_after(install)
start_loading(ours)
try:
    wait_for_packages()
    print(sys.modules["comes_late"].NAME, "mtor_action.model.provider_client" in sys.modules)
except MtorError as error:
    print(error.message)
"""


def test_what_comes_before_the_first_request_is_imported_once_its_packages_are_installed(tmp_path: Path) -> None:
    done = run(INSTALLING, str(tmp_path))
    assert (done.stdout, done.stderr) == ("installed True\n", "")


def test_packages_that_cannot_be_installed_are_an_error_where_they_are_waited_for(tmp_path: Path) -> None:
    done = run(INSTALLING, str(tmp_path), "the index is closed today")
    assert (done.stdout, done.stderr) == ("the index is closed today\n", "")
