"""How start.py starts a stage: as root through sudo or as it is, what the stage sees, and how it is stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from action.workshop import PYTHON, Workshop, workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.install
needs_sudo = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("sudo") or not shutil.which("unshare"),
    reason="only root with sudo installed can set up a runner's user",
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be asked whom it trusts")
KEY = "sk-not-on-any-command-line"
# A mount namespace in which the user `nobody` may become root without being asked, as GitHub's runner may.
RUNNER = """
printf 'root ALL=(ALL) ALL\\nnobody ALL=(ALL) NOPASSWD: ALL\\n' > "$1/sudoers"
chmod 440 "$1/sudoers"
mount --bind "$1/sudoers" /etc/sudoers
shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
"""


@pytest.fixture
def shop() -> Iterator[Workshop]:
    """In a folder that everybody may enter; the runner's own folders are the runner's."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-test-"))
    folder.chmod(0o755)
    made = workshop(folder)
    for name in ("home", "temp", "workspace", "."):
        (folder / name).chmod(0o777)
    yield made
    shutil.rmtree(folder)


def as_runner(shop: Workshop) -> list[str]:
    return ["unshare", "--mount", "sh", "-c", RUNNER, "sh", str(shop.folder)]


def told(shop: Workshop) -> dict[str, Any]:
    """What `mtor` was given."""
    found = json.loads((shop.folder / "told.json").read_text())
    assert isinstance(found, dict)
    return found


def start(shop: Workshop, stage: str, *before: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [*before, PYTHON, "-I", str(shop.action / "start.py"), stage]
    return subprocess.run(
        command, env={}, input=given(shop, **extra), cwd="/", capture_output=True, text=True, check=False
    )


def given(shop: Workshop, **extra: str) -> str:
    """The environment of the step, as `env -0` prints it."""
    environment = {**shop.environment, "ZAI_API_KEY": KEY, "MTOR_ASKED_JOB": "JOB", **extra}
    return "".join(f"{name}={value}\0" for name, value in environment.items())


@needs_sudo
def test_where_sudo_asks_nothing_work_runs_as_root_and_its_commands_path_is_kept_apart(shop: Workshop) -> None:
    tools = f"{shop.folder}/tools:/usr/bin:/bin"
    extra = {"PATH": tools, "LD_LIBRARY_PATH": "/opt/tools/lib", "GITHUB_OUTPUT": "/o", "XDG_CACHE_HOME": "/x"}
    done = start(shop, "work", *as_runner(shop), **extra, ENDS="7")
    assert done.returncode == 7, done
    found = told(shop)
    seen = found["environ"]
    assert found["uid"] == 0
    assert found["argv"] == ["work", "--repo", str(shop.folder / "workspace")]
    assert (seen["PATH"], seen["MTOR_COMMAND_PATH"]) == ("/usr/sbin:/usr/bin:/sbin:/bin", tools)
    assert seen["MTOR_COMMAND_LD_LIBRARY_PATH"] == "/opt/tools/lib"
    assert (seen["ZAI_API_KEY"], seen["GITHUB_OUTPUT"], seen["MTOR_JOB"]) == (KEY, "/o", "JOB")
    assert seen["HOME"] == "/root"
    assert not {"LD_LIBRARY_PATH", "XDG_CACHE_HOME", "MTOR_ASKED_JOB"} & set(seen)
    assert not Path(found["prefix"]).exists()  # installed where only root writes, and removed


@needs_sudo
def test_publish_stays_the_runners_user(shop: Workshop) -> None:
    assert start(shop, "publish", *as_runner(shop)).returncode == 0
    found = told(shop)
    assert (found["uid"], found["argv"]) == (65534, ["publish"])
    assert found["prefix"].startswith(f"{shop.folder}/temp/")
    assert list((shop.folder / "temp").iterdir()) == []


def test_without_sudo_work_runs_as_it_is(shop: Workshop) -> None:
    before = (
        [str(shutil.which("setpriv")), "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    )
    assert start(shop, "work", *before, PATH="/nonexistent").returncode == 0
    seen = told(shop)["environ"]
    assert (seen["PATH"], seen["HOME"]) == ("/nonexistent", str(shop.folder / "home"))
    install = json.loads(seen["MTOR_MODEL_INSTALL"])
    assert install[0] == PYTHON
    assert install[2] == f"{install[4]}/install.py"
    assert json.loads(seen["MTOR_SYMBOLS_INSTALL"]) == [*install[:3], "symbols", install[4]]


@needs_sudo
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_step_ends_the_stage_that_runs_as_root(shop: Workshop, number: signal.Signals) -> None:
    ready = shop.folder / "ready"
    os.mkfifo(ready)
    command = [*as_runner(shop), PYTHON, "-I", str(shop.action / "start.py"), "work"]
    (shop.folder / "given").write_text(given(shop, WAITS=str(ready)))
    with (
        (shop.folder / "given").open() as stdin,
        subprocess.Popen(command, env={}, cwd="/", stdin=stdin, stdout=subprocess.PIPE, text=True) as step,
    ):
        assert step.stdout is not None
        assert ready.read_text() == "ready\n"
        commands, environments = _said_of_processes("cmdline"), _said_of_processes("environ")
        step.send_signal(number)
        said = step.stdout.read()  # ends with the last process that could write
    assert not [line for line in commands if KEY in line]
    assert len([line for line in environments if KEY in line and str(shop.folder) in line]) == 1  # mtor's own
    assert f"stopped by {signal.SIGTERM}" in said
    assert step.returncode == (-number if number == signal.SIGKILL else 130)
    assert not Path(told(shop)["prefix"]).exists()


def _said_of_processes(name: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((folder / name).read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


@needs_root
def test_root_relies_on_nothing_that_others_can_change(shop: Workshop) -> None:
    kept = shop.folder / "kept"
    kept.mkdir()
    kept.chmod(0o777)
    done = start(shop, "work", MTOR_INSTALL_DIR=str(kept))
    assert done.returncode == 3
    assert done.stdout.startswith("::error title=mtor::")
    assert "others can change" in done.stdout
    assert "MTOR_INSTALL_DIR" in done.stdout
    assert list(kept.iterdir()) == []


@needs_root
def test_a_folder_to_keep_is_filled_once_for_each_stage(tmp_path: Path, shop: Workshop) -> None:
    for number in range(2):
        for stage in ("work", "publish"):
            done = start(shop, stage, MTOR_INSTALL_DIR=str(tmp_path / "kept"))
            assert done.returncode == 0, done
            assert ("installed" in done.stdout) == (number == 0)
    folders = [path for path in (tmp_path / "kept").iterdir() if path.is_dir()]
    assert sorted(path.name.partition("-")[0] for path in folders) == ["publish", "work"]
    assert not [path for path in folders if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)]


def test_a_stage_that_there_is_not_is_said(shop: Workshop) -> None:
    done = start(shop, "wrok")
    assert done.returncode == 3
    assert "::error title=mtor::there is no stage 'wrok'" in done.stdout
