from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from in_process import is_in_process

TESTS = Path(__file__).parent
FIXTURES = (
    "import pytest\nimport subprocess\n\n@pytest.fixture\ndef server(): ...\n\n@pytest.fixture\ndef other(): ...\n"
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("import json\nfrom mtor_action.errors import MtorError\n", True),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import subprocess\n", True),
        ("def test_a(tmp_path): ...\n", True),
        ("def test_a():\n    import subprocess\n", False),
        ("from subprocess import run\n", False),
        ("import http.server\n", False),
        ("from standins.model import say\n", False),
        ("from standins import nursery\n", False),
        ("from command_line import forked\n", False),
        ("def test_a(server): ...\n", False),
        ("def test_a(request):\n    request.getfixturevalue('server')\n", False),
        ("import pytest\n\n@pytest.mark.usefixtures('server')\ndef test_a(): ...\n", False),
        ("def test_a():\n    assert 'server'\n", True),
    ],
)
def test_imports_and_fixtures_tell_what_starts_a_process(tmp_path: Path, text: str, *, answer: bool) -> None:
    (tmp_path / "conftest.py").write_text(FIXTURES, encoding="utf-8")
    (tmp_path / "test_a.py").write_text(text, encoding="utf-8")
    assert is_in_process(tmp_path / "test_a.py") is answer


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("__import__('subprocess').run(['true'])", "subprocess.Popen"),
        ("os.fork() or os._exit(0)", "os.fork"),
        ("os.system('true')", "os.system"),
        ("socket.create_server(('127.0.0.1', 0))", "socket.bind"),
    ],
)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_process_that_imports_do_not_show_fails_its_test(
    tmp_path: Path, statement: str, event: str, workers: str
) -> None:
    (tmp_path / "test_a.py").write_text(f"import os, socket\n\ndef test_a():\n    {statement}\n", encoding="utf-8")
    options = ["-p", "xdist", "-p", "conftest", "--in-process", "-n", workers, "-p", "no:cacheprovider"]
    # The plugins that are installed here take longer to import than these tests to run.
    environment = os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{event} in a test" in done.stdout
