"""The orchard on a stand-in GitHub, with a runner that starts mtor's own stages and a scripted model."""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtor_action.github.client import connect
from mtor_action.github.texts.pins import encode, pin_issue
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner, Runner
from standins.model import ModelServer
from standins.night import orchard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.texts.pins import Pin
    from standins.github import Issue, Repository, Run

SCALE = 0.01
_PATIENCE_SECONDS = 200.0
_STOP_SECONDS = 20.0


@dataclass(slots=True)
class Loop:
    """Everything at hand: the repository's owner is acme, alice may write, bob made the pull requests."""

    github: GitHubSandbox
    repository: Repository
    runner: Runner
    model: ModelServer
    # What a job leaves behind is found by its name, on the whole machine: no two tests may have the same.
    job: str = field(default_factory=lambda: f"j-{uuid.uuid4().hex[:12]}")
    acting: ActRunner | None = None

    def issue(self, ending: str) -> Issue:
        """The night's spec that ends so."""
        title, body = orchard.SPECS[ending]
        return self.repository.issue(title, body, by="alice")

    def open_folder(self) -> Path:
        """A folder that everybody may write, commands of any user too."""
        folder = self.runner.folder / "open"
        folder.mkdir()
        folder.chmod(0o777)
        return folder

    def act(self, installed: Path) -> None:
        """Play runs under act from now on; `installed` is the folder for what the action installs."""
        folder = self.runner.folder / "act"
        folder.mkdir()
        self.acting = ActRunner(self.github, folder, installed, secrets=self.runner.secrets)
        self.github.play(self.acting)

    def doing(self, run: Run) -> str:
        """The run's current job and what mtor said last in it."""
        return (self.acting or self.runner).doing(run)

    def installed(self, bot_url: str) -> None:
        """Have the App on the repository, and its server's address in the workflow's variable."""
        self.github.app.install(self.repository)
        self.repository.variables["MTOR_BOT_URL"] = bot_url

    def post(self, path: str, body: Any = None) -> Answer:
        """What the App asks for, below the repository's address."""
        token = self.repository.token("mtor[bot]", {"actions": "write"}).value
        with connect(token, self.repository.full_name, api_url=self.github.api_url) as client:
            return client.call("POST", path, body)

    def dispatch(self, issue: Issue, pins: tuple[Pin, ...] = (), job: str = "", attempt: int = 1) -> Run:
        """A run for an issue as it stands, or for these pins."""
        spec = encode(pins or (pin_issue(issue.number, issue.title, issue.body),))
        name = self.job + job
        inputs = {"issue": str(issue.number), "job": name, "attempt": str(attempt), "spec": spec, "requester": "alice"}
        asked = {"ref": "main", "inputs": inputs, "return_run_details": True}
        said = self.post("actions/workflows/mtor.yml/dispatches", asked)
        return self.repository.runs[said.number("workflow_run_id")]

    def dispatched(self, issue: Issue, **options: Any) -> Run:
        """The same, to its end."""
        run = self.dispatch(issue, **options)
        self.github.settle(_PATIENCE_SECONDS)
        return run

    def log(self, run: Run) -> str:
        """What the run's jobs printed."""
        return "\n".join(f"--- {done.name} {done.conclusion} {done.code}\n{done.log}" for done in self.runner.of(run))

    def pull_of(self, issue: Issue, run: Run) -> Issue | None:
        """The pull request of the issue's own branch that was opened since the run."""
        pulls = [each for each in self.repository.issues.values() if each.pull and each.created_at > run.created_at]
        return next(
            (each for each in pulls if each.pull and each.pull.head_ref.startswith(f"mtor/{issue.number}-")), None
        )


def dispatched(repository: Repository) -> list[Run]:
    """The runs that work; an event run only answers, or leaves that to the App."""
    return [run for run in repository.runs.values() if run.event == "workflow_dispatch"]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Whole jobs take their time on a machine that has much to do."""
    over = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < over, "waited too long"
        time.sleep(0.02)


def result(run: Run) -> dict[str, Any]:
    """What the publish job left for the App."""
    return _object(_file(run, "mtor-result", "result.json"))


def handed_over(run: Run) -> dict[str, Any]:
    """The work job's report."""
    return _object(_file(run, "mtor-handover", "report.json"))


def page(run: Run) -> bytes:
    """The same for a browser."""
    return _file(run, "mtor-handover", "report.html")


def _file(run: Run, artifact: str, name: str) -> bytes:
    found = next(each for each in run.artifacts if each.name == artifact)
    with zipfile.ZipFile(BytesIO(found.archive)) as archive:
        return archive.read(name)


def _object(raw: bytes) -> dict[str, Any]:
    found = json.loads(raw)
    assert isinstance(found, dict)
    return found


@contextmanager
def looped(folder: Path, *, scale: float = SCALE, warm_up: str = "") -> Iterator[Loop]:
    """The scene, with nothing asked yet; `warm_up` as the runner has it."""
    with ExitStack() as stack:
        model = stack.enter_context(ModelServer(orchard.script()))
        machines = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mtor-machines-"))).resolve()
        machines.chmod(0o755)
        github = stack.enter_context(GitHubSandbox(folder, scale=scale))
        # Tests at the same time read each other's environment: no two may have the same token.
        github.world.made["token"] = int.from_bytes(os.urandom(6))
        repository = github.repository("acme/orchard", orchard.FILES, roles={"alice": "write", "bob": "write"})
        repository.commit(orchard.RED_FILES, "a test that nobody looked at", branch=orchard.RED_BRANCH)
        # As `mtor doctor` asks for: drafts and what a model touched are opened by GITHUB_TOKEN, so that CI waits.
        repository.actions_may_create_pulls = True
        repository.variables["OPENAI_API_BASE"] = model.api_base
        runner = Runner(github, machines, {"OPENAI_API_KEY": "of-no-known-shape-1"}, warm_up=warm_up)
        github.play(runner)
        try:
            yield Loop(github, repository, runner, model)
        finally:
            # Runs under way are stopped, also after Ctrl-C.
            github.world.stopping.set()
            for thread in github.world.started():
                thread.join(_STOP_SECONDS)
