"""`python -m standins.github`, as somebody starts it in a terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "standins.github"]


def test_it_prints_addresses_and_a_token_that_work(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "a.py").write_text("x = 1\n", encoding="utf-8")
    with subprocess.Popen([*PROGRAM, str(project)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        api, token, clone = (process.stdout.readline().strip() for _ in range(3))
        headers = {"authorization": f"Bearer {token.removeprefix('GITHUB_TOKEN=')}"}
        answer = httpx.get(f"{api.removeprefix('GITHUB_API_URL=')}/repos/acme/widget", headers=headers)
        subprocess.run([*clone.split(), str(tmp_path / "clone")], check=True, capture_output=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert answer.json()["permissions"]["push"] is True
    assert (tmp_path / "clone" / "src" / "a.py").read_text(encoding="utf-8") == "x = 1\n"


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, str(tmp_path / "none")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert "not a folder" in done.stderr
