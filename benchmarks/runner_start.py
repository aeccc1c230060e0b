"""What a person waits for on a runner before mtor's part begins to work, beside a workflow that only checks out.

    python benchmarks/runner_start.py [--rounds N] [--index]

The workflow file that `mtor init` writes is played under act, on this machine, against the stand-in for GitHub. Nothing
is kept from run to run, so that every job installs. Two waits are measured: from the work job's first step to the first
command of the repository, and from the publish job's first step to the pull request. On a machine with other work the
clock says little: the processor time, of act and all that it starts, hardly depends on that.

The packages come from a folder, so that what is measured is our own; with --index also from the package index that pip
is set up with, in turns.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.github.client import connect
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner
from standins.github.runner.act import ACT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github import Issue, Repository

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that action.yml takes where it is new enough
MARK = "first-command-"
COMMAND = f"date +{MARK}%s.%N"
COMMAND_RAN = re.compile(rf"{MARK}(\d+\.\d+)")
FIRST_STEP = re.compile(r"^\[(\w+)\] +⭐ Run Main ", re.MULTILINE)
SPEC = f"# Benchmark\n\n```yaml mtor\ntest: ['{COMMAND}']\n```\n\n```python create=app.py\nprint('right')\n```\n"
FLOOR_FILE = ".github/workflows/floor.yml"
FLOOR = f"""\
on:
  workflow_dispatch:
    inputs:
      issue:
        required: true
jobs:
  work:
    runs-on: ubuntu-24.04
    steps:
      - uses: {{checkout}}
        with:
          persist-credentials: false
      - run: {COMMAND}
"""
LOOK_SECONDS = 0.005
MOST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds on the clock and of processor time, until the first command and until the pull request (0.0: none)."""

    command: float
    command_processor: float
    pull: float = 0.0
    pull_processor: float = 0.0


class Moment(NamedTuple):
    """Seconds since the epoch, and the processor seconds that all processes of the run had used by then."""

    at: float
    processor: float


def main() -> None:
    """Print both waits, and how many packages a job installs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--index", action="store_true", help="also with packages from the index")
    options = parser.parse_args()
    if not ACT.exists():
        print("how long a runner takes is not measured: that needs act, which `make setup` builds where there is Go")
        return
    print(f"packages that a job installs: {packages('work')}; to publish by an App's own key: {packages('publish')}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        wheels = download(Path(folder, "wheels"))
        ways: dict[str, Mapping[str, str] | None] = {"checks out only": None, "packages from a folder": wheels}
        if options.index:
            ways["packages from the index"] = {}
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; medians of {options.rounds}")
        show(in_turns(Path(folder), ways, options.rounds))


def in_turns(folder: Path, ways: Mapping[str, Mapping[str, str] | None], rounds: int) -> dict[str, list[Waits]]:
    waits: dict[str, list[Waits]] = {name: [] for name in ways}
    for number in range(rounds):
        for way, (name, environment) in enumerate(ways.items()):
            waits[name].append(play(folder / f"{number}-{way}", environment))
    return waits


def show(waits: Mapping[str, list[Waits]]) -> None:
    print(f"{'':<28}{'→ first command':>18}{'processor':>12}{'→ pull request':>18}{'processor':>12}")
    for name, rounds in waits.items():
        columns = zip(*map(astuple, rounds), strict=True)
        medians = [f"{statistics.median(values):.2f} s" for values in columns]
        print(f"{name:<28}{medians[0]:>18}{medians[1]:>12}{medians[2]:>18}{medians[3]:>12}")


def packages(name: str) -> int:
    """Return the number of packages in a list of the action's requirements."""
    text = (ROOT / "action/requirements" / f"{name}.txt").read_text()
    return len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))


