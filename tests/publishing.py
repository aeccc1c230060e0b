"""`mtor publish` as the workflow runs it: a stage with a repository, an issue, a run and an artifact, a process.

A scenario is a file with `play(stage)`; everything that happens on the stage is written down and masked.
"""

from __future__ import annotations

import base64
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mtor_action.github.texts.pins import Pin, encode, pin_issue
from mtor_action.report.model_records import ReportedTurn
from mtor_action.report.report import CommandReport, Outcome, Report, Usage
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox, Run
from standins.github.runs import queue
from standins.github.workflows import workflows
from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from standins.github import Exchange, Issue, Repository

FILES = {
    "a.py": "a = 1\n",
    "lib/x.py": "x = 1\n",
    "tests/test_a.py": "import a\n",
    ".github/workflows/ci.yml": "on: [push, pull_request]\n",
    ".github/workflows/mtor.yml": "name: mtor\non: workflow_dispatch\n",
}
SPEC = """\
Make `a` two.

```python edit=a.py
<<<<<<< SEARCH
a = 1
=======
a = 2
>>>>>>> REPLACE
```

```python create=b.py
b = 1
```

```yaml mtor
test: [python -m pytest -q]
allow: ["lib/**"]
```
"""
WRITES = {"contents": "write", "issues": "write", "pull_requests": "write", "actions": "read", "metadata": "read"}
MODEL_USED = Usage(requests=3, input_tokens=4_000, output_tokens=500, usd=0.0123)
JOB = "j-1"


