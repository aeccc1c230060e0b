"""How many mistakes a real model repairs: through mtor, asked plainly, and through aider.

    python benchmarks/repair_rate.py OUT.jsonl --set quixbugs|mutants|held-out \\
        --tool mtor|mtor-line|plain|plain4|aider --api-base URL --model openai/NAME \\
        [--quixbugs CHECKOUT] [--skip N] [--count N] [--only NAME,NAME]
    python benchmarks/repair_rate.py OUT.jsonl --table

A task is a green base and one mistake. Its visible test is the failing test file, its hidden test the package's whole
suite: a repair that fails it is a false green. QuixBugs (jkoppel/QuixBugs) is read from a checkout. The mutants are
made by mutants.py; every other one is held out. Finished tasks are skipped, so a run can be done in parts.

With `mtor` the spec creates the file, so that it is told what the others are told. With `mtor-line` the spec changes
the one line of a file that is there, as a spec's mistake does, and mtor says which line is new.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutants import LIMIT_SECONDS, PACKAGES, PER_PACKAGE, mutants, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mutants import Mutant

ROOT = Path(__file__).resolve().parents[1]
PYTEST = f"{sys.executable} -B -m pytest -q -x -p no:cacheprovider --timeout 10"
ASK = (
    "You repair code. First say in two or three sentences what is wrong. "
    "Then give the whole corrected file in one fenced code block."
)
_UNCOLOURED = "--color=no"  # humanize asks for colours, in which no line begins with FAILED
PLAIN_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Task:
    """One mistake: a folder that is green but for it, the file, the visible and the hidden command."""

    name: str
    root: Path
    path: str
    broken: str
    visible: str
    hidden: str


def quixbugs(checkout: Path, folder: Path) -> Iterator[Task]:
    names = sorted(path.stem.removeprefix("test_") for path in (checkout / "python_testcases").glob("test_*.py"))
    for name in names:
        source = checkout / "python_programs" / f"{name}.py"
        if source.exists():
            root = folder / name
            for part in ("python_testcases", "json_testcases"):
                shutil.copytree(checkout / part, root / part)
            shutil.copytree(checkout / "correct_python_programs", root / "python_programs")
            shutil.copy(checkout / "conftest.py", root)
            test = f"{PYTEST} python_testcases/test_{name}.py"
            yield Task(name, root, f"python_programs/{name}.py", source.read_text(), test, test)


def mutated(folder: Path, *, held_out: bool) -> Iterator[Task]:
    for package in PACKAGES:
        source = unpacked(package, ROOT / "build" / "repair")
        failures = KnownFailures(ROOT / "build" / "repair" / f"{source.name}.json")
        kept = 0
        for mutant in mutants(package, source):
            path = "src:." if mutant.path.startswith("src/") else "."
            whole = f"PYTHONPATH={path} {PYTEST} {_UNCOLOURED} {package.tests}"
            failing = failures.of(mutant, source, whole)
            if not failing:
                continue
            root = folder / mutant.name
            shutil.copytree(source, root)
            kept += 1
            if (kept % 2 == 0) == held_out:
                flags = " ".join(word for word in package.tests.split() if word.startswith("-"))
                visible = f"PYTHONPATH={path} {PYTEST} {_UNCOLOURED} {flags} {failing.partition('::')[0]}"
                yield Task(mutant.name, root, mutant.path, mutant.after, visible, whole)
            if kept == PER_PACKAGE:
                break


class KnownFailures:
    """The first failing test of each mutant, "" where all pass: kept in a file, for each takes a whole suite."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._by_name: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}

    def of(self, mutant: Mutant, source: Path, command: str) -> str:
        if mutant.name not in self._by_name:
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder) / mutant.name
                shutil.copytree(source, root)
                (root / mutant.path).write_text(mutant.after)
                self._by_name[mutant.name] = first_failure(root, command)
            self._file.write_text(json.dumps(self._by_name))
        return self._by_name[mutant.name]


def first_failure(root: Path, command: str) -> str:
    """The id of the first failing test; "" if all pass, or nothing can be said."""
    try:
        done = shell(command, root)
    except subprocess.TimeoutExpired:
        return ""
    match = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return match[1] if done.returncode == 1 and match else ""


