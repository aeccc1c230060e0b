from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import MtorError
from mtor_action.processes.commands import CommandRunner
from mtor_action.processes.environment import command_environment
from mtor_action.processes.execution import Graces
from mtor_action.processes.processes import carries_job, running_processes

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = Graces(interrupt_seconds=0.2, terminate_seconds=0.2)
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def runner_in(folder: Path, timeout_seconds: float = 30, **options: object) -> CommandRunner:
    environment = options.pop("environment", command_environment(os.environ))
    return CommandRunner(folder, environment, timeout_seconds, uuid.uuid4().hex, graces=SHORT, **options)  # type: ignore[arg-type]


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pids_in(folder: Path) -> list[int]:
    return [int(path.name.removesuffix(".pid")) for path in folder.glob("*.pid")]


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        ("true", 0),
        ("exit 7", 7),
        ("false\ntrue", 1),
        ("false | cat", 1),
        ("true\n\n# comment\n", 0),
        ("no-such-program-anywhere", 127),
        ("kill -9 $$", 137),
        ("kill 0", 143),
        ("bash -c 'kill -SEGV $$'", 139),
        ("if", 2),
        ("-no-option", 127),
    ],
)
def test_the_exit_code_is_the_shell_s(tmp_path: Path, command: str, exit_code: int) -> None:
    result = runner_in(tmp_path).run("test", command)
    assert result.exit_code == exit_code
    assert result.passed is (exit_code == 0)
    assert not result.timed_out


@pytest.mark.parametrize(("command", "exit_code"), [("false\ntrue", 1), ("true", 0), ("exit 3", 3)])
def test_without_bash_the_system_s_shell_is_used(tmp_path: Path, command: str, exit_code: int) -> None:
    runner = runner_in(tmp_path, environment={"PATH": str(tmp_path)})
    assert runner.run("test", command).exit_code == exit_code
    assert runner.run("test", 'echo "[$BASH]"').tail(100) == "[]"


def test_output_is_stdout_and_stderr_in_order(tmp_path: Path) -> None:
    result = runner_in(tmp_path).run("test", "echo one; echo two >&2; echo three")
    assert result.output == b"one\ntwo\nthree\n"
    assert result.output_total_bytes == 14


def test_stdin_is_empty(tmp_path: Path) -> None:
    assert runner_in(tmp_path).run("test", "cat; read -r line || echo end").output == b"end\n"


def test_output_that_is_not_text_becomes_readable(tmp_path: Path) -> None:
    result = runner_in(tmp_path).run("test", "head -c 300000 /dev/urandom; printf '\\n\\033[31m\\xff\\n'")
    assert result.tail(10).endswith("\ufffd")
    assert "\x1b" not in result.tail(400_000)


def test_a_lot_of_output_is_bounded(tmp_path: Path) -> None:
    result = runner_in(tmp_path).run("test", "echo first; head -c 200000000 /dev/zero; echo; echo last")
    assert result.passed
    assert result.output_total_bytes == 200_000_012
    assert len(result.output) < 400_000
    assert result.output.startswith(b"first\n")
    assert result.output.endswith(b"\nlast\n")
    assert b"bytes of output left out here" in result.output


def test_a_result_becomes_a_report(tmp_path: Path) -> None:
    report = runner_in(tmp_path).run("setup", "echo one; echo two; exit 4").as_report(limit=3)
    assert (report.stage, report.exit_code, report.timed_out) == ("setup", 4, False)
    assert report.command == "echo one; echo two; exit 4"
    assert report.output_tail == "[4 characters in 1 line(s) cut]\ntwo"


def test_the_environment_is_the_one_given_and_the_job(tmp_path: Path) -> None:
    runner = runner_in(tmp_path, environment={"PATH": os.environ["PATH"], "ONE": "1"})
    seen = runner.run("test", "env").output.decode().split()
    assert {line for line in seen if not line.startswith(("PWD=", "SHLVL=", "_=", "PATH="))} == {
        "ONE=1",
        f"MTOR_JOB={runner.job}",
    }


