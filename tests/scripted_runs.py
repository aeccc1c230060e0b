"""`mtor run` against a model that plays a script: repositories, specs, and the runs themselves.

Importing litellm takes seconds. `Nursery` is one process that has imported it; every run is a child of it, forked, with
its own arguments, folder, output files and exit code, that calls what the console script calls.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import command_line
from model_server import ModelServer, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from model_server import Request, Step

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
# The plugins that are installed here take longer to import than these tests to run.
PYTEST = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider"


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
class Nursery:
    """The process that has imported litellm; see the module."""

    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        env = command_line.environment(PYTHONPATH=str(Path(__file__).parent))
        self.process = subprocess.Popen(
            [sys.executable, __file__], env=_without_keys(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()

    def run(self, root: Path, arguments: Sequence[str], env: Mapping[str, str]) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `mtor ARGUMENTS` in `root`, with `env` over the environment."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            order = {"root": str(root), "arguments": list(arguments), "env": dict(env), "folder": folder}
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            ended, code = "", 0
            while ended != folder:  # a test that was given up may have left an answer
                ended, _, status = self.process.stdout.readline().rpartition(" ")
                code = int(status)
            out, err = (Path(folder, name).read_text("utf-8", "replace") for name in ("out", "err"))
        return code, out, err


@dataclass(slots=True)
class Runner:
    """Runs specs in fresh repositories below `folder`."""

    nursery: Nursery
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
            code, out, err = self.nursery.run(where, arguments, env or {})
            assert out, err
            valid_conversations(server.requests)
            return Run(where, code, json.loads(out), err, server.requests, server.steps_left)


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


def _without_keys(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.endswith(("_KEY", "_TOKEN"))}


def _serve() -> None:
    """Fork a child for every order on stdin and print its exit code."""
    warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_child(order))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{order['folder']} {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def warm_up() -> None:
    """Let litellm import what it imports with the first request only."""
    from mtor_action.model.chat import Message, Role
    from mtor_action.model.client import ModelClient

    with ModelServer([say("hello")]) as server:
        ModelClient(MODEL, api_base=server.api_base).complete([Message(Role.USER, "hello")])


def _child(order: dict[str, Any]) -> int:
    from mtor_action.cli.main import main

    with _redirected(Path(order["folder"])):
        os.setsid()
        os.chdir(order["root"])
        os.environ.update(order["env"])
        try:
            return main(order["arguments"])
        except BaseException as error:  # noqa: BLE001  a child must never go on as the parent
            sys.stderr.write(f"{error!r}\n")
            return 99


@contextlib.contextmanager
def _redirected(folder: Path) -> Iterator[None]:
    flags = os.O_WRONLY | os.O_CREAT
    for name, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(folder / name, flags), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    yield
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    _serve()
