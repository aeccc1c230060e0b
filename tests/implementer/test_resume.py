"""A fix that was killed goes on where it stood: no finished turn is lost, and no budget or stall window starts anew."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import command_line
from command_line import Ended, branches, git, put, repository, spec, state, wait_until
from mtor_action.cli.sources import read_spec
from mtor_action.job.job import JobRun
from mtor_action.job.options import Options
from mtor_action.repository.git import Git
from mtor_action.repository.restoring.lock import Lock
from mtor_action.workspace.progress import progress_for
from scripted_runs import WARM_UP, without_keys
from standins.model import ModelServer, call, calls, say, silence
from standins.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.model import Step

_SILENT = silence(100)
_REFLECTION = say('{"advice": "look at the constant"}')


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = repository(tmp_path / "repo")
    put(root, {"untracked": "mine\n"})
    return root


def _edit(before: int, after: int) -> Step:
    hunk = f"<<<<<<< SEARCH\n    return {before}\n=======\n    return {after}\n>>>>>>> REPLACE"
    return call("edit", path="b.py", hunks=hunk)


def _spec(path: Path, **settings: Any) -> str:
    """Red until `g` returns 2; each run of the test says what `g` returns and that one test ran."""
    # Not by its name: a file that a test command names is protected.
    test = (
        "cat *.py; echo 1..1; if grep -q 'return [^2]' [b].py; then echo not ok 1 - g; exit 1; else echo ok 1 - g; fi"
    )
    block = "```python create=b.py\ndef g():\n    return 3\n```\n"
    return spec(path, block, **{"test": [test], "implementer": ["openai/scripted"], **settings})


@dataclass(frozen=True, slots=True)
class Mtor:
    """`mtor` in `repo`."""

    repo: Path

    def run(self, *arguments: str) -> Ended:
        return command_line.forked(WARM_UP, self.repo, ["run", "--json", *arguments], without_keys())

    @contextmanager
    def killed(self, server: ModelServer, *arguments: str) -> Iterator[None]:
        """A run that is killed with SIGKILL at the end of the block."""
        with ThreadPoolExecutor() as pool:
            ended = pool.submit(self.run, *arguments, "--api-base", server.api_base)
            try:
                yield
                assert not ended.done(), ended.result()
            finally:
                if not ended.done():
                    os.kill(self._pid(), signal.SIGKILL)
        assert ended.result().code == -signal.SIGKILL

    def killed_at(self, server: ModelServer, number: int, *arguments: str) -> None:
        """A run that is killed as soon as the server has its request `number`."""
        with self.killed(server, *arguments):
            wait_until(lambda: len(server.requests) >= number)

    def _pid(self) -> int:
        return int(json.loads((self.repo / ".git/mtor/lock").read_text())["pid"])


@pytest.fixture
def mtor(repo: Path) -> Mtor:
    return Mtor(repo)


def _job(repo: Path) -> Path:
    return next(path.parent for path in sorted((repo / ".git/mtor/jobs").glob("*/transcript.jsonl"))[::-1])


def _said(server: ModelServer, number: int) -> str:
    return json.dumps(server.requests[number - 1].body["messages"])


def test_a_run_killed_between_two_requests_goes_on_with_what_it_had(mtor: Mtor, repo: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.md"
    argument = _spec(path, budget={"turns": 5})
    before = state(repo)
    script = [_edit(3, 4), call("read", path="lib.py"), _SILENT]
    with ModelServer(script) as server:
        mtor.killed_at(server, 3, argument)
        torn = (_job(repo) / "transcript.jsonl").open("ab")
        with torn:
            torn.write(b'{"event": "turn", "number": 3, "cont')  # as a kill in the middle of a line leaves it
        assert mtor.run("--resume", "no-such-job").code == 3
        other = spec(tmp_path / "other.md", "```text create=c.txt\nc\n```\n", test=["true"])
        assert mtor.run(other).code == 0
        path.write_text("# Something else\n")  # the text of the start counts
        put(repo, {"lib.py": "x = 2\n"})
        git(repo, "commit", "-qam", "HEAD moves on")
        base = git(repo, "rev-parse", "HEAD~").strip()
        server.load([_edit(4, 2), _REFLECTION])
        done = mtor.run("--resume")
        asked = _said(server, 1)
        requests = len(server.requests)
    report = done.report
    assert (done.code, report["outcome"], requests) == (0, "fixed", 2), (report["reason"], done.err)
    assert (report["base"], report["spec"]["title"]) == (base, "Return two")
    assert [turn["number"] for turn in report["turns"]] == [1, 2, 3]
    assert "return 4" in asked
    assert "lib.py, lines 1-1 of 1" in asked
    assert (report["usage"]["requests"], report["usage"]["input_tokens"]) == (4, 400)
    assert report["usage"]["parts"]["rules"] > 0
    assert git(repo, "show", f"{report['branch']}:b.py") == "def g():\n    return 2\n"
    assert git(repo, "diff", "--name-only", base, report["branch"]).split() == ["b.py"]
    assert state(repo).files == {**before.files, "lib.py": (before.files["lib.py"][0], b"x = 2\n")}
    again = mtor.run("--resume")
    assert (again.code, "nothing to resume" in again.err) == (3, True)


def test_questions_after_a_kill_are_those_that_would_have_been_asked(tmp_path: Path) -> None:
    rate = "def _rate():\n    low = 7\n    high = 19\n    return {}\n\n\n"
    tax = "def tax(amount):\n    return amount * _rate() // 100\n"
    others = "".join(f"\n\ndef other_{number}():\n    return {number}\n" for number in range(80))
    files = {"prices.py": rate.format("high") + tax + others}
    edit = "```python edit=prices.py\n<<<<<<< SEARCH\n    return high\n=======\n    return low\n>>>>>>> REPLACE\n```\n"
    test = 'python3 -c "import prices; assert prices.tax(200) == 38, prices.tax(200)"'
    argument = spec(tmp_path / "s.md", edit, test=[test], implementer=["openai/scripted"])
    answers = [say(f"```python\n{code}```\n") for code in ("return 0\n", rate.format("3"), tax, rate.format("high"))]
    mtor = Mtor(repository(tmp_path / "whole", files))
    with ModelServer(answers) as server:
        done = mtor.run(argument, "--api-base", server.api_base)
        asked = [request.body for request in server.requests]
    assert (done.code, done.report["outcome"]) == (0, "fixed"), done.err
    mtor = Mtor(repository(tmp_path / "killed", files))
    with ModelServer([*answers[:2], _SILENT]) as server:
        mtor.killed_at(server, 3, argument)
        server.load(answers[2:])
        done = mtor.run("--resume")
        assert (done.code, done.report["outcome"]) == (0, "fixed"), done.err
        assert [request.body for request in server.requests[:2]] == asked[2:4]
    assert len({str(body) for body in asked[:3]}) == 3


def test_a_run_killed_during_its_own_tests_asks_once_more_for_that_turn_alone(
    mtor: Mtor, repo: Path, tmp_path: Path
) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    slow = f"! grep -q 'return 5' [b].py || test -e {go} || {{ touch {ready}; sleep 100; }}"
    slow += "; ! grep -q 'return [^2]' [b].py"
    argument = _spec(tmp_path / "s.md", test=[slow])
    with ModelServer([_edit(3, 4), _edit(4, 5)]) as server:
        with mtor.killed(server, argument):
            wait_until(ready.exists)
            locked = command_line.mtor(repo, "run", "--resume")
            assert (locked.code, "another mtor is at work" in locked.err) == (3, True)
        go.touch()
        server.load([_edit(4, 2), _REFLECTION])
        done = mtor.run("--resume")
        requests = len(server.requests)
    assert (done.code, done.report["outcome"], requests) == (0, "fixed", 2), done.report["reason"]
    assert [turn["number"] for turn in done.report["turns"]] == [1, 2]


def test_stall_windows_nudges_and_the_next_models_context_outlive_kills(mtor: Mtor, repo: Path, tmp_path: Path) -> None:
    argument = _spec(tmp_path / "s.md", implementer=["openai/scripted", "openai/second"])
    talk = [say(f"thought number {number}") for number in range(7)]
    with ModelServer([*talk[:2], _SILENT]) as server:
        mtor.killed_at(server, 3, argument)
        # One more makes three in a row: a nudge. Three more: the second model.
        server.load([*talk[2:6], _SILENT])
        mtor.killed_at(server, 5, "--resume")
        assert "You are not getting further" in _said(server, 2)
        assert [request.body["model"] for request in server.requests] == ["scripted"] * 4 + ["second"]
        handed_over = _said(server, 5)
        server.load([talk[6], _SILENT])
        mtor.killed_at(server, 2, "--resume")
        first = server.requests[0].body
        assert (first["model"], _said(server, 1)) == ("second", handed_over)
        # Killed after the sixth turn was written, but before the next model's context was.
        transcript = _job(repo) / "transcript.jsonl"
        lines = transcript.read_bytes().splitlines(keepends=True)
        second = next(n for n, line in enumerate(lines) if b'"context": 1' in line)
        transcript.write_bytes(b"".join(lines[:second]))
        server.load([_edit(3, 2), _REFLECTION])
        done = mtor.run("--resume")
        assert (server.requests[0].body["model"], _said(server, 1)) == ("second", handed_over)
    report = done.report
    assert (done.code, report["outcome"]) == (0, "fixed"), report["reason"]
    assert [(signal["kind"], signal["turn"], signal["response"]) for signal in report["stall"]["signals"]] == [
        ("monologue", 3, "nudge"),
        ("monologue", 6, "escalate"),
    ]


@pytest.mark.parametrize("limit", ["turns", "tokens"])
def test_budgets_go_on_counting(mtor: Mtor, repo: Path, tmp_path: Path, limit: str) -> None:
    most = {"turns": {"turns": 3}, "tokens": {"tokens": 330}}[limit]
    argument = _spec(tmp_path / "s.md", budget=most)
    with ModelServer([_edit(3, 4), _edit(4, 5), _SILENT]) as server:
        mtor.killed_at(server, 3, argument)
        server.load([_edit(5, 6), _REFLECTION])
        done = mtor.run("--resume")
        requests = len(server.requests)
    assert (done.code, done.report["outcome"]) == (1, "failing")
    assert "the budget is spent: 3 of 3 turns" in done.report["reason"] or limit == "tokens", done.report["reason"]
    assert requests == (2 if limit == "turns" else 1)
    assert len(done.report["turns"]) == 3
    assert git(repo, "show", f"{branches(repo)[0]}:b.py") == "def g():\n    return 6\n"


def _edited(transcript: Path, change: dict[str, Any]) -> None:
    """The last turn on disk with `change` made to it."""
    lines = transcript.read_bytes().splitlines()
    at = max(number for number, line in enumerate(lines) if line.startswith(b'{"event": "turn"'))
    lines[at] = json.dumps({**json.loads(lines[at]), **change}).encode()
    transcript.write_bytes(b"\n".join(lines) + b"\n")


def test_what_cannot_be_resumed_says_why_and_spends_nothing(mtor: Mtor, repo: Path, tmp_path: Path) -> None:
    argument = _spec(tmp_path / "s.md")
    before = state(repo)
    with ModelServer([_edit(3, 4), _SILENT]) as server:
        mtor.killed_at(server, 2, argument)
        requests = len(server.requests)
        job = _job(repo)
        good, said = (job / "transcript.jsonl").read_bytes(), (job / "job.json").read_text()
        content = base64.b64encode(b"planted\n").decode()
        for where in ("tests/test_x.py", "lib.py", "../planted", ".git/config", ".github/workflows/x.yml"):
            _edited(job / "transcript.jsonl", {"files": {where: ["100644", content]}})
            done = mtor.run("--resume")
            assert (done.code, done.report["outcome"]) == (3, "error"), where
            assert "outside the scope" in done.report["reason"]
            assert state(repo) == before
        (job / "transcript.jsonl").write_bytes(good)
        for change in ({"files": {"b.py": 7}}, {"calls": 7}, {"surplus": 1}):
            _edited(job / "transcript.jsonl", change)
            done = mtor.run("--resume")
            assert (done.code, "cannot be read" in done.report["reason"]) == (3, True), done.report["reason"]
            (job / "transcript.jsonl").write_bytes(good)
        for broken in ("{", "[]", "{}", json.dumps({**json.loads(said), "parts": 7})):
            (job / "job.json").write_text(broken)
            refused = mtor.run("--resume")
            assert (refused.code, "cannot be read" in refused.err, "Traceback" in refused.err) == (3, True, False)
        gone = "0123456789" * 4
        (job / "job.json").write_text(json.dumps({**json.loads(said), "base": gone}))
        done = mtor.run("--resume")
        assert (done.code, gone in done.report["reason"]) == (3, True)
        assert mtor.run("--resume", "../../..").code == 64
        assert len(server.requests) == requests
        assert not (tmp_path / "planted").exists()
        # Nothing of this has used the job up; garbage between its lines is nothing that it wrote.
        (job / "job.json").write_text(said)
        (job / "transcript.jsonl").write_bytes(good.replace(b"\n", b'\n\xff\x00garbage {"\n', 1))
        server.load([_edit(4, 2), _REFLECTION])
        assert mtor.run("--resume", job.name).report["outcome"] == "fixed"


def start_wish() -> int:
    """Run a spec with a wish, as `mtor work` does for `/mtor fix`: its path, what is asked for, the model's address."""
    path, wish, api_base = sys.argv[1:]
    wishing = read_spec(path).wishing(wish, ["b.py"], "E   assert 1 == 3")
    with Lock(Git.open(Path.cwd()), "mtor work") as locked:
        JobRun(locked, wishing, path, progress_for(quiet=True), os.environ, Options(api_base=api_base)).run()
    return 0