def test_progress_is_the_last_line(tmp_path: Path) -> None:
    def note(line: str) -> None:
        (tmp_path / line).touch()

    command = """
        printf 'one\\n\\033[1mtwo\\033[0m\\n\\n'; until [ -e two ]; do sleep 0.01; done
        echo three; until [ -e three ]; do sleep 0.01; done
    """
    assert runner_in(tmp_path, 20, on_output=note).run("test", command).passed
    assert not (tmp_path / "one").exists()


def test_a_folder_that_is_missing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(MtorError, match="cannot start the command 'true'"):
        runner_in(tmp_path / "missing").run("test", "true")


def test_a_command_that_is_too_long_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(MtorError, match="Argument list too long"):
        runner_in(tmp_path).run("test", "#" * 200_000)


@needs_root
def test_it_runs_as_another_user_without_our_groups() -> None:
    result = runner_in(Path("/"), as_user=65534).run("test", "id -u; id -G; ! kill -0 $PPID 2>/dev/null")
    assert result.passed
    assert result.output.split() == [b"65534", b"65534"]


@pytest.mark.parametrize(
    "command",
    [
        "sleep 600",
        "sleep 600 & sleep 601 & wait",
        "trap '' INT TERM; while :; do sleep 1; done",
        "kill -STOP $$",
        "exec >&- 2>&-; sleep 600",
        "yes",
    ],
)
def test_at_its_time_limit_a_command_ends(tmp_path: Path, command: str) -> None:
    started = time.monotonic()
    result = runner_in(tmp_path, 0.2).run("test", f'touch "$$.pid"\n{command}')
    assert time.monotonic() - started < 5
    assert (result.exit_code, result.timed_out, result.passed) == (124, True, False)
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


def test_what_a_command_says_while_it_is_stopped_is_kept(tmp_path: Path) -> None:
    command = "trap 'echo interrupted; head -c 3000000 /dev/zero; echo last words; exit 0' INT; sleep 600 & wait"
    result = runner_in(tmp_path, 0.3).run("test", command)
    assert result.exit_code == 124
    assert result.output.startswith(b"interrupted")
    assert result.output.endswith(b"last words\n")


DAEMON = """
import os, sys, time
for _ in range(int(sys.argv[1])):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        if "unmarked" in sys.argv:
            os.execve(sys.executable, [sys.executable, "-c", f'''
import os, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(f"{os.getpid()}.pid").touch()
time.sleep(600)'''], {})
        open(f"{os.getpid()}.pid", "w").close()
        time.sleep(600)
"""


FORKING = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deadline = time.monotonic() + 15
generation = 0
while time.monotonic() < deadline:
    generation += 1
    if os.fork():
        os._exit(0)
    os.setsid()
    if generation == 20:
        open("ready", "w").close()
