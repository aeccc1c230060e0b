"""`mtor run` against a model that plays a script: repositories, specs, and the runs themselves.

Importing litellm takes seconds: every run is forked from a process that has imported it (`standins/nursery.py`).
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import command_line
from standins.model import ModelServer, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standins.model import Request, Step

WARM_UP = "scripted_runs:warm_up"
MODEL, SECOND = "openai/scripted-1", "openai/scripted-2"

# TAP at the speed of a shell: green where app.py does not exist, else one test for each of its names.
CHECK = """\
test -e app.py || { echo 1..0; exit 0; }
number=0 red=0 green=0
for name in one two three; do
  number=$((number + 1))
  if grep -qx "$name = 'right'" app.py; then
    echo "ok $number - $name"; green=$((green + 1))
  else
    echo "not ok $number - $name"; red=$((red + 1))
  fi
done
echo "1..$number"
echo "# pass $green"
echo "# fail $red"
test $red -eq 0
"""
APP = "one = 'wrong'\ntwo = 'right'\nthree = 'right'\nnote = 0\n"


def hunk(old: str, new: str) -> str:
    """One SEARCH/REPLACE hunk."""
    return f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended: exit code, report, stderr, and what the server was asked."""

    root: Path
    code: int
    report: dict[str, Any]
    err: str
    requests: list[Request]
    unplayed: int

    @property
    def outcome(self) -> str:
        return str(self.report["outcome"])

    @property
    def signals(self) -> list[tuple[str, int, str]]:
        """Kind, turn and response of every hit."""
        return [(each["kind"], each["turn"], each["response"]) for each in self.report["stall"]["signals"]]

    @property
    def evidence(self) -> list[str]:
        return [each["evidence"] for each in self.report["stall"]["signals"]]

    @property
    def asked(self) -> list[list[dict[str, Any]]]:
        """The messages of every request."""
        return [request.body["messages"] for request in self.requests]

    @property
    def models(self) -> list[str]:
        return [request.body["model"] for request in self.requests]

    @property
    def observations(self) -> list[str]:
        """What every call was answered, in order."""
        return [call["observation"] for turn in self.report["turns"] for call in turn["calls"]]

    def committed(self, path: str) -> str:
        """The file on the job's branch."""
        return command_line.git(self.root, "show", f"{self.report['branch']}:{path}")


@dataclass(slots=True)
class Runner:
    """Runs specs in fresh repositories below `folder`."""

    folder: Path
    count: int = 0

    def repository(self, files: Mapping[str, str | bytes] | None = None, **settings: Any) -> Path:
        """CHECK and `files` on main; `settings` are `.github/mtor.yml`."""
        self.count += 1
        defaults = {".github/mtor.yml": "".join(f"{key}: {json.dumps(said)}\n" for key, said in settings.items())}
        tree = {"tests/check.sh": CHECK, **(files or {}), **(defaults if settings else {})}
        return command_line.repository(self.folder / f"repository-{self.count}", tree)

    def run(
        self,
        script: Sequence[Step],
        *,
        text: str | None = None,
        root: Path | None = None,
        models: Sequence[str] = (MODEL,),
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Run:
        """`mtor run --json` of the spec `text` against a server that plays `script`."""
        where = root or self.repository()
        self.count += 1
        path = self.folder / f"spec-{self.count}.md"
        # A job's name is made of the second and the spec, and what its commands leave is found by that name.
        unique = f"\n{os.getpid()} {self.folder.name} {self.count}\n"
        path.write_bytes(((text or spec()) + unique).encode())
        named = [word for model in models for word in ("--model", model)]
        with ModelServer(script) as server:
            arguments = ["run", str(path), "--json", "--api-base", server.api_base, *named, *options]
            done = command_line.forked(WARM_UP, where, arguments, without_keys() | dict(env or {}))
            assert done.out, done.err
            valid_conversations(server.requests)
            return Run(where, done.code, done.report, done.err, server.requests, server.steps_left)


def spec(app: str | None = APP, *, prose: str = "Make it right.", blocks: Sequence[str] = (), **settings: Any) -> str:
    """A spec that creates app.py, red under CHECK, with more `blocks` and `settings`."""
    said = {"test": ["sh tests/check.sh"], **settings}
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in said.items())
    create = [] if app is None else [block("create", "app.py", app)]
    return "\n\n".join(["# Make it right", prose, *create, *blocks, f"```yaml mtor\n{lines}\n```"]) + "\n"


def block(verb: str, path: str, body: str, **attributes: str) -> str:
    """A manifest block."""
    more = "".join(f" {key}={value}" for key, value in attributes.items())
    return f"````text {verb}={path}{more}\n{body.rstrip(chr(10))}\n````"


def valid_conversations(requests: Sequence[Request]) -> None:
    """Every request is one that OpenAI's API takes: https://platform.openai.com/docs/api-reference/chat/create."""
    for request in requests:
        messages = request.body["messages"]
        assert messages[0]["role"] in {"system", "user"}, messages[0]
        assert messages[-1]["role"] != "assistant"
        waiting: list[str] = []
        for message in messages:
            assert isinstance(message["content"], str)
            if message["role"] == "tool":
                assert message["tool_call_id"] in waiting, (message, waiting)
                waiting.remove(message["tool_call_id"])
                continue
            assert not waiting, f"unanswered before {message}"
            waiting = _asked_by(message)
        assert not waiting


def _asked_by(message: dict[str, Any]) -> list[str]:
    calls = message.get("tool_calls", [])
    assert calls or message["content"].strip(), "an empty message"
    ids = [call["id"] for call in calls]
    assert len(set(ids)) == len(ids), ids
    assert all(ids)
    for call in calls:
        name = call["function"]["name"]
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name), name
        assert isinstance(json.loads(call["function"]["arguments"]), dict)
    return ids


def characters(request: Request) -> int:
    """The size of a request's conversation."""
    return len(json.dumps(request.body["messages"]))


def without_keys() -> dict[str, str]:
    """The usual environment without anybody's keys and tokens."""
    known = command_line.environment()
    return {name: value for name, value in known.items() if not name.endswith(("_KEY", "_TOKEN"))}


def warm_up() -> None:
    """Let what a run and the stages of the action import with their first request be there too."""
    from mtor_action.github.client import connect
    from mtor_action.github.failures import GitHubError
    from mtor_action.implementer.tools.toolbox import offered
    from mtor_action.job.ownership import User
    from mtor_action.model.chat import Message, Role
    from mtor_action.model.provider_client import ModelClient
    from mtor_action.scope import name_tables
    from mtor_action.scope.look_first import look_first
    from mtor_action.tree.changes import Change, FileState
    from mtor_action.tree.globs import any_matches, any_matches_cased
    from mtor_action.work.trusted_code import changeable

    command_line.warm_up()
    offered()
    look_first([Change("a.py", None, FileState(b"a line\n"))], {})
    if os.geteuid() == 0:
        changeable(User(0xFFFE, 0xFFFE, "nobody"), Path("/nowhere"))  # looks at every file of every package
    # Hundreds of patterns, which every run with a model compiles.
    for protected in (
        name_tables.default_protect,
        name_tables.closed,
        name_tables.closed_at_the_root,
        name_tables.found_by_runners,
    ):
        any_matches(protected(), "none of them")
    any_matches_cased(name_tables.cased_tests(), "none of them")
    with suppress(GitHubError):
        connect("token", "nobody/nothing", api_url="http://127.0.0.1:9", patience_seconds=0).call("GET", "")
    with ModelServer([say("hello")]) as server:
        ModelClient(MODEL, api_base=server.api_base).complete([Message(Role.USER, "hello")])
