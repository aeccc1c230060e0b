"""A machine for one job: a checkout, a temporary folder, the command files, a process that can be stopped.

As root the checkout is another user's, in a home that is closed to others, as on GitHub's machines.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from standins.github import Run
    from standins.nursery import Child

COMMAND_FILES = ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")
RUNNER_UID = 4711
# docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation
INTERRUPT_SECONDS, TERMINATE_SECONDS = 7.5, 2.5
_LOOK_SECONDS = 0.05
_PATH = "/usr/local/bin:/usr/bin:/bin"
_OUTPUT = re.compile(r"^([\w-]+)<<(.+)\n(.*?)\n?^\2$", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Machine:
    """`home` is there as long as the machine; see `machine`. `warm_up` names the nursery of its steps, "" for none."""

    home: Path
    warm_up: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.home / "work" / "checkout"

    @property
    def temp(self) -> Path:
        return self.home / "temp"

    def check_out(self, run: Run) -> None:
        """The run's commit alone, as actions/checkout has it."""
        source = f"file://{run.repository.git.path}"
        for command in (
            ["init", "--quiet", str(self.workspace)],
            ["-C", str(self.workspace), "fetch", "--quiet", "--depth=1", source, run.sha],
            ["-C", str(self.workspace), "checkout", "--quiet", "-B", run.branch, "FETCH_HEAD"],
            ["-C", str(self.workspace), "remote", "add", "origin", run.repository.clone_url],
        ):
            subprocess.run(["git", *command], env=self.environ, check=True, capture_output=True)

    def hand_to_runner(self) -> None:
        """Everything belongs to the account that GitHub's runner has."""
        if os.geteuid() == 0:
            for folder, folders, names in os.walk(self.home):
                for name in ("", *folders, *names):
                    os.lchown(Path(folder, name), RUNNER_UID, RUNNER_UID)

    def step(self, stage: str, variables: Mapping[str, str], asked: Callable[[], str]) -> int:
        """Run `mtor STAGE`, until it ends or `asked` says how to stop it; its exit code, below 0 for a kill."""
        for name in COMMAND_FILES:
            (self.temp / name).touch()
        more = ["--repo", str(self.workspace)] if stage == "work" else []
        with (self.temp / "log").open("wb") as log:
            given = {**self.environ, **variables}
            process = self._begun([stage, *more], given, log.fileno())
            return _followed(process, asked)

    def _begun(self, arguments: list[str], environ: Mapping[str, str], log: int) -> subprocess.Popen[bytes] | Child:
        if self.warm_up:
            return nursery(self.warm_up).start(
                MTOR, arguments, env=environ, cwd=self.workspace, new_session=True, stdout=log, stderr=log
            )
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "mtor_action", *arguments],
            cwd=self.workspace,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def printed(self) -> str:
        """What the step has printed so far, "" if there is no step."""
        try:
            return (self.temp / "log").read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def outputs(self) -> dict[str, str]:
        """What the step put into GITHUB_OUTPUT."""
        return {name: value for name, _, value in _OUTPUT.findall((self.temp / "OUTPUT").read_text())}

    @classmethod
    def below(cls, folder: Path, warm_up: str) -> Self:
        home = Path(tempfile.mkdtemp(prefix="machine-", dir=folder))
        # What a machine that is lost leaves there goes with the folder.
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        temporary.chmod(0o1777)
        environ = {"PATH": _PATH, "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(temporary)}
        made = cls(home, warm_up, {**environ, "GIT_CONFIG_GLOBAL": os.devnull})
        made.workspace.mkdir(parents=True)
        made.temp.mkdir()
        home.chmod(0o750)
        return made


@contextmanager
def machine(folder: Path, warm_up: str = "") -> Iterator[Machine]:
    """A fresh one, gone afterwards."""
    made = Machine.below(folder, warm_up)
    try:
        yield made
    finally:
        shutil.rmtree(made.home, ignore_errors=True)


def _followed(process: subprocess.Popen[bytes] | Child, asked: Callable[[], str]) -> int:
    while (how := asked()) == "" and process.poll() is None:
        time.sleep(_LOOK_SECONDS)
    # start.py tells mtor once, by SIGTERM, whatever of the two it got itself.
    if how == "stop":
        process.terminate()
        try:
            return process.wait(INTERRUPT_SECONDS + TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            how = "kill"
    if how == "kill" and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
