"""Repairing one wrong line: mtor beside aider, on the same task, with the same scripted answer.

    python benchmarks/repair.py [--rounds N]

The model is a server on loopback that answers in no time, so seconds are the tools' own, test runs included: aider is
told what the tests print, and runs them after its edit. Tokens are estimated alike for both, four characters a token,
from what each sent. aider is installed into build/aider for this benchmark only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from standins.model import ModelServer, call, say

if TYPE_CHECKING:
    from standins.model import Request

ROOT = Path(__file__).resolve().parents[1]
AIDER = "aider-chat==0.86.1"
WRONG, RIGHT = "    return total / (len(values) + 1)", "    return total / len(values)"
CODE = f"def mean(values):\n    total = sum(values)\n{WRONG}\n"
TEST = "from stats import mean\n\n\ndef test_mean():\n    assert mean([1, 2, 3]) == 2\n"
COMMAND = f"{sys.executable} -m pytest -q -p no:cacheprovider"
HUNK = f"<<<<<<< SEARCH\n{WRONG}\n=======\n{RIGHT}\n>>>>>>> REPLACE"
SPEC = f"""# Mean of values

```python create=stats.py
{CODE}```

```python create=test_stats.py
{TEST}```

```yaml mtor
test: ['{COMMAND}']
```
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    aider = install_aider()
    found: dict[str, list[tuple[float, list[int]]]] = {"mtor": [], "aider 0.86": []}
    for _ in range(rounds):
        found["mtor"].append(with_mtor())
        found["aider 0.86"].append(with_aider(aider))
    print(f"{'tool':<12}{'seconds':>9}{'requests':>10}{'tokens sent':>13}{'first prompt':>14}")
    for name, runs in found.items():
        tokens = runs[-1][1]
        seconds = statistics.median(taken for taken, _ in runs)
        print(f"{name:<12}{seconds:>9.1f}{len(tokens):>10}{sum(tokens):>13}{tokens[0]:>14}")
    print("\nmtor's last request asks what surprised the model; the repair itself is the first.")


def install_aider() -> Path:
    folder = ROOT / "build" / "aider"
    if not (folder / "bin" / "aider").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", AIDER], check=True)
    return folder / "bin" / "aider"


def with_mtor() -> tuple[float, list[int]]:
    answers = [call("edit", path="stats.py", hunks=HUNK), say('{"surprised": "the divisor was off by one"}')]
    with tempfile.TemporaryDirectory() as folder, ModelServer(answers) as server:
        repository = make_repository(Path(folder), {})
        (Path(folder) / "spec.md").write_text(SPEC)
        command = [sys.executable, "-m", "mtor_action", "run", "--quiet", "--json", str(Path(folder) / "spec.md")]
        command += ["--model", "openai/scripted", "--api-base", server.api_base]
        taken, out = timed(command, repository, {})
        if json.loads(out)["outcome"] != "fixed":
            raise SystemExit(out)
        return taken, [tokens_of(request) for request in server.requests]


def with_aider(program: Path) -> tuple[float, list[int]]:
    answer = f"stats.py\n```python\n{HUNK}\n```\n"
    with tempfile.TemporaryDirectory() as folder, ModelServer([say(answer), say("feat: fix"), say("ok")]) as server:
        repository = make_repository(Path(folder), {"stats.py": CODE, "test_stats.py": TEST})
        message = f"Fix stats.py. This fails: {COMMAND}\\n\\n$({COMMAND})"
        command = [
            str(program),
            "--model",
            "openai/scripted",
            "--edit-format",
            "diff",
            "--auto-test",
            "--test-cmd",
            COMMAND,
        ]
        command += [
            "--yes-always",
            "--no-stream",
            "--no-check-update",
            "--no-show-release-notes",
            "--analytics-disable",
        ]
        command += ["--no-auto-commits", "--no-show-model-warnings", "--no-gitignore", "--map-tokens", "0", "stats.py"]
        script = f'exec "$@" --message "{message}"'
        command = ["sh", "-c", script, "aider", *command]
        variables = {"OPENAI_API_BASE": server.api_base, "OPENAI_API_KEY": "sk-scripted-scripted", "HOME": folder}
        taken, out = timed(command, repository, variables)
        if RIGHT not in (repository / "stats.py").read_text():
            raise SystemExit(out)
        return taken, [tokens_of(request) for request in server.requests]


def make_repository(folder: Path, files: dict[str, str]) -> Path:
    root = folder / "repository"
    root.mkdir()
    for name, text in {"README.md": "# Statistics\n", **files}.items():
        (root / name).write_text(text)
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "start"]):
        git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost", *arguments]
        subprocess.run(git, cwd=root, check=True)
    return root


def timed(command: list[str], cwd: Path, variables: dict[str, str]) -> tuple[float, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_KEY")}
    environ = kept | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"} | variables
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=300)
    return time.perf_counter() - started, done.stdout + done.stderr * (done.returncode != 0)


def tokens_of(request: Request) -> int:
    """What was sent, tools included, at four characters a token."""
    texts = [str(message.get("content") or "") for message in request.body["messages"]]
    tools = json.dumps(request.body["tools"]) if request.body.get("tools") else ""
    return sum(map(len, [*texts, tools])) // 4


if __name__ == "__main__":
    main()