def test_a_fix_of_what_a_review_asks_for_is_resumed_with_its_words(mtor: Mtor, repo: Path, tmp_path: Path) -> None:
    put(repo, {"b.py": "def g():\n    return 2\n"})
    git(repo, "add", "b.py")
    git(repo, "commit", "-qm", "b")
    path = spec(tmp_path / "s.md", "", test=["echo 1..1; echo ok 1"], implementer=["openai/scripted"])
    with ModelServer([_SILENT]) as server:
        arguments = [path, "ada on b.py:2:\nName the result.", server.api_base]
        child = nursery(WARM_UP).start("implementer.test_resume:start_wish", arguments, env=without_keys(), cwd=repo)
        wait_until(lambda: bool(server.requests) or child.poll() is not None)
        child.kill()
        assert child.wait() == -signal.SIGKILL
        before = _said(server, 1)
        hunk = "<<<<<<< SEARCH\n    return 2\n=======\n    two = 2\n    return two\n>>>>>>> REPLACE"
        server.load([call("edit", path="b.py", hunks=hunk), _REFLECTION])
        done = mtor.run("--resume", "--api-base", server.api_base)
        after = _said(server, 1)
    for asked in (before, after):
        assert "Name the result." in asked
        assert "assert 1 == 3" in asked
    assert (done.code, done.report["outcome"]) == (0, "fixed"), (done.report["reason"], done.err)
    assert "two = 2" in git(repo, "show", f"{done.report['branch']}:b.py")