def shell(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, check=False, text=True, timeout=LIMIT_SECONDS
    )


def with_mtor(task: Task, options: argparse.Namespace, *, verb: str) -> dict[str, Any]:
    """`create`: the spec makes the file; `write`: it changes one line of it, and so mtor knows which."""
    fence = "````"
    settings = (
        f"title: {task.name}\ntest: [{json.dumps(task.visible)}]\nimplementer: [{options.model}]\n"
        f"budget: {{turns: {options.turns}, tokens: 80000, minutes: 20}}"
    )
    spec = task.root.parent / f"{task.name}.md"
    spec.write_text(
        f"# {task.name}\n\n```yaml mtor\n{settings}\n```\n\n{fence}python {verb}={task.path}\n{task.broken}{fence}\n"
    )
    if verb == "create":
        (task.root / task.path).unlink()
    (task.root / ".github").mkdir(exist_ok=True)
    (task.root / ".github" / "mtor.yml").write_text(f"protocol: {options.protocol}\n")
    (task.root / ".gitignore").write_text("__pycache__/\n")
    for words in (
        ["init", "-qb", "main"],
        ["config", "user.name", "n"],
        ["config", "user.email", "n@example.org"],
        ["add", "-A"],
        ["commit", "-qm", "base"],
    ):
        subprocess.run(["git", *words], cwd=task.root, check=True)
    command = [
        str(Path(sys.executable).parent / "mtor"),
        "run",
        "--quiet",
        "--json",
        "--api-base",
        options.api_base,
        str(spec),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    done = subprocess.run(command, cwd=task.root, env=environment, capture_output=True, check=False, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return {"fixed": False, "outcome": "no report", "error": done.stderr[-600:]}
    if report["branch"]:
        subprocess.run(["git", "checkout", "-q", report["branch"]], cwd=task.root, check=True)
    usage = report["usage"]
    return {
        "fixed": report["outcome"] == "fixed", "outcome": report["outcome"], "requests": usage["requests"],
        "sent": usage["input_tokens"], "received": usage["output_tokens"],
        "forms": [turn.get("form") for turn in report["turns"]],
        "signals": [signal["kind"] for signal in report["stall"]["signals"]],
    }  # fmt: skip


def with_question(task: Task, options: argparse.Namespace, samples: int) -> dict[str, Any]:
    (task.root / task.path).write_text(task.broken)
    output = shell(f"{task.visible} --tb=short", task.root).stdout
    asked = (
        f"This file has one bug.\n\n```python\n{task.broken}```\n\nThe test fails:\n\n```\n{output[-1800:]}\n```\n\n"
        "Give the whole corrected file."
    )
    row = {"fixed": False, "requests": 0, "sent": 0, "received": 0}
    for sample in range(samples):
        text, usage = ask(options, asked, 0.8 if sample else 0.2, 7 + sample)
        row["requests"] += 1
        row["sent"] += usage["prompt_tokens"]
        row["received"] += usage["completion_tokens"]
        block = re.search(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
        if block:
            (task.root / task.path).write_text(block[1])
            if shell(task.visible, task.root).returncode == 0:
                row["fixed"] = True
                break
    return row


def ask(options: argparse.Namespace, text: str, temperature: float, seed: int) -> tuple[str, dict[str, int]]:
    messages = [{"role": "system", "content": ASK}, {"role": "user", "content": text}]
    body = {
        "model": options.model.partition("/")[2],
        "temperature": temperature,
        "seed": seed,
        "max_tokens": 1500,
        "messages": messages,
    }
    request = urllib.request.Request(
        f"{options.api_base}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PLAIN_SECONDS) as answer:
        given = json.load(answer)
    return given["choices"][0]["message"]["content"], given["usage"]


def with_aider(task: Task, options: argparse.Namespace) -> dict[str, Any]:
    (task.root / task.path).write_text(task.broken)
    subprocess.run(["git", "init", "-qb", "main"], cwd=task.root, check=True)
    output = shell(task.visible, task.root).stdout
    message = f"Fix {task.path}. This fails: {task.visible}\n\n{output[-4000:]}"
    command = [
        options.aider, "--model", options.model, "--edit-format", "whole", "--auto-test", "--test-cmd", task.visible,
        "--yes-always",
        "--no-stream", "--no-check-update", "--no-show-release-notes", "--analytics-disable", "--no-auto-commits",
        "--no-show-model-warnings", "--no-gitignore", "--map-tokens", "0", "--message", message, task.path,
    ]  # fmt: skip
    environment = os.environ | {
        "OPENAI_API_KEY": "none",
        "OPENAI_API_BASE": options.api_base,
        "HOME": str(task.root.parent),
    }
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=task.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=options.aider_seconds,
            stdin=subprocess.DEVNULL,
        )
        counts = re.findall(r"Tokens: ([\d.]+)(k?) sent, ([\d.]+)(k?) received", done.stdout)
    except subprocess.TimeoutExpired:
        counts = []
    sent = sum(float(number) * (1000 if k else 1) for number, k, _, _ in counts)
    received = sum(float(number) * (1000 if k else 1) for _, _, number, k in counts)
    fixed = shell(task.visible, task.root).returncode == 0
    return {"fixed": fixed, "requests": len(counts), "sent": round(sent), "received": round(received)}


TOOLS = {
    "mtor": lambda task, options: with_mtor(task, options, verb="create"),
    "mtor-line": lambda task, options: with_mtor(task, options, verb="write"),
    "plain": lambda task, options: with_question(task, options, 1),
    "plain4": lambda task, options: with_question(task, options, 4),
    "aider": with_aider,
}


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def table(out: Path) -> None:
    print(
        f"{'set':<10}{'tool':<8}{'repaired':>10}{'of':>5}{'false':>7}{'tokens each':>13}"
        f"{'tokens in all':>15}{'requests':>10}{'seconds':>9}"
    )
    for group, tool in sorted({(row["set"], row["tool"]) for row in rows(out)}):
        own = [row for row in rows(out) if (row["set"], row["tool"]) == (group, tool)]
        fixed = [row for row in own if row["fixed"]]
        spent = [row.get("sent", 0) + row.get("received", 0) for row in own]
        each = [row["sent"] + row["received"] for row in fixed]
        wrong = sum(not row["hidden"] for row in fixed)
        print(
            f"{group:<10}{tool:<8}{len(fixed):>10}{len(own):>5}{wrong:>7}{statistics.median(each or [0]):>13.0f}"
            f"{sum(spent) / max(len(fixed), 1):>15.0f}{sum(row.get('requests', 0) for row in own) / len(own):>10.1f}"
            f"{statistics.median(row['seconds'] for row in own):>9.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", default="quixbugs", choices=["quixbugs", "mutants", "held-out"])
    parser.add_argument("--tool", default="mtor", choices=list(TOOLS))
    for name, default in (
        ("api-base", "http://127.0.0.1:8922/v1"),
        ("model", "openai/local"),
        ("protocol", "text"),
        ("only", ""),
    ):
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--quixbugs", type=Path, default=ROOT / "build" / "QuixBugs")
    parser.add_argument("--aider", default="aider")
    parser.add_argument("--aider-seconds", type=float, default=300)
    parser.add_argument("--turns", type=int, default=12, help="mtor's budget; 4 asks the smallest question only")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        table(options.out)
        return
    done = {(row["set"], row["tool"], row["name"]) for row in rows(options.out)}
    only = set(options.only.split(",")) - {""}
    with tempfile.TemporaryDirectory() as folder:
        tasks = (
            quixbugs(options.quixbugs, Path(folder))
            if options.set == "quixbugs"
            else mutated(Path(folder), held_out=options.set == "held-out")
        )
        for number, task in enumerate(tasks):
            if number >= options.skip + options.count:
                break
            if (
                number < options.skip
                or (only and task.name not in only)
                or (options.set, options.tool, task.name) in done
            ):
                continue
            started = time.monotonic()
            row = {
                "set": options.set,
                "tool": options.tool,
                "model": options.model,
                "name": task.name,
                **TOOLS[options.tool](task, options),
            }
            row["seconds"] = round(time.monotonic() - started, 1)
            row["hidden"] = bool(row["fixed"]) and shell(task.hidden, task.root).returncode == 0
            with options.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(task.name, row, flush=True)


if __name__ == "__main__":
    main()
