"""What stands in the terminal: whole texts with times and ids masked, and live progress on a pseudo-terminal.

MTOR_WRITE_GOLDENS=1 writes golden/NAME.txt anew; read the diff before you keep it.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, Ended, environment, mtor, put, spec, start_anew, wait_until
from goldens import assert_golden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GOLDEN = Path(__file__).parent / "golden"
_FIVE_ERRORS = """# Five
```python creat=x.py
```
```python create=../x
```
```python create=y.py
# ... existing code ...
```
```python edit=a.py
<<<<<<< SEARCH
    return 7
=======
    return 8
>>>>>>> REPLACE
```
```python edit=b.py
```
```yaml mtor
tests: [a]
```
"""


def _masked(done: Ended, tmp_path: Path) -> str:
    text = f"$ exit {done.code}\n--- stdout\n{done.out}--- stderr\n{done.err}".replace(str(tmp_path), "TMP")
    text = re.sub(r"\d{8}-\d{6}-[0-9a-f]{8}-[0-9a-f]{4}(-\d+)?", "JOB", text)
    text = re.sub(r"\b\d+(\.\d+)? s\b", "TIME", text)
    return re.sub(r"\b[0-9a-f]{7,40}\b", "COMMIT", text)


def _check_ok(repo: Path, tmp_path: Path) -> Ended:
    block = "```text create=new/file\nnew\n```\n"
    path = spec(tmp_path / "s.md", EDIT, block, "```\nprose\n```\n", delete=["old.txt"], setup=["make"], test=["a\nb"])
    return mtor(repo, "check", path)


def _check_errors(repo: Path, tmp_path: Path) -> Ended:
    put(tmp_path, {"s.md": _FIVE_ERRORS})
    return mtor(repo, "check", str(tmp_path / "s.md"))


def _check_elsewhere(_repo: Path, tmp_path: Path) -> Ended:
    env = environment(GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    return mtor(tmp_path, "check", spec(tmp_path / "s.md", EDIT, test=["true"]), env=env)


def _apply(repo: Path, tmp_path: Path) -> Ended:
    return mtor(repo, "apply", spec(tmp_path / "s.md", EDIT, delete=["old.txt"], move={"lib.py": "src/lib.py"}))


def _apply_rejected(repo: Path, tmp_path: Path) -> Ended:
    return mtor(repo, "apply", spec(tmp_path / "s.md", EDIT.replace("return 1", "return 7")))


def _run_clean(repo: Path, tmp_path: Path) -> Ended:
    return mtor(repo, "run", spec(tmp_path / "s.md", EDIT, setup=["true"], test=["echo fine"]))


def _run_failing(repo: Path, tmp_path: Path) -> Ended:
    return mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true", "echo seen; grep 'return 1' a.py"]))


def _run_dirty(repo: Path, tmp_path: Path) -> Ended:
    put(repo, {"lib.py": "edited\n"})
    return mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"]))


SHOWN = {
    "check_ok": _check_ok,
    "check_errors": _check_errors,
    "check_elsewhere": _check_elsewhere,
    "apply": _apply,
    "apply_rejected": _apply_rejected,
    "run_clean": _run_clean,
    "run_failing": _run_failing,
    "run_dirty": _run_dirty,
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_terminal_shows_its_golden_text(repo: Path, tmp_path: Path, name: str) -> None:
    text = _masked(SHOWN[name](repo, tmp_path), tmp_path)
    assert_golden(GOLDEN / f"{name}.txt", text)


def _on_terminal(
    repo: Path, *arguments: str, env: Mapping[str, str], stop_when: Callable[[], bool] | None = None
) -> tuple[Ended, str]:
    """`mtor ARGUMENTS` with stderr on a terminal of its own: how it ended, and what the terminal got."""
    ours, theirs = pty.openpty()
    with start_anew(repo, *arguments, env=env, stderr=theirs) as process:
        os.close(theirs)
        if stop_when is not None:
            wait_until(stop_when, process)
            process.send_signal(signal.SIGINT)
        shown = b""
        while data := _read(ours):
            shown += data
        os.close(ours)
        out, _ = process.communicate(timeout=60)
    return Ended(process.returncode, out.decode(), ""), shown.decode()


def _read(descriptor: int) -> bytes:
    assert select.select([descriptor], [], [], 60)[0], "nothing came for a minute"
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""  # EIO: the other side is closed


def _terminal(**extra: str) -> dict[str, str]:
    plain = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    return {**plain, "TERM": "xterm-256color", **extra}


def test_a_terminal_shows_the_running_command_and_its_last_line(repo: Path, tmp_path: Path) -> None:
    command = "for i in 1 2 3 4 5 6 7 8; do echo line-$i; sleep 0.06; done"
    path = spec(tmp_path / "s.md", EDIT, test=[command, "true"])
    done, shown = _on_terminal(repo, "run", "--json", path, env=_terminal())
    assert (done.code, json.loads(done.out)["outcome"]) == (0, "clean")
    assert "test: for i in 1 2 3" in shown
    assert "line-" in shown
    assert "passed in" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") > 0


def test_a_stop_gives_the_cursor_back_and_draws_no_more(repo: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    path = spec(tmp_path / "s.md", EDIT, test=[f"touch {ready}; sleep 300"])
    done, shown = _on_terminal(repo, "run", "--json", path, env=_terminal(), stop_when=ready.exists)
    assert (done.code, json.loads(done.out)["outcome"]) == (130, "cancelled")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_no_colour_where_nobody_wants_it(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    _, shown = _on_terminal(repo, "run", path, env=_terminal(NO_COLOR="1"))
    assert not re.search(r"\x1b\[[0-9;]*m", shown)
    assert "\x1b" not in mtor(repo, "run", path).out


@pytest.mark.parametrize(("extra", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_stdout_is_coloured_on_a_terminal_alone(
    repo: Path, tmp_path: Path, *, extra: dict[str, str], is_coloured: bool
) -> None:
    ours, theirs = pty.openpty()
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    command = [sys.executable, "-m", "mtor_action", "run", path]
    env = {**_terminal(), **extra}
    with subprocess.Popen(command, cwd=repo, env=env, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        shown = b""
        while data := _read(ours):
            shown += data
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[" in shown) == is_coloured


def test_quiet_says_nothing_on_stderr(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["echo x; echo y >&2"])
    done = mtor(repo, "run", "--json", "--quiet", path)
    assert (done.code, done.err, done.report["outcome"]) == (0, "", "clean")


def test_stderr_has_progress_alone_and_stdout_json_alone(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["echo x; echo y >&2"])
    done = mtor(repo, "run", "--json", path)
    assert all(line.startswith("mtor: ") for line in done.err.splitlines())
    assert len(done.out.splitlines()) == 1
