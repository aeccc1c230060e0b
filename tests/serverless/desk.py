"""A repository whose event runs are answered in this process, as the workflow file has them: conditions and rights."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier
from typing import TYPE_CHECKING

from mtor_action.github.client import connect
from mtor_action.github.remembering_client import remembering
from mtor_action.on_issues.waiting_specs import start_waiting
from mtor_action.publish.inputs import read_order
from mtor_action.publish.publication import Published
from mtor_action.publish.state_without_server import show_end
from mtor_action.retrying import Clock
from mtor_action.serverless.answering import answer_event
from mtor_action.serverless.event_inputs import read_event_inputs
from mtor_action.serverless.event_run import EventRun
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from scripted_runs import CHECK
from standins.github import GitHubSandbox
from standins.github.expressions import fill
from standins.github.runner.stages import environment, of_run, stages
from standins.night.loop import dispatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mtor_action.github.client import Client
    from mtor_action.github.remembering_client import RememberingClient
    from standins.github import Issue, Repository, Run
    from standins.github.pulls import Pull
    from standins.github.runner.stages import Stage
    from standins.github.tokens import Token

ACTIONS = "github-actions[bot]"
RIGHTS = {"contents": "write", "issues": "write", "pull_requests": "write", "actions": "write"}
FACES = ("event", "relay")


@dataclass
class Desk:
    """`folder` takes the files of events. `jobs_run` are the jobs that took a runner, by name, `heard` the runs."""

    github: GitHubSandbox
    repository: Repository
    folder: Path
    jobs_run: list[str] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)
    meanwhile: Callable[[], object] = field(default=lambda: None)  # each time an answer waits
    seconds: float = 0.0  # that were waited

    def hear(self, **changes: str) -> list[str]:
        """Answer all event runs that were not answered yet, and those that they start; `changes` to the environment."""
        words: list[str] = []
        while runs := [run for run in self.repository.runs.values() if run.id not in self.heard]:
            for run in runs:
                self.heard.add(run.id)
                words += self._play(run, changes)
        self.github.clock.advance(1.0)  # no run ends, and nobody asks again, within the second
        return words

    def _play(self, run: Run, changes: dict[str, str]) -> list[str]:
        text = run.repository.read(run.path, run.sha)
        assert text is not None
        due = [stage for stage in stages(text) if stage.job in FACES and fill(stage.condition, of_run(run)) == "true"]
        words = [self._answered(run, stage, changes) for stage in due]
        if due or run.event != "workflow_dispatch":
            run.finish("success" if due else "skipped")
        return words

    def _answered(self, run: Run, stage: Stage, changes: dict[str, str]) -> str:
        self.jobs_run.append(stage.job)
        path = self.folder / f"event-{run.id}.json"
        path.write_text(json.dumps(run.payload or {"inputs": run.inputs}))
        token = run.token(stage.permissions)
        environ = {
            "GITHUB_REPOSITORY": run.repository.full_name,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_EVENT_NAME": run.event,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            **environment(stage, {**of_run(run), "github.token": token.value}),
            **changes,
        }
        with remembering(self._client(token)) as client:
            return answer_event(EventRun(client, read_event_inputs(environ)))

    def _wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.meanwhile()

    def end(self, run: Run, outcome: str = "clean") -> None:
        """End a job's run, whose publish job shows this outcome on the issue."""
        run.finish("success")
        environ = {
            "GITHUB_REPOSITORY": self.repository.full_name,
            "MTOR_ISSUE": run.inputs["issue"],
            "MTOR_JOB": run.inputs["job"],
            "MTOR_HANDOVER": str(self.folder),
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_API_URL": self.github.api_url,
        }
        with remembering(self._client(self.repository.token(ACTIONS, RIGHTS))) as client:
            show_end(client, read_order(environ), Published(outcome))

    def look(self) -> None:
        """Look at the specs that wait, as whatever ends a job does."""
        with self._client(self.repository.token(ACTIONS, RIGHTS)) as client:
            start_waiting(client, "mtor.yml")

    def twice_at_once(self, act: Callable[[RememberingClient], object], request: str) -> None:
        """Let two runs do the same, each of which sends this request before the other has its answer."""
        gate = Barrier(2)
        self.github.faults.before(request, lambda: gate.wait(20), times=2)
        with ThreadPoolExecutor(2) as pool:
            token = self.repository.token(ACTIONS, RIGHTS)
            for done in [pool.submit(self._with_client, token, act) for _ in range(2)]:
                done.result(60)

    def _with_client(self, token: Token, act: Callable[[RememberingClient], object]) -> None:
        with remembering(self._client(token)) as client:
            act(client)

    def _client(self, token: Token) -> Client:
        clock = Clock(lambda: self.seconds, lambda: self.github.clock.now().timestamp(), self._wait)
        return connect(token.value, self.repository.full_name, api_url=self.github.api_url, clock=clock)

    @property
    def jobs(self) -> list[Run]:
        return [run for run in dispatched(self.repository) if not run.inputs.get("event")]

    def reactions(self) -> list[str]:
        paths = self.github.said("POST", "*/reactions")
        return [str(exchange.body["content"]) for exchange in paths]

    def answers(self, issue: Issue) -> str:
        return "\n".join(each.body for each in issue.comments if each.body.startswith("<!-- mtor:answer "))

    def statuses(self, issue: Issue) -> list[str]:
        return [each.body for each in issue.comments if each.body.startswith("<!-- mtor:status ")]

    def pull(self, branch: str = "change", by: str = "ada", body: str = "") -> Pull:
        """A pull request from a branch of this repository, of a person unless `by` says otherwise."""
        message = "b\n\nSpec: #1\nJob: i1-0123456789ab-1" if branch.startswith("mtor/") else "b"
        self.repository.commit({"b.py": "1\n"}, message, branch=branch, by=by)
        return self.repository.pull_request(branch, "Change", body, by=by)


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A repository with the workflow that `mtor init` writes; ada may write, trish may label, mallory nothing."""
    files = {"tests/check.sh": CHECK, WORKFLOW_FILE: render(PLACEHOLDER, ())}
    with GitHubSandbox(folder / "github") as github:
        repository = github.repository("acme/widget", files, roles={"ada": "write", "trish": "triage"})
        yield Desk(github, repository, folder)