def download(folder: Path) -> dict[str, str]:
    """Fetch the packages by their hashes into `folder`; return pip's settings for taking them from it."""
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = SYSTEM_PYTHON if Path(SYSTEM_PYTHON).exists() else sys.executable
    minor = subprocess.run([python, "-c", version], capture_output=True, text=True, check=True).stdout.strip()
    listed = ["--requirement", f"{ROOT}/action/requirements/work.txt"]
    exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", minor]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *exactly, *listed]
    subprocess.run(command, check=True)
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def play(folder: Path, environment: Mapping[str, str] | None) -> Waits:
    """Play one run in `folder`, which is made: mtor's workflow with this environment, or with None the floor's."""
    folder.mkdir()
    workflow = render(PLACEHOLDER, ())
    (checkout,) = set(re.findall(r"actions/checkout@\w+", workflow))
    files = {WORKFLOW_FILE: workflow, FLOOR_FILE: FLOOR.format(checkout=checkout), "README.md": "A project.\n"}
    with GitHubSandbox(folder / "github") as github:
        repository = github.repository("acme/widget", files, roles={"ada": "write"})
        repository.actions_may_create_pulls = True
        issue = repository.issue("Make it right", SPEC, by="ada")
        # Without a folder to keep it in, each job makes its own installation, and removes it.
        runner = ActRunner(github, folder, folder, environment={"MTOR_INSTALL_DIR": "", **(environment or {})})
        github.play(runner)
        clock = Clock(folder, issue)
        clock.start()
        start(repository, FLOOR_FILE if environment is None else WORKFLOW_FILE, issue, github.api_url)
        github.settle(MOST_SECONDS)
        clock.stop()
        log = runner.acted[0].log
        return clock.waits(log, has_pull=environment is not None)


def start(repository: Repository, workflow: str, issue: Issue, api_url: str) -> None:
    with connect(repository.token("ada").value, repository.full_name, api_url=api_url) as client:
        inputs: dict[str, object] = {"issue": str(issue.number)}
        if workflow == WORKFLOW_FILE:
            inputs["job"] = "JOB"
        path = f"actions/workflows/{Path(workflow).name}/dispatches"
        client.call("POST", path, {"ref": "main", "inputs": inputs})


class Clock(threading.Thread):
    """Notes when a job's first step begins, the command has run, the pull request is there: act's log has no times."""

    def __init__(self, folder: Path, issue: Issue) -> None:
        super().__init__(daemon=True)
        self._folder, self._issue = folder, issue
        self._ended = threading.Event()
        self._moments: dict[str, Moment] = {}

    def run(self) -> None:
        """Look until it is stopped."""
        while not self._ended.wait(LOOK_SECONDS):
            log = self._log()
            seen = FIRST_STEP.findall(log)
            if COMMAND_RAN.search(log):
                seen.append("command")
            if any(issue.pull for issue in list(self._issue.repository.issues.values())):
                seen.append("pull")
            for name in seen:
                if name not in self._moments:
                    self._moments[name] = Moment(time.time(), processor_seconds())

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join()

    def waits(self, log: str, *, has_pull: bool) -> Waits:
        """Return what was noted. Ends with act's log if the run was not green."""
        moments, ran = self._moments, COMMAND_RAN.search(log)
        if ran is None or not {"command", *(("pull",) if has_pull else ())} <= moments.keys():
            raise SystemExit(f"{log}\nthe run was not green")
        command = moments["command"]._replace(at=float(ran[1]))  # as the command itself says
        until_command = Waits(*between(moments["work"], command))
        if not has_pull:
            return until_command
        pull, pull_processor = between(moments["publish"], moments["pull"])
        return replace(until_command, pull=pull, pull_processor=pull_processor)

    def _log(self) -> str:
        with suppress(OSError):
            for log in self._folder.glob("run-*/log"):
                return log.read_text("utf-8", "replace")
        return ""


def between(first: Moment, last: Moment) -> tuple[float, float]:
    return last.at - first.at, last.processor - first.processor


def processor_seconds() -> float:
    """Return what our children, those that they started and those that have ended have used (proc_pid_stat(5))."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks: dict[int, tuple[int, int]] = {}  # process → its parent, its own ticks with those of its ended children
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks[int(path.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    ours = {os.getpid()}
    while grown := {process for process, (parent, _) in ticks.items() if parent in ours and process not in ours}:
        ours |= grown
    living = sum(ticks[process][1] for process in ours - {os.getpid()})
    return usage.ru_utime + usage.ru_stime + living / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
