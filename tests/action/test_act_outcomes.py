"""An issue in, a pull request out: the workflow that `mtor init` writes, under act, against the sandbox's GitHub."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.github.client import connect
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, keys_part, render
from scripted_runs import APP, CHECK, hunk, spec
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner
from standins.github.runner.act import ACT
from standins.model import ModelServer, call, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from standins.github import Issue, Run
    from standins.github.runner.act import Acted
    from standins.model import Request, Step

pytestmark = [
    pytest.mark.act,
    pytest.mark.skipif(not ACT.exists(), reason="act is built where there is Go"),
    pytest.mark.timeout(400),  # the first of a session installs
]

MODEL = "openai/gpt-4o-mini"  # the list of models says that it calls tools
RIGHT = APP.replace("wrong", "right")
FIX = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
REFLECTION = say('{"advice": "look at the names"}')


@dataclass
class Played:
    """One run that has ended, and what there is on GitHub now."""

    run: Run
    issue: Issue
    acted: Acted
    asked: Sequence[Request]

    @property
    def result(self) -> dict[str, Any]:
        """What the publish job says that it did."""
        found = json.loads((self.acted.artifacts / "mtor-result" / "result.json").read_text())
        assert isinstance(found, dict)
        return found

    @property
    def pulls(self) -> list[Issue]:
        return [issue for issue in self.run.repository.issues.values() if issue.pull]


@dataclass
class Stage:
    """Where runs are played."""

    folder: Path
    installed: Path
    exits: ExitStack = field(default_factory=ExitStack)

    def play(
        self,
        text: str,
        files: Mapping[str, str] | None = None,
        script: Sequence[Step] = (),
        meanwhile: Callable[[Run], None] = lambda _: None,
    ) -> Played:
        """Open an issue with the spec `text`, start its workflow by hand, and wait for the end."""
        github = self.exits.enter_context(GitHubSandbox(self.folder / "github"))
        model = self.exits.enter_context(ModelServer(script))
        workflow = render(PLACEHOLDER, (), {"keys": keys_part(["OPENAI_API_KEY"])})
        files = {"tests/check.sh": CHECK, WORKFLOW_FILE: workflow, **(files or {})}
        repo = github.repository("acme/widget", files, roles={"ada": "write"})
        repo.actions_may_create_pulls = True
        issue = repo.issue("Make it right", text, by="ada")
        runner = ActRunner(
            github,
            self.folder,
            self.installed,
            environment={"OPENAI_BASE_URL": model.api_base},
            secrets={"OPENAI_API_KEY": "sk-" + "a" * 40} if script else {},
        )
        github.play(runner)
        with connect(repo.token("ada").value, repo.full_name, api_url=github.api_url) as client:
            inputs = {"ref": "main", "inputs": {"issue": str(issue.number), "job": "JOB"}}
            client.call("POST", "actions/workflows/mtor.yml/dispatches", inputs)
        (run,) = repo.runs.values()
        meanwhile(run)
        github.settle(300)
        return Played(run, issue, runner.acted[0], model.requests)


@pytest.fixture
def stage(tmp_path: Path, installed: Path) -> Iterator[Stage]:
    """Its own GitHub and its own folders."""
    stage = Stage(tmp_path, installed)
    with stage.exits:
        yield stage


@dataclass(frozen=True)
class Case:
    """A spec, and what is on GitHub after it: `pull` is "ready", "draft" or ""; `says` is in the last comment."""

    text: str
    outcome: str
    pull: str
    says: str
    conclusion: str = "success"
    files: Mapping[str, str] = field(default_factory=dict)
    script: Sequence[Step] = ()


CASES = (
    Case(spec(RIGHT), "clean", "ready", "every command passed"),
    Case(spec(implementer=[MODEL]), "fixed", "ready", "", script=[FIX, REFLECTION]),
    Case(spec(RIGHT), "empty", "", "already", files={"app.py": RIGHT}),
    Case(spec(), "failing", "draft", "not ok 1 - one"),
    Case(spec(implementer=[MODEL]), "stalled", "draft", "monologue", script=[*[say("Hm.")] * 6, REFLECTION]),
    Case(spec(None, blocks=[f"```python edit=gone.py\n{hunk('a', 'b')}\n```"]), "rejected", "", "gone.py"),
    Case(spec(RIGHT, setup=["exit 7"]), "error", "", "exit 7", conclusion="failure"),
)


@pytest.mark.parametrize("case", CASES, ids=[case.outcome for case in CASES])
def test_an_issue_goes_in_and_what_came_of_it_is_on_github(stage: Stage, case: Case) -> None:
    played = stage.play(case.text, case.files, case.script)
    log, pulls = played.acted.log, played.pulls
    assert (played.result["outcome"], played.run.conclusion) == (case.outcome, case.conclusion), log
    assert [pull.pull.draft for pull in pulls if pull.pull] == {"": [], "ready": [False], "draft": [True]}[case.pull]
    assert played.result["pull_request"] == (pulls[0].number if pulls else None)
    assert case.says in str((pulls[0] if pulls else played.issue.comments[-1]).body)
    for pull in pulls:
        assert pull.pull is not None
        app = RIGHT if case.pull == "ready" else APP
        assert played.run.repository.git.run("show", f"{pull.pull.head_sha}:app.py").decode() == app
    assert bool(played.asked) == bool(case.script)
    assert "separate-user" in log or os.geteuid() != 0


def test_a_cancelled_run_publishes_nothing_and_none_of_its_processes_is_left(stage: Stage) -> None:
    said: list[str] = []
    with ExitStack() as exits:
        # Where commands can reach it: they see nothing of a closed folder but the workspace and the toolchains.
        alive = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="mtor-test-"))) / "alive"
        alive.parent.chmod(0o755)
        os.mkfifo(alive)
        alive.chmod(0o666)

        def cancel(run: Run) -> None:
            reader = exits.enter_context(alive.open())
            said.append(reader.readline())
            run.cancel()
            said.append(reader.read())  # returns when the last process that could write has ended

        played = stage.play(
            spec(RIGHT, test=[f"exec >{alive}; echo started; exec tail -f /dev/null"]), meanwhile=cancel
        )
    assert said == ["started\n", ""]
    assert played.run.conclusion == "cancelled"
    assert played.pulls == []  # under act publish may still start, on GitHub `!cancelled()` keeps it from that
    assert list(played.run.repository.git.refs("refs/heads/")) == ["refs/heads/main"]
