"""Nobody waits for an import after a red verdict: it began with the first red command, beside those that follow."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from command_line import EDIT, environment, spec
from mtor_action.model.loading import OF_THE_FIRST_REQUEST
from standins.model import ModelServer, call

if TYPE_CHECKING:
    from pathlib import Path

_WATCH = """
import json, sys, threading
imported, asked = {}, []
def hook(event, arguments):
    if event == "socket.connect":
        asked.append(True)
    if event == "import" and not asked:
        imported.setdefault(threading.current_thread().name, []).append(arguments[0])
sys.addaudithook(hook)
from mtor_action.cli.main import main
main(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps(imported))
"""


def test_the_implementer_and_what_litellm_imports_late_are_imported_beside_the_commands(
    repo: Path, tmp_path: Path
) -> None:
    path, seen = spec(tmp_path / "s.md", EDIT, test=["grep 'return 1' a.py"]), tmp_path / "seen"
    with ModelServer([call("give_up", reason="as scripted")] * 2) as server:
        command = [sys.executable, "-c", _WATCH, str(seen), "run", path, "--model", "openai/scripted"]
        command += ["--api-base", server.api_base]
        done = subprocess.run(command, cwd=repo, env=environment(), capture_output=True, check=False)
        assert server.requests, done.stderr
    imported = json.loads(seen.read_text())
    assert {"mtor_action.implementer.fix", "pydantic", "litellm"} <= set(imported["import-litellm"])
    ours = {name for name in imported["MainThread"] if name.startswith(("mtor_action.implementer", "pydantic."))}
    # What the loop imports where it is first needed.
    assert len(ours) <= 8, sorted(ours)
    late = imported["model-request"]
    assert not set(OF_THE_FIRST_REQUEST) & set(late)
    assert len(late) < 60, late