def test_there_is_nothing_to_resume_where_nothing_ran(mtor: Mtor) -> None:
    refused = mtor.run("--resume")
    assert (refused.code, refused.out) == (3, "")
    assert "there is nothing to resume" in refused.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this user may not mount: {mounted.stderr.decode(errors='replace').strip()}")
    return folder


def test_a_disk_that_fills_up_while_a_turn_is_written_ends_in_an_error_and_can_be_resumed(
    small_disk: Path, tmp_path: Path
) -> None:
    try:
        repo = repository(small_disk / "repo")
        mtor = Mtor(repo)
        before = state(repo)

        def fill(_: object) -> Any:
            room = os.statvfs(small_disk)
            (small_disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - 8192))
            return calls(("edit", {"path": "b.py", "hunks": "x" * 30_000}), ("read", {"path": "lib.py"}))

        with ModelServer([call("read", path="b.py"), fill]) as server:
            full = mtor.run(_spec(tmp_path / "s.md"), "--api-base", server.api_base)
            assert (full.code, "No space left" in full.out + full.err) == (3, True), full.err
            assert "Traceback" not in full.err
            (small_disk / "filler").unlink()
            assert command_line.mtor(repo, "run", "--abort").code == 0
            assert state(repo) == before
            server.load([_edit(3, 2), _REFLECTION])
            done = mtor.run("--resume")
            assert "call" in _said(server, 1)
        assert (done.code, done.report["outcome"], len(done.report["turns"])) == (0, "fixed", 2), done.report["reason"]
    finally:
        subprocess.run(["umount", "-l", small_disk], check=True)


def test_what_was_formatted_is_so_for_the_implementer_and_after_a_kill(mtor: Mtor, repo: Path, tmp_path: Path) -> None:
    formatter = "sed -i 's/  *$//; s/^x=/x = /' b.py x.py"
    path = tmp_path / "s.md"
    _spec(path, format=[formatter], setup=["true"])
    text = path.read_text()
    path.write_text(text.replace("return 3\n", "return 3   \n") + "\n```python create=x.py\nx=1\n```\n")
    with ModelServer([_edit(3, 4), _SILENT]) as server:
        mtor.killed_at(server, 2, str(path))
        server.load([_edit(4, 2), _REFLECTION])
        done = mtor.run("--resume")
    report = done.report
    assert (done.code, report["outcome"], report["verified"]) == (0, "fixed", "fresh"), report["reason"]
    assert (report["formatted"], report["dirtied"]) == (["b.py", "x.py"], [])
    assert [command["stage"] for command in report["commands"]].count("format") == 1
    assert git(repo, "show", f"{report['branch']}:b.py") == "def g():\n    return 2\n"
    assert git(repo, "show", f"{report['branch']}:x.py") == "x = 1\n"
    assert [row["path"] for row in report["operations"] if row["changed_by_model"]] == ["b.py"]
