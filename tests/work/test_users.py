"""The user who runs the commands: his alone, and told where he protects nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, wait_until
from mtor_action.job.ownership import User
from mtor_action.work.trusted_code import can_enter, changeable
from mtor_action.work.users import end_all
from standins.github import GitHubSandbox
from work.workplace import IS_ROOT, Workplace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
_SOMEBODY = User(54321, 54321, "somebody")


@pytest.fixture
def code(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a package, in a folder that Python imports from."""
    file = place / "above" / "lib" / "package" / "module.py"
    file.parent.mkdir(parents=True)
    file.touch()
    place.chmod(0o755)
    monkeypatch.setattr(sys, "path", [*sys.path, str(place / "above" / "lib")])
    return file


def test_our_own_code_is_not_the_commands_to_change(code: Path) -> None:
    assert changeable(_SOMEBODY, code.parents[3] / "workspace") is None


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("how", ["mode", "owner", "group"])
def test_code_that_the_user_may_change_is_named(code: Path, level: int, how: str) -> None:
    open_part = (code, *code.parents)[level]
    if how == "mode":
        open_part.chmod(0o777)
    elif how == "owner":
        os.chown(open_part, _SOMEBODY.uid, -1)
    else:
        os.chown(open_part, -1, _SOMEBODY.gid)
        open_part.chmod(0o775)
    assert changeable(_SOMEBODY, code.parents[3] / "workspace") == open_part


def test_a_sticky_folder_above_and_a_closed_one_are_no_harm(code: Path) -> None:
    code.parents[2].chmod(0o1777)
    assert changeable(_SOMEBODY, code.parents[3] / "workspace") is None
    code.chmod(0o777)
    code.parents[1].chmod(0o777)
    code.parents[2].chmod(0o700)
    assert changeable(_SOMEBODY, code.parents[3] / "workspace") is None


