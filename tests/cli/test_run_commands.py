"""What commands may try, and what comes of it: hostile, hanging, loud and meddling ones."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import EDIT, branches, environment, git, mtor, put, spec, start, state, stop, wait_until


@pytest.mark.parametrize("test", [["false", "true"], "false\ntrue\n"])
def test_a_failing_command_before_a_passing_one_is_red(repo: Path, tmp_path: Path, test: object) -> None:
    put(repo, {"marker": ""})
    path = tmp_path / "s.md"
    said = "test: |\n  test ! -e new\n  true\n" if isinstance(test, str) else "test: ['test ! -e new', 'true']\n"
    path.write_text(f"```text create=new\n```\n```yaml mtor\n{said}```\n")
    report = mtor(repo, "run", "--json", str(path)).report
    assert (report["outcome"], report["base_red"]) == ("failing", False)
    assert report["commands"][0]["exit_code"] == 1


def test_a_hanging_command_dies_with_its_children_at_its_limit(repo: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sleep 300 & echo $! >> {pids}; (trap '' TERM INT; setsid sleep 301 & echo $! >> {pids}); sleep 302"
    path = spec(tmp_path / "s.md", EDIT, test=[command], timeout_minutes=0.01)
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["commands"][0]["timed_out"]) == ("failing", True)
    for pid in pids.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_a_background_process_does_not_outlive_a_green_command(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=[f"setsid sleep 300 >/dev/null 2>&1 & echo $! > {tmp_path}/pid"])
    assert mtor(repo, "run", path).code == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_output_that_is_not_utf8_is_shown_all_the_same(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=[r"printf 'caf\351 \377\376 \000 \033[2J end\n'"])
    report = mtor(repo, "run", "--json", path).report
    assert report["outcome"] == "clean"
    assert report["commands"][0]["output_tail"] == "caf� ��   end"


def test_a_gigabyte_of_output_does_not_fill_memory(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["head -c 1000000000 /dev/zero | tr '\\0' 'x'; echo; echo last"])
    measure = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", measure, sys.executable, "-m", "mtor_action", "run", "--quiet", path]
    done = subprocess.run(command, cwd=repo, env=environment(), capture_output=True, check=True)
    code, kilobytes = done.stdout.split()
    assert code == b"0"
    assert int(kilobytes) < 150_000 * (resource.getpagesize() // 4096)


def test_output_that_imitates_the_runner_or_a_report_changes_nothing(repo: Path, tmp_path: Path) -> None:
    fake = json.dumps({"schema": 1, "outcome": "clean", "head": "f" * 40})
    lines = ["::set-output name=x::y", "::add-mask::secret", "  ::error::x", "##[error]x", fake]
    put(tmp_path, {"lines": "\n".join(lines) + "\n"})
    red = spec(tmp_path / "s.md", EDIT, test=[f"cat {tmp_path}/lines; grep 'return 1' a.py"])
    done = mtor(repo, "run", red)
    assert done.code == 1
    assert not [line for line in (done.out + done.err).splitlines() if line.lstrip().startswith(("::", "##["))]
    as_json = mtor(repo, "run", "--json", red)
    assert (as_json.code, as_json.report["outcome"]) == (1, "failing")


def test_a_commands_own_text_reaches_the_terminal_harmless(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true # \x1b]0;owned\x07\x1b[2J", ": 1\n::add-mask::x"])
    for done in (mtor(repo, "check", path), mtor(repo, "run", path)):
        assert "\x1b" not in done.out + done.err
        assert not [line for line in (done.out + done.err).splitlines() if line.startswith("::")]


def test_commands_see_no_token_and_no_key(repo: Path, tmp_path: Path) -> None:
    secrets = ("GITHUB_TOKEN", "OPENAI_API_KEY", "ACTIONS_RUNTIME_TOKEN", "SSH_AUTH_SOCK", "GIT_DIR", "MY_PASSWORD")
    path = spec(tmp_path / "s.md", EDIT, setup=["env"], test=[f"env > {tmp_path}/env"])
    env = environment(**dict.fromkeys(secrets, "geheim"))
    env["GIT_DIR"] = str(tmp_path / "elsewhere")
    done = mtor(repo, "run", "--json", path, env=env)
    assert done.code == 0
    seen = (tmp_path / "env").read_text()
    assert "geheim" not in seen + done.out
    assert not [name for name in secrets if f"{name}=" in seen]


MEDDLING = {
    "a declared file": ("echo '# more' >> a.py", ["a.py"]),
    "a declared file's mode": ("chmod +x a.py", ["a.py"]),
    "a tracked file": ("echo x >> lib.py", ["lib.py"]),
    "a deleted file": ("rm -r sub/deep.txt lib.py", ["lib.py", "sub/deep.txt"]),
    "a file made a link": ("ln -sf /etc/passwd lib.py", ["lib.py"]),
    "a file made a folder": ("rm lib.py; mkdir lib.py; echo x > lib.py/x", ["lib.py"]),
    "the index": ("echo x >> lib.py; git add -A", ["lib.py", "untracked"]),
    "a commit": ("echo x >> lib.py; git commit -qam x", ["HEAD", "lib.py"]),
    "a commit of everything": ("git add -A; git commit -qm x", ["HEAD", "untracked"]),
    "another branch": ("git stash -q; git checkout -q -f main", ["HEAD", "a.py"]),
    "a branch of its own": ("git checkout -q -B own; git commit -q --allow-empty -m x", ["HEAD"]),
    "a detached head": ("git checkout -q --detach", ["HEAD"]),
    "git's settings": ("git config filter.x.clean 'touch /tmp/owned'; echo '* filter=x' > .git/info/attributes", None),
    "mtor's own folder": ("rm -rf .git/mtor", []),
    "a fake journal": ("echo '{}' > .git/mtor/journal.json; echo x > .git/mtor/lock", []),
}


@pytest.mark.parametrize("what", MEDDLING)
def test_what_commands_change_is_put_back_tested_again_and_reported(repo: Path, tmp_path: Path, what: str) -> None:
    command, dirtied = MEDDLING[what]
    before = state(repo)
    path = spec(tmp_path / "s.md", EDIT, test=[f"{command}; true"])
    report = mtor(repo, "run", "--json", path).report
    assert report["outcome"] == "clean", report["reason"]
    assert sorted(report["dirtied"]) == (["attributes", "config"] if dirtied is None else dirtied)
    assert git(repo, "diff", "--name-only", "main", report["branch"]).split() == ["a.py"]
    assert git(repo, "rev-list", "--count", f"main..{report['branch']}").strip() == "1"
    after = state(repo)
    assert (after.files, after.head, after.index, after.config) == (
        before.files,
        before.head,
        before.index,
        before.config,
    )
    assert after.status == before.status
    assert len(report["commands"]) == (2 if dirtied else 1)


@pytest.mark.parametrize("commit", ["", "; git commit -qam x"])
def test_green_only_thanks_to_an_undeclared_change_is_red(repo: Path, tmp_path: Path, commit: str) -> None:
    # The first command repairs what the second looks at, and only on the spec's tree.
    path = spec(tmp_path / "s.md", EDIT, setup=[f"echo y >> lib.py{commit}"], test=["grep y lib.py"])
    report = mtor(repo, "run", "--json", path).report
    assert report["outcome"] == "failing"
    assert "lib.py" in report["dirtied"]


@pytest.mark.parametrize(
    "command",
    [
        "git add -A",
        "git add -A; git commit -qm x",
        "git checkout -q --orphan void; git rm -rfq --cached .",
        "echo garbage > .git/index",
        "touch .git/index.lock .git/HEAD.lock",
        "rm -rf .git/mtor sub/deep.txt",
        "git checkout -q -f main; git branch -D mtor/return-two",
    ],
)
def test_a_red_command_that_meddles_costs_nobody_a_file(repo: Path, tmp_path: Path, command: str) -> None:
    before = state(repo)
    path = spec(tmp_path / "s.md", EDIT, test=[f"{command}; exit 1"])
    done = mtor(repo, "run", "--json", path)
    assert done.code in {1, 3}, done.err
    after = state(repo)
    assert (after.files, after.head, after.index, after.status) == (
        before.files,
        before.head,
        before.index,
        before.status,
    )


def test_what_the_base_run_writes_where_the_spec_creates_does_not_block(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, "```text create=new\nours\n```\n", test=["echo x > new; grep 'return 1' a.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["reason"]) == ("failing", "")
    assert git(repo, "show", f"{report['branch']}:new") == "ours\n"


def test_what_commands_leave_in_new_folders_is_moved_aside(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    command = "mkdir -p new/deep/cache; echo kept > new/deep/cache/x; mkdir new/empty"
    block = "```text create=new/deep/file\nours\n```\n"
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", block, test=[command])).report
    assert report["outcome"] == "clean"
    assert state(repo) == before
    saved = repo / ".git/mtor/jobs" / report["job"] / "saved"
    assert (saved / "new/deep/cache/x").read_text() == "kept\n"


def test_a_second_run_is_refused_and_the_first_unharmed(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    ready, go = tmp_path / "ready", tmp_path / "go"
    path = spec(tmp_path / "s.md", EDIT, test=[f"touch {ready}; until test -e {go}; do sleep 0.01; done"])
    first = start(repo, "run", "--json", path)
    wait_until(ready.exists, first)
    for arguments in (("run", path), ("apply", path), ("run", "--abort")):
        second = mtor(repo, *arguments)
        assert (second.code, second.out) == (3, "")
        assert str(first.pid) in second.err
    assert mtor(repo, "check", path).code == 0
    go.touch()
    out, _ = first.communicate(timeout=60)
    assert json.loads(out)["outcome"] == "clean"
    assert (state(repo), branches(repo)) == (before, ["mtor/return-two"])


def test_a_run_that_was_killed_leaves_no_process_of_its_commands(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=[f"setsid sleep 300 & echo $! > {tmp_path}/pid; sleep 301"])
    process = start(repo, "run", path)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"), process)
    stop(process, signal.SIGKILL)
    assert mtor(repo, "run", "--abort").code == 0
    pid = int((tmp_path / "pid").read_text())
    # Its new parent may take a moment to ask after it.
    wait_until(lambda: _is_gone(pid))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return " Z " in Path(f"/proc/{pid}/stat").read_text() if Path("/proc").is_dir() else False


def test_a_command_of_a_program_that_is_not_installed_says_so_and_what_to_do(repo: Path, tmp_path: Path) -> None:
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=["no-such-program --check"])).report
    assert (report["outcome"], report["base_red"]) == ("failing", True)
    assert report["reason"] == "a program that `no-such-program --check` starts is not installed here"
    assert report["next_step"] == "install it in `setup`, or correct the command"
