"""A runner's machine without GitHub's runner: a checkout, the command files, a folder to hand over, a stand-in GitHub.

As root the checkout is another user's, in a home that is closed to others, as on GitHub's own runners.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import command_line
from mtor_action.github.client import connect
from mtor_action.handover.reading import read_handover
from scripted_runs import WARM_UP
from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.handover.reading import Received
    from standins.github import GitHubSandbox, Issue, Repository
    from standins.nursery import Child

IS_ROOT = os.geteuid() == 0
RUNNER = 4711
# In front of a command: as root, that no user can be locked, so that the commands run as we do.
SAME_USER = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro tmpfs /run && exec "$@"', "sh") if IS_ROOT else ()
TOKEN_RIGHTS = {"contents": "read", "issues": "read", "pull_requests": "read", "actions": "read"}
WORKFLOW = """\
name: mtor
run-name: "mtor #${{ inputs.issue }} ${{ inputs.job }}.${{ inputs.attempt }}"
on:
  workflow_dispatch:
    inputs: {issue: {required: true}, job: {default: ""}, attempt: {default: "1"}}
jobs: {}
"""
FILES = {**command_line.FILES, ".github/workflows/mtor.yml": WORKFLOW, "run.sh": "#!/bin/sh\n"}
COMMAND_FILES = ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")
# GitHub's runner obeys what stands at the start of a line, after blanks: ActionCommand.cs of actions/runner.
_OBEYED = re.compile(r"\s*::(?P<name>[^\s:]+)(?: (?P<properties>[^:]*))?::(?P<data>.*)")


@dataclass(frozen=True, slots=True)
class Worked:
    """A work job that has ended, as the runner and the next job see it."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    handover: Path

    @property
    def received(self) -> Received:
        """What the publish job reads."""
        return read_handover(self.handover)

    @property
    def report(self) -> dict[str, Any]:
        found = json.loads((self.handover / "report.json").read_text())
        assert isinstance(found, dict)
        return found

    @property
    def obeyed(self) -> list[tuple[str, str, str]]:
        """Name, properties and data of every command in the log that the runner obeys."""
        found, resume = [], ""
        for line in self.log.splitlines():
            said = _OBEYED.match(line)
            if said is None and not (resume == "" and line.lstrip().startswith("##[")):
                continue
            name = said["name"] if said else line
            if resume and name != resume:
                continue
            resume = said["data"] if said and name == "stop-commands" else ""
            found.append((name, (said["properties"] or "") if said else "", said["data"] if said else ""))
        return found


@dataclass(slots=True)
class Workplace:
    """`place` is a folder that nobody else uses; the stand-in's repository is `repo`."""

    place: Path
    github: GitHubSandbox
    files: Mapping[str, str | bytes] = field(default_factory=lambda: FILES)
    repo: Repository = field(init=False)
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        # Tests at the same time read each other's environment: no two may have the same token.
        self.github.world.made["token"] = int.from_bytes(os.urandom(6))
        self.repo = self.github.repository("acme/widget", self.files, roles={"alice": "write", "eve": "read"})
        self._check_out()
        self.temp.mkdir()
        self._begin_step()
        self._to_the_runner()
        self.env = self._environment()

    @property
    def root(self) -> Path:
        return self.place / "home" / "work" / "widget"

    @property
    def temp(self) -> Path:
        return self.place / "home" / "temp"

    def issue(self, *blocks: str, title: str = "Return two", **settings: Any) -> Issue:
        """An issue with a spec of these blocks and settings."""
        said = "\n".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
        return self.repo.issue(title, "\n".join(["Prose.\n", *blocks, f"```yaml mtor\n{said}\n```\n"]), by="alice")

    def start(
        self, issue: Issue | int, *, before: Sequence[str] = (), python: str = sys.executable, **env: str
    ) -> subprocess.Popen[bytes]:
        """The work job of an issue, begun by an interpreter of its own.

        `env` goes over the usual environment, `before` in front of the command.
        """
        self._begin_step()
        number = issue if isinstance(issue, int) else issue.number
        command = [*before, python, "-m", "mtor_action", "work", "--repo", str(self.root)]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**self.env, "MTOR_ISSUE": str(number), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def begin(self, issue: Issue | int, **env: str) -> Child:
        """The same from the nursery; nothing of `env` is where other processes could read it."""
        self._begin_step()
        number = issue if isinstance(issue, int) else issue.number
        environ = {**self.env, "MTOR_ISSUE": str(number), **env}
        arguments = ["work", "--repo", str(self.root)]
        return nursery(WARM_UP).record(MTOR, arguments, env=environ, cwd=self.root, new_session=True)

    def ended(self, process: subprocess.Popen[bytes] | Child) -> Worked:
        """What a work job left, at its end."""
        out, err = process.communicate(timeout=100)
        return self._worked(process.wait(), out + (err or b""))

    def work(self, issue: Issue | int, **env: str) -> Worked:
        """A work job from the nursery, to its end."""
        return self.ended(self.begin(issue, **env))

    def _worked(self, code: int, out: bytes) -> Worked:
        return Worked(
            code,
            out.decode("utf-8", "replace"),
            _outputs((self.temp / "OUTPUT").read_text()),
            (self.temp / "STEP_SUMMARY").read_text(),
            self.temp / "handover",
        )

    def run_id(self, issue: Issue, job: str) -> str:
        """The id of a run that was dispatched for the issue."""
        token = self.repo.token("mtor[bot]", {"actions": "write"}).value
        body = {"ref": "main", "inputs": {"issue": str(issue.number), "job": job}, "return_run_details": True}
        client = connect(token, self.repo.full_name, api_url=self.github.api_url)
        return str(client.call("POST", "actions/workflows/mtor.yml/dispatches", body).number("workflow_run_id"))

    def _begin_step(self) -> None:
        """Every step begins with files of its own."""
        shutil.rmtree(self.temp / "handover", ignore_errors=True)
        for name in COMMAND_FILES:
            (self.temp / name).write_text("")

    def _check_out(self) -> None:
        self.root.parent.mkdir(parents=True)
        source = str(self.repo.git.path)
        command_line.git(self.place, "clone", "-q", "--depth=1", f"file://{source}", str(self.root))
        command_line.git(self.root, "remote", "set-url", "origin", self.repo.clone_url)

    def _to_the_runner(self) -> None:
        self.place.chmod(0o755)
        (self.place / "home").chmod(0o750)
        if IS_ROOT:
            for folder, folders, names in os.walk(self.place / "home"):
                for name in ("", *folders, *names):
                    os.lchown(Path(folder) / name, RUNNER, RUNNER)

    def _environment(self) -> dict[str, str]:
        return {
            **command_line.environment(PATH="/usr/local/bin:/usr/bin:/bin"),
            **{f"GITHUB_{name}": str(self.temp / name) for name in COMMAND_FILES},
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": self.repo.full_name,
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_RUN_ID": "77",
            "MTOR_TOKEN": self.repo.token("github-actions[bot]", TOKEN_RIGHTS).value,
            "MTOR_HANDOVER": str(self.temp / "handover"),
        }


def _outputs(text: str) -> dict[str, str]:
    """As the runner reads GITHUB_OUTPUT."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, end = line.partition("<<")
        body = []
        for each in lines:
            if each == end:
                break
            body.append(each)
        found[name] = "\n".join(body)
    return found


@contextmanager
def open_place() -> Iterator[Path]:
    """A folder that others may enter."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-test-")).resolve()
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)
