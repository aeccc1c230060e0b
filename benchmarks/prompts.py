"""What a model is shown: the first question and the first conversation of real failing commands, to be read by people.

    python benchmarks/prompts.py FOLDER [NAME…]

Each case of prompts.yml is a small project that fails under a real tool (pytest, unittest, node, go, mypy, …). It is
run by `mtor run` against a server on loopback that answers nothing useful; what that server was sent is written to
FOLDER, a file a case. A case whose tool is not installed is left out, and named.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import command_line  # noqa: E402  tests/ is put on the path right above
from scripted_runs import MODEL, WARM_UP, block, without_keys  # noqa: E402
from standins.model import ModelServer, say  # noqa: E402

CASES = Path(__file__).with_name("prompts.yml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    for name in arguments.names or cases:
        case = cases[name]
        if shutil.which(case.get("tool", "python3"), path=_path()) is None:
            print(f"{name}: {case['tool']} is not installed")
            continue
        (arguments.folder / f"{name}.txt").write_text(prompts(case), encoding="utf-8")
        print(name)


def prompts(case: dict[str, Any]) -> str:
    """The messages of the first question and of the first conversation."""
    with tempfile.TemporaryDirectory(prefix="project-") as folder:
        base = {"README": "A project.\n", ".github/mtor.yml": "samples: 1\nprotocol: text\n", **case.get("base", {})}
        root = command_line.repository(Path(folder) / "repository", base)
        spec = Path(folder) / "spec.md"
        spec.write_text(spec_of(case), encoding="utf-8")
        with ModelServer([say("I do not know."), say("@finish"), say("{}")] * 2) as server:
            run = ["run", str(spec), "--json", "--model", MODEL, "--api-base", server.api_base]
            ended = command_line.forked(WARM_UP, root, run, {**without_keys(), "PATH": _path()})
            bodies = [request.body["messages"] for request in server.requests[:2]]
        shown = [f"=== {message['role']}\n{message['content']}" for body in bodies for message in body]
        report = json.loads(ended.out) if ended.out.strip() else {}
        tail = [each["output_tail"] for each in report.get("commands", [])][:1]
        return "\n\n".join([*shown, f"=== outcome {report.get('outcome')} {report.get('reason')}", *tail, ended.err])


def spec_of(case: dict[str, Any]) -> str:
    """The spec that creates the case's files."""
    said = {"test": case["test"], "timeout_minutes": case.get("timeout_minutes", 1), "budget": {"turns": 2}}
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in said.items())
    blocks = [block("create", path, text) for path, text in case["files"].items()]
    return "\n\n".join(["# Make it right", "Make it right.", *blocks, f"```yaml mtor\n{lines}\n```"]) + "\n"


def _path() -> str:
    """Where this Python's programs are found before others."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


if __name__ == "__main__":
    main()