def test_a_folder_above_one_that_was_searched_is_searched_too(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    above = code.parents[2]
    monkeypatch.setattr(sys, "path", [*sys.path, str(above)])
    beside = above / "beside.py"
    beside.touch()
    beside.chmod(0o666)
    assert changeable(_SOMEBODY, code.parents[3] / "workspace") == beside


def test_what_a_link_in_a_package_points_at_is_code_too(code: Path, place: Path) -> None:
    elsewhere = place / "elsewhere.py"
    elsewhere.touch()
    elsewhere.chmod(0o666)
    link = code.with_name("link.py")
    link.symlink_to(elsewhere)
    code.with_name("nothing.py").symlink_to(place / "nothing")
    assert changeable(_SOMEBODY, place / "workspace") == link


def test_code_in_the_workspace_is_the_commands(code: Path) -> None:
    assert changeable(_SOMEBODY, code.parents[2]) == code.parents[1]


@pytest.mark.parametrize(("mode", "enters"), [(0o755, True), (0o750, False), (0o701, True), (0o700, False)])
def test_who_may_enter_is_decided_as_the_kernel_does(place: Path, mode: int, *, enters: bool) -> None:
    place.chmod(mode)
    asked = subprocess.run(["test", "-x", place], user=_SOMEBODY.uid, group=_SOMEBODY.gid, extra_groups=(), check=False)
    assert can_enter(_SOMEBODY, place) == (asked.returncode == 0) == enters


def test_where_commands_could_change_mtor_the_report_says_same_user(workplace: Workplace, place: Path) -> None:
    tool = place / "lib"
    tool.mkdir()
    tool.chmod(0o777)
    # A virtual environment as a workflow might make it, whose packages everybody may change.
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", place / "venv"], check=True)
    (packages,) = (place / "venv/lib").glob("python3*/site-packages")
    (packages / "ours.pth").write_text("\n".join([str(tool), *(name for name in sys.path if "packages" in name)]))
    (packages / "more.pth").write_text("\n".join(name for name in sys.path if name.endswith(("/action", "/bot"))))
    done = workplace.ended(
        workplace.start(workplace.issue(EDIT, test=["id -un"]), python=str(place / "venv/bin/python"))
    )
    assert done.outputs["outcome"] == "clean", done.log
    assert re.fullmatch(
        rf"same-user: mtor-work[-0-9]* may change {tool}, which mtor relies on", done.report["isolation"]
    )
    assert ("warning", "title=mtor") in [(name, properties) for name, properties, _ in done.obeyed]


def test_two_jobs_at_once_have_each_a_user_of_their_own(workplace: Workplace, place: Path, tmp_path: Path) -> None:
    place.chmod(0o777)
    (place / "second").mkdir()
    with GitHubSandbox(tmp_path / "second") as github:
        other = Workplace(place / "second", github)
        wait = f"id -un > {place}/{{}}; while ! test -e {place}/go; do sleep 0.01; done"
        pair = [(workplace, "one"), (other, "two")]
        running = [each.begin(each.issue(EDIT, test=[wait.format(name)])) for each, name in pair]
        for process, (_, name) in zip(running, pair, strict=True):
            wait_until((place / name).exists, process)
        (place / "go").touch()
        ended = [each.ended(process) for process, (each, _) in zip(running, pair, strict=True)]
    assert [done.outputs["outcome"] for done in ended] == ["clean", "clean"], [done.log for done in ended]
    assert (place / "one").read_text() != (place / "two").read_text()


def test_the_end_of_a_job_kills_no_command_of_another_tree_whose_job_has_the_same_name(
    workplace: Workplace, place: Path, tmp_path: Path
) -> None:
    place.chmod(0o777)
    (place / "second").mkdir()
    wait = f"touch {place}/waiting; while ! test -e {place}/go; do sleep 0.01; done"
    with GitHubSandbox(tmp_path / "second") as github:
        other = Workplace(place / "second", github)
        waiting = workplace.begin(workplace.issue(EDIT, test=[wait]))
        wait_until((place / "waiting").exists, waiting)
        done = other.work(other.issue(EDIT, test=["true"]))
        (place / "go").touch()
        last = workplace.ended(waiting)
    assert (done.report["job"], done.outputs["outcome"]) == (last.report["job"], "clean")
    assert (last.outputs["outcome"], last.report["flaky"]) == ("clean", False), last.log


def test_folders_of_path_that_commands_may_not_enter_are_named(workplace: Workplace, place: Path) -> None:
    closed, opened = place / "closed", place / "opened"
    for folder in (closed, opened):
        folder.mkdir()
    closed.chmod(0o700)
    path = f"{closed}:{opened}:{place}/missing:{workplace.env['PATH']}"
    done = workplace.work(workplace.issue(EDIT, test=[f'test "$PATH" = {path}']), MTOR_COMMAND_PATH=path)
    assert done.outputs["outcome"] == "clean", done.log
    (warning,) = [data for name, _, data in done.obeyed if name == "warning"]
    assert str(closed) in warning
    assert str(opened) not in warning


def test_what_cron_started_for_the_user_meanwhile_ends_with_the_job(workplace: Workplace, place: Path) -> None:
    place.chmod(0o777)
    wait = f"id -u > {place}/uid && mv {place}/uid {place}/ready; while ! test -e {place}/go; do sleep 0.01; done"
    process = workplace.begin(workplace.issue(EDIT, test=[wait]))
    wait_until((place / "ready").exists, process)
    uid = int((place / "ready").read_text())
    command = ["/bin/sh", "-c", "trap '' HUP INT TERM; while :; do (sleep 100 & wait); done"]
    with subprocess.Popen(command, user=uid, group=uid, extra_groups=(), env={}, start_new_session=True) as elsewhere:
        (place / "go").touch()
        done = workplace.ended(process)
        assert elsewhere.wait(10) == -9
    assert done.outputs["outcome"] == "clean", done.log


def test_processes_that_stop_and_fork_cannot_keep_themselves_alive() -> None:
    stop = "for p in /proc/[0-9]*; do [ ${p#/proc/} = $$ ] || kill -STOP ${p#/proc/}; done 2>/dev/null"
    commands = [f"while :; do {stop}; done"] * 2 + ["f() { sleep 0.01; f & }; f; while :; do f; sleep 0.1; done"]
    started = [
        subprocess.Popen(["/bin/sh", "-c", each], user=_SOMEBODY.uid, group=_SOMEBODY.gid, extra_groups=(), env={})
        for each in commands
    ]
    end_all(_SOMEBODY)
    assert [process.wait(10) for process in started] == [-9, -9, -9]
    assert subprocess.run(["pgrep", "-u", str(_SOMEBODY.uid), "-r", "R,S,D,T"], check=False).returncode == 1


def test_a_file_of_roots_that_has_a_name_in_the_workspace_stays_roots(workplace: Workplace, place: Path) -> None:
    precious = place / "precious"
    precious.touch()
    for name in ("linked", ".git/linked"):
        os.link(precious, workplace.root / name)
    assert workplace.work(workplace.issue(EDIT, test=["true"])).outputs["outcome"] == "clean"
    assert (precious.stat().st_uid, precious.stat().st_nlink) == (0, 3)


_PRIVATE = {
    ".npmrc": "npm",
    ".m2/settings.xml": "maven",
    "work/other/secret": "another workspace",
    "temp/event.json": "x",
}


def _home_with_secrets(workplace: Workplace, mode: int = 0o750) -> Path:
    home = workplace.root.parents[1]
    for name, text in _PRIVATE.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
        (home / name).chmod(0o644)
    (home / "bin").mkdir()
    (home / "bin" / "tool").write_text("#!/bin/sh\necho a tool\n")
    (home / "bin" / "tool").chmod(0o755)
    home.chmod(mode)
    return home


@pytest.mark.parametrize("mode", [0o750, 0o700])
def test_a_home_that_is_closed_to_others_stays_closed_to_the_commands(
    workplace: Workplace, place: Path, mode: int
) -> None:
    home = _home_with_secrets(workplace, mode)
    (place / "loot").touch()
    (place / "loot").chmod(0o666)
    looking = " ".join(f"{home}/{name}" for name in _PRIVATE)
    tests = [
        f"cat {looking} > {place}/loot 2>&1 || ls -a {home} >> {place}/loot 2>&1 || true",
        f"for p in /proc/[0-9]*; do cat $p/root{home}/.npmrc $p/cwd/../../.npmrc; done >> {place}/loot 2>&1 || true",
        f'test "$PWD" = {workplace.root} && touch written',  # where it was, and theirs to write
        "tool",
    ]
    issue = workplace.issue(EDIT, setup=["pwd > recorded"], test=tests)
    done = workplace.work(issue, MTOR_COMMAND_PATH=f"{home}/bin:{workplace.env['PATH']}")
    assert (done.outputs["outcome"], done.report["isolation"]) == ("clean", "separate-user"), done.log
    loot = (place / "loot").read_text()
    assert not any(f"\n{text}\n" in f"\n{loot}\n" or loot.startswith(text) for text in _PRIVATE.values()), loot
    assert "Permission denied" in loot
    assert home.stat().st_mode & 0o777 == mode
    assert sorted(each.name for each in home.iterdir()) == [".m2", ".npmrc", "bin", "temp", "work"]
    assert not subprocess.run(["grep", f" {home} ", "/proc/self/mountinfo"], capture_output=True, check=False).stdout


def test_the_home_was_never_open_while_commands_ran(workplace: Workplace, place: Path) -> None:
    home = _home_with_secrets(workplace)
    place.chmod(0o777)
    wait = f"touch {place}/ready; while ! test -e {place}/go; do sleep 0.01; done"
    process = workplace.begin(workplace.issue(EDIT, test=[wait]))
    wait_until((place / "ready").exists, process)
    mode = home.stat().st_mode & 0o777
    asked = ["cat", str(home / ".npmrc")]
    other = subprocess.run(
        asked, user=_SOMEBODY.uid, group=_SOMEBODY.gid, extra_groups=(), capture_output=True, check=False
    )
    (place / "go").touch()
    done = workplace.ended(process)
    assert done.outputs["outcome"] == "clean", done.log
    assert (mode, other.stdout) == (0o750, b"")


def test_where_no_mount_can_be_made_the_home_stays_closed_and_the_report_says_why(
    workplace: Workplace,
) -> None:
    home = _home_with_secrets(workplace)
    without = ("setpriv", "--bounding-set=-sys_admin")
    done = workplace.ended(
        workplace.start(workplace.issue(EDIT, test=[f"stat -c %a {home} > mode; true"]), before=without)
    )
    assert done.outputs["outcome"] == "clean", done.log
    assert done.report["isolation"].startswith(f"same-user: {home} is closed to others, and no mount can be made")
    assert home.stat().st_mode & 0o777 == 0o750


def test_a_folder_of_programs_that_is_a_home_itself_is_not_opened(workplace: Workplace) -> None:
    home = _home_with_secrets(workplace)
    issue = workplace.issue(EDIT, test=[f"test ! -e {home}/.npmrc"])
    done = workplace.work(issue, MTOR_COMMAND_PATH=f"{workplace.env['PATH']}:{home}")
    assert (done.outputs["outcome"], done.report["isolation"]) == ("clean", "separate-user"), done.log
    assert any(str(home) in data for name, _, data in done.obeyed if name == "warning")
