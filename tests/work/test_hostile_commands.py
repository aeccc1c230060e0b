"""Tests that attack the runner, the result, the model's installation and git get nothing of it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, environment
from standins.model import ModelServer, call, say
from work.workplace import COMMAND_FILES, IS_ROOT, RUNNER, SAME_USER

if TYPE_CHECKING:
    from work.workplace import Worked, Workplace

_HOSTILE = (Path(__file__).parent / "hostile_test.txt").read_text(encoding="utf-8")
_KEY = "zq9-not-of-any-known-shape-4711"
_MODEL = "openai/gpt-4o-mini"
_OURS = {"add-mask", "group", "stop-commands", "endgroup", "error", "warning"}
# What is run to install the extra `model`: it tells what it met.
_INSTALL = """
import json, os, subprocess, sys, pip
config = subprocess.run([sys.executable, "-I", "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
odd = sorted({"sitecustomize", "usercustomize"} & set(sys.modules))
seen = {"pip": pip.__file__, "config": config, "cwd": os.getcwd(), "env": dict(os.environ), "odd": odd}
open(sys.argv[1], "w").write(json.dumps(seen))
"""
_B = f"```python create=hostile.py\n{_HOSTILE}```\n```python create=b.py\ndef g():\n    return 3\n```\n"
_TO_TWO = call("edit", path="b.py", hunks="<<<<<<< SEARCH\n    return 3\n=======\n    return 2\n>>>>>>> REPLACE")


@pytest.fixture
def loot(place: Path) -> Path:
    folder = place / "loot"
    (folder / "bin").mkdir(parents=True)
    for each in (folder, folder / "bin"):
        each.chmod(0o777)
    return folder


def _attacked(workplace: Workplace, loot: Path) -> tuple[Worked, dict[str, object]]:
    """A job whose red test attacks, until the model repairs it; what its installation saw."""
    arguments = f"{loot} {workplace.temp / 'handover'} {workplace.temp}"
    test = f"! grep -q 'return 3' [b].py || /usr/bin/python3 hostile.py {arguments}"
    issue = workplace.issue(_B, test=[test], implementer=[_MODEL])
    for name in COMMAND_FILES:  # as some runners make them
        (workplace.temp / name).chmod(0o666)
    install = [sys.executable, "-I", "-c", _INSTALL, str(workplace.place / "install.json")]
    with ModelServer([_TO_TWO, say(json.dumps({"surprised": "nothing"}))]) as server:
        process = workplace.start(
            issue,
            OPENAI_API_KEY=_KEY,
            OPENAI_API_BASE=server.api_base,
            MTOR_COMMAND_PATH=f"{loot}/bin:{workplace.env['PATH']}",
            MTOR_MODEL_INSTALL=json.dumps(install),
        )
        done = workplace.ended(process)
        sent = [request.headers["authorization"] for request in server.requests]
    assert sent[0] == f"Bearer {_KEY}", done.log
    return done, json.loads((workplace.place / "install.json").read_text())


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_a_hostile_test_suite_reaches_nothing_that_is_not_its_own(workplace: Workplace, loot: Path) -> None:
    done, installed = _attacked(workplace, loot)
    assert (done.code, done.outputs["outcome"], done.report["isolation"]) == (0, "fixed", "separate-user"), done.log
    read = (loot / "read").read_bytes()
    assert b"MTOR_JOB=run-77" in read  # it read what it may
    assert workplace.env["MTOR_TOKEN"].encode() not in read
    assert _KEY.encode() not in read
    _assert_log_is_ours(workplace, done)
    _assert_files_are_ours(workplace)
    _assert_handover_is_ours(done)
    _assert_daemon_is_dead(loot)
    _assert_installation_is_clean(installed)
    assert (loot / "ran").exists()  # what is planted in the commands' PATH works
    assert not (loot / "shot").exists()
    assert "fsmonitor" not in (workplace.root / ".git/config").read_text()


def _assert_log_is_ours(workplace: Workplace, done: Worked) -> None:
    names = {name for name, _, _ in done.obeyed}
    resumed = {data for name, _, data in done.obeyed if name == "stop-commands"}
    assert names - resumed <= _OURS
    assert {data for name, _, data in done.obeyed if name == "add-mask"} == {workplace.env["MTOR_TOKEN"], _KEY}
    assert len(resumed) > 1
    assert all(len(word) == 32 for word in resumed)
    assert "set-output name=outcome" in done.log


def _assert_files_are_ours(workplace: Workplace) -> None:
    for name in COMMAND_FILES:
        assert "\nEVIL=1\n" not in (workplace.temp / name).read_text()
    assert [(workplace.temp / name).read_text() for name in ("ENV", "PATH", "STATE")] == ["", "", ""]


def _assert_handover_is_ours(done: Worked) -> None:
    assert done.report["outcome"] == "fixed"
    assert [path for path, _ in done.received.handover.implementer] == ["b.py"]
    assert done.handover.stat().st_uid == RUNNER
    assert done.handover.stat().st_mode & 0o777 == 0o700


def _assert_daemon_is_dead(loot: Path) -> None:
    pids = (loot / "daemon").read_text().split()
    assert pids
    assert not [pid for pid in pids if Path("/proc", pid).exists()]


def _assert_installation_is_clean(installed: dict[str, object]) -> None:
    assert str(installed["pip"]).startswith(str(Path(sys.prefix).resolve()))
    assert "evil" not in str(installed["config"])
    assert (installed["cwd"], installed["odd"]) == ("/", [])
    env = installed["env"]
    assert isinstance(env, dict)
    assert _KEY not in env.values()
    assert "PIP_CONFIG_FILE" not in env


def test_not_even_root_finds_the_token_and_the_keys_where_they_were(workplace: Workplace, loot: Path) -> None:
    """Where no user can be had for the commands, they are as mighty as we are: they must be gone."""
    script = f"{loot}/hostile.py"
    Path(script).write_text(_HOSTILE.partition('if __name__ == "__main__"')[0] + "processes()\n")
    issue = workplace.issue(EDIT, test=[f"/usr/bin/python3 {script} {loot} x x"])
    key = f"sk-{secrets.token_hex(16)}"  # no other test's, which may run now
    before = subprocess.Popen(["sleep", "100"], env=environment(CANARY="sings"))
    with before:
        done = workplace.ended(workplace.start(issue, before=SAME_USER, OPENAI_API_KEY=key))
        before.kill()
    assert done.code == 0, done.log
    assert done.report["isolation"].startswith("same-user: ")
    read = (loot / "read").read_bytes()
    assert b"CANARY=sings" in read
    assert workplace.env["MTOR_TOKEN"].encode() not in read
    assert key.encode() not in read


def test_what_commands_of_our_own_user_wrote_into_the_runners_files_is_undone(workplace: Workplace) -> None:
    evil = f"for f in {workplace.temp}/*; do test -f $f && echo EVIL=1 >> $f && rm $f && echo EVIL=2 > $f; done"
    issue = workplace.issue(EDIT, test=[evil])
    done = workplace.ended(workplace.start(issue, before=SAME_USER))
    assert done.report["isolation"].startswith("same-user")
    assert [(workplace.temp / name).read_text() for name in ("ENV", "PATH", "STATE")] == ["", "", ""]
    assert done.outputs.keys() == {"outcome", "report"}
    assert "EVIL=2" not in done.summary.splitlines()
    assert "commands wrote into the runner's own files, which was undone: OUTPUT" in done.log


def test_a_handover_planted_by_our_own_user_is_replaced_whole(workplace: Workplace, place: Path) -> None:
    folder = workplace.temp / "handover"
    plant = f"mkdir -p {folder}/report.json/x; rmdir {folder}; ln -sfn {place} {folder} || true; false"
    done = workplace.ended(workplace.start(workplace.issue(EDIT, test=[plant]), before=SAME_USER))
    assert (done.code, done.received.report.outcome) == (0, "failing"), done.log
    assert sorted(path.name for path in folder.iterdir()) == [
        "changes.patch",
        "handover.json",
        "report.html",
        "report.json",
        "report.md",
    ]
