"""A runner for the sandbox's workflow runs: the workflow file that the repository has, under act, on this machine.

The actions that the file and action.yml name are stand-ins (`stand_ins/`), but for mtor's own: that is a copy of this
checkout. https://nektosact.com/usage/index.html
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from standins.github.runner.queueless import without_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github import GitHubSandbox, Run

ROOT = Path(__file__).resolve().parents[3]
ACT = ROOT / ".venv" / "bin" / "act"
# What the workflow's jobs may, together: act gives all of them one token.
PERMISSIONS = {"contents": "write", "issues": "write", "pull_requests": "write", "actions": "write"}
_USES = re.compile(r"uses: (([\w.-]+)/([\w.-]+)@\w+)")
_JOB = re.compile(r"^\[(\w+)\] (?:⭐ Run Set up job$|🏁  Job (succeeded|failed))", re.MULTILINE)
_CONCLUSIONS = {"": None, "succeeded": "success", "failed": "failure"}
_LOOK_SECONDS = 0.1
_SAID = re.compile(r"^\[(\w+)\] +\| mtor: (.*)$", re.MULTILINE)


@dataclass(slots=True)
class Acted:
    """What one run said and left: act's exit code and log, and the folder of its artifacts."""

    code: int
    log: str
    artifacts: Path


@dataclass(slots=True)
class ActRunner:
    """`github.play(ActRunner(...))`; `acted` has what came of each run that started.

    What the action installs is kept in `installed`, so that it does so once.
    """

    github: GitHubSandbox
    folder: Path
    installed: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    acted: list[Acted] = field(default_factory=list)

    def __call__(self, run: Run) -> None:
        folder = self._folder(run)
        artifacts = folder / "artifacts"
        artifacts.mkdir(parents=True)
        workflow = folder / run.path
        workflow.parent.mkdir(parents=True)
        text = run.repository.git.run("show", f"{run.sha}:{run.path}").decode("utf-8")
        workflow.write_text(without_queue(text), encoding="utf-8")
        run.begin()
        acted = self._act(run, folder, workflow)
        self.acted.append(acted)
        for found in sorted(artifacts.iterdir()):
            run.artifact(found.name, {str(file.relative_to(found)): file.read_bytes() for file in found.rglob("*.*")})
        run.finish("cancelled" if run.cancel_requested else "failure" if acted.code else "success")

    def doing(self, run: Run) -> str:
        """The run's current job and the last thing that mtor has said in it; "" before and after."""
        log = self._folder(run) / "log"
        if run.status == "completed" or not log.exists():
            return ""
        said = _SAID.findall(log.read_text("utf-8", "replace"))
        return ": ".join(said[-1]) if said else ""

    def _folder(self, run: Run) -> Path:
        return self.folder / f"run-{run.id}-{run.attempt}"

    def _act(self, run: Run, folder: Path, workflow: Path) -> Acted:
        # The last two are not GitHub's: without them act asks the folder's git, and there is none.
        event = {
            **(run.payload or {"inputs": run.inputs}),
            "ref": f"refs/heads/{run.branch}",
            "after": run.sha,
            "deleted": False,
        }
        token = run.token(PERMISSIONS)
        (folder / "event.json").write_text(json.dumps(event))
        (folder / "env.yaml").write_text(json.dumps(self._environment(run, folder)))
        (folder / "secrets.yaml").write_text(json.dumps({"GITHUB_TOKEN": token.value, **self.secrets}))
        (folder / "vars.yaml").write_text(json.dumps(dict(run.repository.variables)))
        command = [
            *(str(ACT), run.event, "--directory", str(folder), "--workflows", str(workflow), "--no-recurse"),
            *("--platform", "ubuntu-24.04=-self-hosted", "--actor", run.actor.user.login),
            *("--eventpath", str(folder / "event.json"), "--env-file", str(folder / "env.yaml")),
            *("--secret-file", str(folder / "secrets.yaml"), "--var-file", str(folder / "vars.yaml")),
            *("--no-skip-checkout", "--no-cache-server", "--action-offline-mode", "--container-daemon-socket", "-"),
            *("--action-cache-path", str(folder / "cache"), "--log-prefix-job-id"),
        ]
        for name, path in self._actions(folder, workflow).items():
            command += ["--local-repository", f"{name}={path}"]
        passed = ("PATH", "LANG", "PIP_", "SSL_", "REQUESTS_CA")
        environment = {name: value for name, value in os.environ.items() if name.startswith(passed)}
        log = folder / "log"
        with (
            log.open("wb") as said,
            subprocess.Popen(
                command,
                env={**environment, "HOME": str(folder / "home")},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            ) as acting,
        ):
            told = 0
            while acting.poll() is None:
                told = _tell(run, log, told)
                if run.cancel_requested or self.github.world.stopping.wait(_LOOK_SECONDS):
                    acting.send_signal(signal.SIGINT)  # act kills the step that is running
                    acting.wait()
        _tell(run, log, told)
        token.expire()
        return Acted(acting.returncode, log.read_text("utf-8", "replace"), folder / "artifacts")

    def _environment(self, run: Run, folder: Path) -> dict[str, str]:
        return {
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_REPOSITORY": run.repository.full_name,
            "GITHUB_REPOSITORY_ID": str(run.repository.id),
            "GITHUB_REF": f"refs/heads/{run.branch}",
            "GITHUB_REF_NAME": run.branch,
            "GITHUB_SHA": run.sha,
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_RUN_NUMBER": str(run.number),
            "GITHUB_WORKFLOW_REF": f"{run.repository.full_name}/{run.path}@refs/heads/{run.branch}",
            # On GitHub only the job that may ask for an identity has these.
            **self.github.issuer.environment(run),
            "STAND_IN_ARTIFACTS": str(folder / "artifacts"),
            # Through sudo mtor is root, which keeps no folder below one that others may change.
            **({"MTOR_INSTALL_DIR": str(self.installed)} if os.geteuid() == 0 else {}),
            **self.environment,
        }

    def _actions(self, folder: Path, workflow: Path) -> dict[str, Path]:
        own = folder / "mtor"
        shutil.copytree(ROOT / "action", own / "action", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(ROOT / "action.yml", own / "action.yml")
        stand_ins = Path(__file__).with_name("stand_ins")
        named = _USES.findall(workflow.read_text() + (own / "action.yml").read_text())
        return {use: stand_ins / name if owner == "actions" else own for use, owner, name in named}


def _tell(run: Run, log: Path, told: int) -> int:
    """Show of the run's jobs what act's log says beyond the first `told` beginnings and ends; how many there are."""
    found = _JOB.findall(log.read_text("utf-8", "replace"))
    for job, how in found[told:]:
        run.job(job, _CONCLUSIONS[how])  # mtor's workflow calls its jobs as they are keyed
    return len(found)
