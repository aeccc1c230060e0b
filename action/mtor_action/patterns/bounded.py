"""A question to one of the child processes beside this module, which run regular expressions that anybody wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ALL_SECONDS = 30.0  # for one question


def ask(program: str, question: Mapping[str, Any], environment: Mapping[str, str]) -> list[Any]:
    """Return the answers, one for each line that `program` (a module beside this one) printed within ALL_SECONDS."""
    command = [sys.executable, "-I", "-S", "-B", str(Path(__file__).with_name(f"{program}.py"))]
    try:
        out = subprocess.run(
            command,
            input=json.dumps(question).encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            timeout=ALL_SECONDS,
            start_new_session=True,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as expired:
        out = expired.stdout or b""
    return [json.loads(line) for line in out.split(b"\n")[:-1]]
