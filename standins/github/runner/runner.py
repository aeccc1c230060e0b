"""One workflow run, played: its jobs on machines, artifacts between them, and what GitHub shows of it meanwhile."""

from __future__ import annotations

import json
import time
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.setup.workflow import WORKFLOW_FILE
from standins.github.expressions import fill
from standins.github.jobs import job_named
from standins.github.runner.job_groups import JobGroups
from standins.github.runner.machine import Machine, machine
from standins.github.runner.stages import Stage, environment, of_run, stages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from standins.github import GitHubSandbox, Run

# The words that GitHub leaves on the job of a runner that it no longer hears of.
LOST = "The hosted runner lost communication with the server. Anything in your workflow that terminates the runner \
process, starves it for CPU/Memory, or blocks its network access can cause this error."


class JobDone(NamedTuple):
    """A job that has ended: the stage's exit code (None: it was not started), log, outputs and step summary."""

    run: Run
    attempt: int
    name: str
    conclusion: str
    code: int | None = None
    log: str = ""
    outputs: Mapping[str, str] = {}
    summary: str = ""


@dataclass(slots=True)
class Runner:
    """`secrets` are the repository's; those in `lost` (job names) die on their next start, one each, when `lose_when`
    says so. Machines live below `folder`, which others must be able to enter. `warm_up` names the nursery that mtor's
    stages are forked from; without it they are started as the action does.
    """

    github: GitHubSandbox
    folder: Path
    secrets: Mapping[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    lose_when: Callable[[], bool] = field(default=lambda: True)
    jobs: list[JobDone] = field(default_factory=list)
    warm_up: str = ""
    _groups: JobGroups = field(default_factory=JobGroups, init=False)
    _machines: dict[int, Machine] = field(default_factory=dict, init=False)

    def __call__(self, run: Run) -> None:
        if run.path != WORKFLOW_FILE:  # the project's own CI
            run.begin()
            run.finish("success")
            return
        text = run.repository.read(run.path, run.sha)
        assert text is not None
        for stage in stages(text):
            if not self._kept(run, stage):
                self._play(run, stage)
        if run.status != "completed":
            run.finish(self._conclusion(run))

    def of(self, run: Run) -> list[JobDone]:
        """The jobs of a run, in the order in which they ended."""
        return [done for done in self.jobs if done.run is run]

    def doing(self, run: Run) -> str:
        """The run's current job and the last thing that mtor has said in it; "" between jobs."""
        made = self._machines.get(run.id)
        if made is None or not made.home.exists():
            return ""
        said = [line.removeprefix("mtor: ") for line in made.printed().splitlines() if line.startswith("mtor: ")]
        return f"{run.jobs[-1].name}: {said[-1] if said else '…'}"

    def _kept(self, run: Run, stage: Stage) -> bool:
        """Whether the job ended well in an earlier attempt and is not run again."""
        return any(job.name == stage.name and job.attempt == run.attempt for job in run.jobs)

    def _play(self, run: Run, stage: Stage) -> None:
        context = self._context(run)
        if stage.condition and fill(stage.condition, context) != "true":
            if stage.job not in ("event", "relay"):  # a dispatched run has another face
                self.jobs.append(JobDone(run, run.attempt, stage.name, "skipped"))
            with self.github.world.lock:
                job_named(run, stage.name, "skipped", "")
        elif run.cancel_requested:
            self._end(_cancelled(run, stage))
        else:
            with self._groups.turn(fill(stage.group, context), lambda: self._is_over(run)) as has_turn:
                # The variables are those of the moment in which a machine takes the job.
                self._take(run, stage, self._context(run)) if has_turn else self._end(_cancelled(run, stage))

    def _is_over(self, run: Run) -> bool:
        return bool(run.cancel_requested) or run.status == "completed" or self.github.world.stopping.is_set()

    def _take(self, run: Run, stage: Stage, context: Mapping[str, Any]) -> None:
        run.job(stage.name)
        with machine(self.folder, self.warm_up) as made:
            self._machines[run.id] = made
            self._end(self._worked(run, stage, made, context))

    def _worked(self, run: Run, stage: Stage, made: Machine, context: Mapping[str, Any]) -> JobDone:
        """Check out, fetch what the job before handed over, run mtor, keep what it leaves."""
        loses = stage.job in self.lost
        token = run.token(stage.permissions)
        variables = self._variables(run, stage, made, {**context, "github.token": token.value})
        (made.temp / "event.json").write_text(json.dumps(run.payload or {"inputs": run.inputs}))
        if stage.checks_out:
            made.check_out(run)
        if stage.job == "publish":
            _unpack(run, "mtor-handover", made.temp / "mtor-handover")
        made.hand_to_runner()
        over = time.monotonic() + stage.timeout_seconds * self.github.clock.scale
        code = made.step(stage.job, variables, lambda: self._asked(run, over, loses=loses))
        token.expire()
        conclusion = "success" if code == 0 else "failure"
        if loses:
            self.lost.remove(stage.job)
            return JobDone(run, run.attempt, stage.name, "failure", code, made.printed())
        _keep(run, made.temp, "mtor-handover" if stage.job == "work" else "mtor-result")
        if run.cancel_requested:
            conclusion = "cancelled"
        elif time.monotonic() > over:
            conclusion = "timed_out"
        summary = (made.temp / "STEP_SUMMARY").read_text()
        return JobDone(run, run.attempt, stage.name, conclusion, code, made.printed(), made.outputs(), summary)

    def _asked(self, run: Run, over: float, *, loses: bool) -> str:
        """How the platform wants the step to end now: "" (not at all), "stop" or "kill"."""
        if run.cancel_requested == "force-cancel" or (loses and self.lose_when()):
            return "kill"
        return "stop" if run.cancel_requested or time.monotonic() > over or self.github.world.stopping.is_set() else ""

    def _end(self, done: JobDone) -> None:
        self.jobs.append(done)
        run = done.run
        if run.status != "completed":
            lost = done.code is not None and done.code < 0 and not run.cancel_requested
            run.job(done.name, done.conclusion, annotation=LOST if lost else "")

    def _conclusion(self, run: Run) -> str:
        ends = {job.conclusion for job in run.jobs if job.attempt == run.attempt}
        if run.cancel_requested or "cancelled" in ends:
            return "cancelled"
        if ends == {"skipped"}:
            return "skipped"
        return next((each for each in ("timed_out", "failure") if each in ends), "success")

    def _context(self, run: Run) -> dict[str, Any]:
        """What expressions in the workflow may name."""
        worked = [done for done in self.of(run) if done.outputs]
        ends = {f"needs.{done.name}.result": done.conclusion for done in self.of(run)}
        needs = {f"needs.work.outputs.{name}": value for name, value in worked[-1].outputs.items()} if worked else {}
        return {
            **of_run(run),
            **{f"secrets.{name}": value for name, value in self.secrets.items()},
            "cancelled()": bool(run.cancel_requested),
            **ends,
            **needs,
        }

    def _variables(self, run: Run, stage: Stage, made: Machine, context: Mapping[str, Any]) -> dict[str, str]:
        """docs.github.com/actions/reference/workflows-and-actions/variables."""
        proof = self.github.issuer.environment(run, stage.job) if stage.may_prove_itself else {}
        return {
            **{f"GITHUB_{name}": str(made.temp / name) for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")},
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": run.actor.user.login,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_EVENT_NAME": run.event,
            "GITHUB_EVENT_PATH": str(made.temp / "event.json"),
            "GITHUB_WORKFLOW_REF": f"{run.repository.full_name}/{run.path}@refs/heads/{run.branch}",
            "GITHUB_REF": f"refs/heads/{run.branch}",
            "GITHUB_REPOSITORY": run.repository.full_name,
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_SHA": run.sha,
            "GITHUB_WORKSPACE": str(made.workspace),
            "RUNNER_TEMP": str(made.temp),
            **proof,
            **environment(stage, {**context, "runner.temp": str(made.temp)}),
        }


def _cancelled(run: Run, stage: Stage) -> JobDone:
    return JobDone(run, run.attempt, stage.name, "cancelled")


def _keep(run: Run, temp: Path, name: str) -> None:
    """Upload a folder in place of an artifact of its name; nothing if there is none."""
    folder = temp / name
    if folder.is_dir() and (files := [path for path in folder.rglob("*") if path.is_file()]):
        run.artifacts = [each for each in run.artifacts if each.name != name]
        run.artifact(name, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


def _unpack(run: Run, name: str, folder: Path) -> None:
    for each in run.artifacts:
        if each.name == name:
            with zipfile.ZipFile(BytesIO(each.archive)) as archive:
                archive.extractall(folder)
