"""What the workflow file and action.yml say of a job: its rights, its time, its condition, its environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from standins.github.expressions import fill, flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github.runs import Run

ACTION = Path(__file__).resolve().parents[3] / "action.yml"
_MOST_MINUTES = 360  # GitHub's own limit of a job
_EXTRA_TOKEN = "id_token"


class Stage(NamedTuple):
    """One job with the step that uses mtor: `given` are the step's inputs, `env` its variables, unevaluated."""

    job: str
    name: str
    permissions: dict[str, str]
    condition: str
    timeout_seconds: float
    checks_out: bool
    group: str
    given: Mapping[str, Any]
    env: Mapping[str, Any]

    @property
    def may_prove_itself(self) -> bool:
        """Whether it may ask for an OIDC token."""
        return self.permissions.get(_EXTRA_TOKEN) == "write"


@cache  # the same few files, read for every run
def stages(workflow: str) -> tuple[Stage, ...]:
    """The jobs of a workflow file, in its order."""
    return tuple(_stage(key, job) for key, job in yaml.load(workflow, yaml.CSafeLoader)["jobs"].items())


@cache
def _action() -> dict[str, Any]:
    """What action.yml says."""
    return dict(yaml.load(ACTION.read_text(encoding="utf-8"), yaml.CSafeLoader))


def _stage(key: str, job: Mapping[str, Any]) -> Stage:
    step = next(step for step in job["steps"] if "stage" in step.get("with", {}))
    return Stage(
        key,
        job["name"],
        {name.replace("-", "_"): level for name, level in job["permissions"].items()},
        str(job.get("if", "")),
        job.get("timeout-minutes", _MOST_MINUTES) * 60,
        any("checkout" in each.get("uses", "") for each in job["steps"]),
        job.get("concurrency", {}).get("group", ""),
        step["with"],
        step.get("env", {}),
    )


def of_run(run: Run) -> dict[str, Any]:
    """What expressions may name of a run, whatever its jobs: its event, its inputs, and the repository's variables."""
    return {
        **{f"inputs.{name}": value for name, value in run.inputs.items()},
        **{f"vars.{name}": value for name, value in run.repository.variables.items()},
        **flat("github.event", dict(run.payload)),
        "github.actor": run.actor.user.login,
        "github.event_name": run.event,
        "github.repository": run.repository.full_name,
        "github.run_attempt": str(run.attempt),
        "github.run_id": str(run.id),
    }


def environment(stage: Stage, context: Mapping[str, Any]) -> dict[str, str]:
    """The variables that the action's step runs with, as start.py hands them to mtor."""
    action = _action()
    inputs = {
        f"inputs.{name}": fill(str(stage.given.get(name, declared.get("default", ""))), context)
        for name, declared in action["inputs"].items()
    }
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "mtor")
    given = {name: fill(str(value), context) for name, value in stage.env.items()}
    given |= {name: fill(str(value), {**context, **inputs}) for name, value in step["env"].items()}
    given["MTOR_JOB"] = given.pop("MTOR_ASKED_JOB")
    return given