@dataclass(slots=True)
class Stage:
    """What a scenario plays with; `say` adds a line to the record."""

    github: GitHubSandbox
    folder: Path
    repository: Repository
    issue: Issue
    run: Run
    base: str
    pins: tuple[Pin, ...]
    record: list[str] = field(default_factory=list)

    def hand_over(
        self,
        outcome: Outcome = Outcome.CLEAN,
        implementer: Mapping[str, str | bytes | None] | None = None,
        *,
        base: str | None = None,
        report: Report | None = None,
        **handover: Any,
    ) -> Path:
        """Write the artifact as `mtor work` does."""
        folder = self.folder / "handover"
        folder.mkdir(exist_ok=True)
        told = replace(report or reported(outcome), job=JOB, base=self.base if base is None else base)
        told = replace(told, spec=replace(told.spec, title=told.spec.title or self.issue.title))
        (folder / "report.json").write_text(json.dumps(told.as_json()))
        data = {
            "schema": 1,
            "job": JOB,
            "issue": self.issue.number,
            "base": told.base,
            "pins": [pin._asdict() for pin in self.pins],
            "implementer": [_file(path, content) for path, content in (implementer or {}).items()],
            **handover,
        }
        (folder / "handover.json").write_text(json.dumps(data))
        return folder

    def publish(self, *arguments: str, token: Mapping[str, str] | None = None, **environment: str) -> int:
        """Run `mtor publish` and record all of it: command, exit code, streams, outputs, result.json, requests."""
        environ = self.environment(WRITES if token is None else token) | environment
        before = len(self.github.requests)
        done = nursery(WARM_UP).run(MTOR, ["publish", *arguments], env=environ, cwd=self.folder)
        self.say(f"$ mtor publish {' '.join(arguments)}".rstrip(), f"exit {done.code}")
        for name, text in (("stdout", done.out.decode()), ("stderr", done.err.decode())):
            self.say(f"--- {name}", text.rstrip("\n"))
        for name in ("output", "result/result.json"):
            path = self.folder / name
            self.say(f"--- {name}", _plain(path.read_text()) if path.exists() else "(none)")
        (self.folder / "output").unlink(missing_ok=True)
        self.say("--- requests", *(_request(each) for each in self.github.requests[before:]))
        return done.code

    def show(self) -> None:
        """Record what is on GitHub now: branches with their commits and files, pull requests, comments."""
        git = self.repository.git
        self.say("--- branches")
        for name in sorted(git.refs("refs/heads/")):
            self.say(f"{name.removeprefix('refs/heads/')}")
            form = "--format=  %h %an <%ae>%n%w(0,4,4)%B"
            shown = git.run("log", "--reverse", form, "--name-status", f"{self.base}..{name}").decode()
            self.say(*(line.rstrip() for line in shown.splitlines() if line.strip()))
        for issue in sorted(self.repository.issues.values(), key=lambda each: each.number):
            if issue.pull:
                self.say(f"--- pull request #{issue.number}", *_pull(issue), self._without_report(issue.body or ""))
            for comment in issue.comments:
                self.say(f"--- comment on #{issue.number} by {comment.user.login}", comment.body)

        started = [
            f"{run.path} {run.event} {run.branch} by {run.actor.user.login}" for run in self.repository.runs.values()
        ]
        self.say("--- workflows started", *(line for line in started if "workflow_dispatch" not in line))

    def _without_report(self, body: str) -> str:
        """The body without the report, if one of the comments ends in the same."""
        told = [
            comment.body.partition("\n**")[2] for issue in self.repository.issues.values() for comment in issue.comments
        ]
        above, _, report = body.partition("\n**")
        return f"{above}\n(the report, as in the comment)" if report and report in told else body

    def say(self, *lines: str) -> None:
        self.record += lines

    def environment(self, permissions: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        return {
            **kept,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_REPOSITORY": self.repository.full_name,
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_RUN_ID": str(self.run.id),
            "GITHUB_ACTOR": "alice",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "MTOR_ISSUE": str(self.issue.number),
            "MTOR_JOB": JOB,
            "MTOR_ATTEMPT": "1",
            "MTOR_SPEC": encode(self.pins),
            "MTOR_REQUESTER": "alice",
            "MTOR_HANDOVER": str(self.folder / "handover"),
            "MTOR_RESULT": str(self.folder / "result"),
            "MTOR_GITHUB_TOKEN": self.run.token(permissions).value,
        }

    def on_pull_request(self, head: Repository | None = None) -> None:
        """From here on the job is asked for on a pull request of bob's, from his branch `feature`."""
        of = head or self.repository
        self.base = of.commit({"bob.py": "bob = 1\n"}, "bob's", branch="feature", by="bob")
        branch = "bob:feature" if head else "feature"
        self.issue = self.repository.pull_request(branch, "Bob's feature", SPEC, by="bob").issue
        self.pins, self.run = pinned(self.issue), dispatched(self.repository, self.issue)

    def ask_on(self, issue: Issue) -> None:
        """From here on the job is asked for on this issue."""
        self.issue, self.pins, self.run = issue, pinned(issue), dispatched(self.repository, issue)

    def app(self) -> dict[str, Any]:
        """Install the App and return what the workflow gives it."""
        self.github.app.install(self.repository)
        return {"MTOR_APP_ID": str(self.github.app.id), "MTOR_APP_PRIVATE_KEY": self.github.app.private_key}


def reported(outcome: Outcome, **fields: Any) -> Report:
    """A report as the work job makes it."""
    green = outcome in (Outcome.CLEAN, Outcome.FIXED)
    command = CommandReport("test", "python -m pytest -q", 0 if green else 1, 1.5, "2 passed" if green else "1 failed")
    used = outcome in (Outcome.FIXED, Outcome.STALLED)
    made: dict[str, Any] = {
        "commands": [command],
        "usage": MODEL_USED if used else Usage(),
        "turns": [ReportedTurn(1, model="openai/scripted", text="I repair it.")] if used else [],
        "isolation": "separate-user",
        "started": "2026-01-31T23:59:59Z",
        "seconds": 12.5,
        **fields,
    }
    return Report(JOB, outcome, **made)


@contextmanager
def staged(folder: Path, *, spec: str = SPEC, files: Mapping[str, str | bytes] | None = None) -> Iterator[Stage]:
    """A repository of alice's with an issue that holds `spec`, and a run of its job that has come to publishing."""
    with GitHubSandbox(folder / "sandbox") as github:
        repository = github.repository("alice/garden", {**FILES, **(files or {})}, roles={"bob": "write"})
        repository.actions_may_create_pulls = True
        issue = repository.issue("Make a two", spec)
        base = repository.head()
        assert base
        work = folder / "runner"
        work.mkdir()
        yield Stage(github, work, repository, issue, dispatched(repository, issue), base, pinned(issue))


def dispatched(repository: Repository, issue: Issue, job: str = JOB) -> Run:
    """A run of mtor's workflow, as the App dispatches it."""
    workflow = next(each for each in workflows(repository) if each.path.endswith("/mtor.yml"))
    actor, head = repository.world.actor("mtor[bot]"), repository.head()
    assert head
    run = Run.started(repository, workflow, "workflow_dispatch", "main", head, actor)
    run.display_title = f"mtor #{issue.number} {job}.1"
    queue(repository, workflow, run)
    return run


def pinned(issue: Issue) -> tuple[Pin, ...]:
    """What the App pins of an issue without further parts."""
    return (pin_issue(issue.number, issue.title, issue.body),)


def masked(stage: Stage) -> str:
    """The record without what differs from run to run: ids of commits and trees, port, folders, times."""
    text = ("\n".join(stage.record) + "\n").replace("\r\n", "\n")  # what people type on GitHub has CRLF
    text = text.replace(stage.github.url, "https://github.test").replace(str(stage.folder), "<folder>")
    text = re.sub(r"Mtor-Write: \w+|(?<=runs/)\d{4}-\d\d(?=\.jsonl)", "<differs>", text)
    text = text.replace("@users.noreply.127.0.0.1", "@users.noreply.github.test")
    ids = stage.repository.git.line("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    numbers: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        known = next((name for name in ids if name.startswith(found[0])), None)
        return f"<id {numbers.setdefault(known, len(numbers) + 1)}>" if known else found[0]

    return re.sub(r"\b[0-9a-f]{7,40}\b", named, text)


def _file(path: str, content: str | bytes | None) -> dict[str, Any]:
    if content is None:
        return {"path": path, "mode": None, "content": None}
    raw = content.encode() if isinstance(content, str) else content
    return {"path": path, "mode": "100644", "content": base64.b64encode(raw).decode()}


def _plain(text: str) -> str:
    """Outputs without their random ends: `name<<END`, value, `END`."""
    return re.sub(r"<<(mtor-[0-9a-f]+)\n(.*?)\n\1", r"=\2", text, flags=re.DOTALL).rstrip("\n")


def _request(each: Exchange) -> str:
    """One line: who asked what, what was answered, and what was sent, without the texts that are shown elsewhere."""
    query = "&".join(f"{name}={value}" for name, value in each.query.items())
    body = ""
    if isinstance(each.body, dict) and each.body:
        told = {name: "…" if name == "body" else value for name, value in each.body.items()}
        body = f" {json.dumps(told, ensure_ascii=False)}"
    path = each.path + (f"?{query}" if query else "")
    return f"{each.method} {path} {each.status} {each.who}{body}"


def _pull(issue: Issue) -> list[str]:
    pull = issue.pull
    assert pull
    state = f"{'draft' if pull.draft else 'ready'}, {issue.state}, {pull.head_ref} into {pull.base_ref}"
    people = ", ".join(each.login for each in issue.assignees), ", ".join(each.login for each in pull.requested)
    labels = ", ".join(issue.label_names)
    return [
        issue.title,
        f"{state}, by {issue.user.login}",
        f"labels: {labels}; assigned: {people[0]}; asked: {people[1]}",
    ]