"""


@pytest.mark.parametrize(("count", "kind"), [(50, "marked"), (3, "unmarked")])
def test_daemons_do_not_outlive_the_command(tmp_path: Path, count: int, kind: str) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    wait = f"until [ $(ls | grep -c pid$) = {count} ]; do sleep 0.02; done; echo done"
    started = time.monotonic()
    result = runner_in(tmp_path).run("test", f"'{sys.executable}' daemon.py {count} {kind}\n{wait}")
    assert time.monotonic() - started < 20
    assert (result.exit_code, result.output) == (0, b"done\n")
    assert len(pids_in(tmp_path)) == count
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


def test_a_daemon_that_was_stopped_within_the_command_is_gone(tmp_path: Path) -> None:
    # An orphan that nobody reaps would still answer `kill -0`.
    start = "(setsid sleep 600 >/dev/null 2>&1 & echo $! >pid)\n"
    result = runner_in(tmp_path, 10).run("test", start + "kill $(cat pid); while kill -0 $(cat pid); do :; done")
    assert result.passed, result.tail(1000)


def test_a_process_that_forks_all_the_time_is_caught(tmp_path: Path) -> None:
    (tmp_path / "fork.py").write_text(FORKING)
    runner = runner_in(tmp_path)
    result = runner.run("test", f"'{sys.executable}' fork.py & until [ -e ready ]; do :; done")
    assert result.passed
    assert b"could not end" not in result.output
    assert not any(carries_job(process.pid, runner.job) for process in running_processes())


def test_our_other_children_are_left_alone(tmp_path: Path) -> None:
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen(["cat"], **options) as ours,  # type: ignore[call-overload]
        subprocess.Popen(["cat"], start_new_session=True, **options) as apart,  # type: ignore[call-overload]
        subprocess.Popen(["sh", "-c", "exit 5"]) as ended,
    ):
        runner_in(tmp_path, 0.2).run("test", "setsid sleep 600 & sleep 600")
        assert ours.communicate(b"still here") == (b"still here", None)
        assert apart.communicate(b"still here") == (b"still here", None)
        assert ended.wait() == 5


def test_an_exception_of_the_progress_callback_ends_the_command(tmp_path: Path) -> None:
    def fail(_line: str) -> None:
        raise RuntimeError("no terminal")

    with pytest.raises(RuntimeError, match="no terminal"):
        runner_in(tmp_path, on_output=fail).run("test", "touch $$.pid; echo hello; sleep 600")
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


PROGRAM = """
import os, signal, sys
from pathlib import Path
from mtor_action.processes.commands import CommandRunner
from mtor_action.processes.execution import Graces
if sys.argv[3:]:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
graces = Graces(float(sys.argv[2]), float(sys.argv[2]))
runner = CommandRunner(Path.cwd(), os.environ, 60, "job", graces=graces)
try:
    print(runner.run("test", sys.argv[1]).exit_code)
except KeyboardInterrupt:
    print("interrupted")
"""


def start_program(folder: Path, command: str, grace_seconds: float, *options: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", PROGRAM, command, str(grace_seconds), *options]
    return subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, text=True)


STUBBORN = """
trap 'touch interrupted' INT
trap '' TERM
setsid sleep 600 &
touch $$.pid $!.pid ready
while :; do sleep 0.02 || :; done
"""


def test_ctrl_c_ends_the_command_and_is_raised_again(tmp_path: Path) -> None:
    with start_program(tmp_path, STUBBORN, 0.1) as program:
        wait_until((tmp_path / "ready").exists)
        program.send_signal(signal.SIGINT)
        assert program.communicate()[0] == "interrupted\n"
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


def test_a_second_ctrl_c_only_makes_it_faster(tmp_path: Path) -> None:
    with start_program(tmp_path, STUBBORN, 60) as program:
        wait_until((tmp_path / "ready").exists)
        program.send_signal(signal.SIGINT)
        wait_until((tmp_path / "interrupted").exists)
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=20)[0] == "interrupted\n"
    assert len(pids_in(tmp_path)) == 2
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_us_ends_the_command_first(tmp_path: Path, signum: signal.Signals) -> None:
    with start_program(tmp_path, STUBBORN, 0.1) as program:
        wait_until((tmp_path / "ready").exists)
        program.send_signal(signum)
        assert program.wait() == -signum
    assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


def test_red_stays_red_where_exit_codes_are_thrown_away(tmp_path: Path) -> None:
    with start_program(tmp_path, "exit 9", 1, "ignore-child-signals") as program:
        assert program.communicate()[0] == "9\n"


LOOKS = """
import pathlib, sys
from mtor_action.processes.commands import CommandRunner

looks = []
sys.addaudithook(lambda event, arguments: looks.append(arguments) if event == "os.listdir" else None)
runner = CommandRunner(pathlib.Path.cwd(), {"PATH": "/usr/bin:/bin"}, 60.0, "job")
for command in ("true", "setsid sleep 600 & true"):
    assert runner.run("test", command).passed
    print(looks.count(("/proc",)))
    looks.clear()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is looked at")
def test_all_processes_are_looked_at_once_after_a_command_that_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOOKS], cwd=tmp_path, capture_output=True, text=True, check=True)
    once, more = map(int, done.stdout.split())
    assert once == 1
    assert more > 2
