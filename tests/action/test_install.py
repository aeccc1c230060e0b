"""What install.py installs, what it is not moved by, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from action.workshop import ACTION, PYTHON, Workshop, workshop

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.install, pytest.mark.timeout(400)]


# GitHub asked with a token and, where signing is installed, as an App: what is left out is not missed.
ASKS_GITHUB = """
import importlib.util
from mtor_action.github.client import Client, connect, github_at
from mtor_action.github.failures import GitHubError

clients = [connect("t", "o/r", api_url="http://127.0.0.1:1")]
if importlib.util.find_spec("jwt"):
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from githubkit import AppAuthStrategy

    as_app = AppAuthStrategy("1", generate_private_key(65537, 2048))
    clients.append(Client(github_at("http://127.0.0.1:1", as_app), "", ""))
for client in clients:
    client.patience_seconds = 0.0
    try:
        with client:
            client.call("GET", "/app")
    except GitHubError as error:
        print(error.message)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path)


def has(target: Path, module: str) -> bool:
    """Whether the installation can import it."""
    asked = [str(target / "bin" / "python"), "-I", "-c", f"import {module}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def kept(installed: Path, stage: str) -> Path:
    """Where start.py keeps what it installs for a stage: the workflows under act take it from there."""
    named = f"import runpy; print(runpy.run_path({str(ACTION / 'start.py')!r})['_digest']())"
    digest = subprocess.run([PYTHON, "-I", "-c", named], capture_output=True, text=True, check=True).stdout.strip()
    installed.mkdir(mode=0o755, parents=True, exist_ok=True)
    return installed / f"{stage}-{digest}"


@pytest.mark.parametrize("stage", ["work", "publish"])
def test_the_real_requirements_are_complete_and_carry_the_verb_and_the_model(
    tmp_path: Path, installed: Path, stage: str
) -> None:
    target = kept(installed, stage)
    for asked in (stage, "model") if stage == "work" else (stage,):
        with_key = {**os.environ, "MTOR_APP_PRIVATE_KEY": "as for an App that signs by itself"}
        subprocess.run([PYTHON, "-I", ACTION / "install.py", asked, target], cwd=tmp_path, env=with_key, check=True)
    python = str(target / "bin" / "python")
    checked = subprocess.run(
        [python, "-I", "-m", "pip", "check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    missing = set(re.findall(r" requires ([\w-]+), which is not installed", checked.stdout))
    # What is left out on purpose (Makefile, LEFT_OUT), and nothing else; the model brings rich.
    assert {re.sub(r"[\d-]+$", "", name) for name in missing} == {"githubkit-schemas"}
    assert checked.stdout.count("\n") == 1
    said = subprocess.run(
        [python, "-I", "-m", "mtor_action", stage, "--help"], cwd="/", capture_output=True, check=True
    )
    assert stage.encode() in said.stdout
    asked_github = subprocess.run(
        [python, "-I", "-c", ASKS_GITHUB], cwd="/", capture_output=True, text=True, check=True
    )
    assert asked_github.stdout.count("cannot be reached") == (2 if stage == "publish" else 1)
    where = [python, "-I", "-c", "import mtor_action, githubkit; print(mtor_action.__file__)"]
    assert subprocess.run(where, cwd="/", capture_output=True, text=True, check=True).stdout.startswith(str(target))
    assert has(target, "importlib.metadata as m; m.version('litellm')") == (stage == "work")


def test_a_second_call_does_nothing_and_the_model_comes_on_top(shop: Workshop, tmp_path: Path) -> None:
    target = tmp_path / "mtor"
    first = shop.install("work", target)
    assert (first.returncode, first.stdout.count("\n")) == (0, 2), first
    (target / "mine").touch()
    assert shop.install("work", target).stdout == ""
    assert not has(target, "large")
    own = subprocess.run([PYTHON, "-I", target / "install.py", "model", target], env=shop.environment, check=False)
    assert own.returncode == 0
    assert has(target, "tiny, large, mtor_action")
    assert (target / "mine").exists()
    assert shop.install("model", target).stdout == ""


def test_a_grammar_comes_on_top_alone_and_by_its_hash(shop: Workshop, tmp_path: Path) -> None:
    target = tmp_path / "mtor"
    hashes = {name: shop.wheel(name.replace("-", "_")) for name in ("tree-sitter", "tree-sitter-go", "tree-sitter-lua")}
    shop.requires("symbols", hashes)
    assert shop.install("work", target).returncode == 0
    add = [PYTHON, "-I", str(target / "install.py"), "symbols", str(target)]
    done = [subprocess.run([*add, "tree-sitter-go"], env=shop.environment, capture_output=True, check=False)]
    done += [subprocess.run([*add, "tree-sitter-go"], env=shop.environment, capture_output=True, check=False)]
    assert [(each.returncode, bool(each.stdout)) for each in done] == [(0, True), (0, False)]
    assert has(target, "tiny, tree_sitter, tree_sitter_go")
    assert not has(target, "tree_sitter_lua")
    shop.wheel("tree_sitter_lua")
    wrong = [*hashes.items(), ("tree-sitter-lua", "0" * 64)]
    (target / "requirements" / "symbols.txt").write_text("".join(f"{n}==1.0 --hash=sha256:{h}\n" for n, h in wrong))
    for package in ("tree-sitter-lua", "large", "tiny --index-url=x"):
        refused = subprocess.run([*add, package], env=shop.environment, capture_output=True, check=False)
        assert refused.returncode == 1, refused
    assert not has(target, "tree_sitter_lua")
    assert has(target, "tree_sitter_go")
    assert shop.install("symbols", target).returncode == 1


def test_what_a_kill_left_behind_is_begun_anew(shop: Workshop, tmp_path: Path) -> None:
    target = tmp_path / "mtor"
    (target / "lib").mkdir(parents=True)
    (target / "lib" / "junk").touch()
    assert shop.install("model", target).returncode == 1
    assert shop.install("work", target).returncode == 0
    assert has(target, "tiny, mtor_action")
    assert not (target / "lib" / "junk").exists()


def test_two_at_once_wait_for_each_other(shop: Workshop, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: shop.install("work", tmp_path / "mtor"), range(2)))
    assert [each.returncode for each in done] == [0, 0]
    assert sorted(each.stdout.count("\n") for each in done) == [0, 2]


def test_neither_the_workspace_nor_the_user_decides_what_is_installed(shop: Workshop, tmp_path: Path) -> None:
    elsewhere = "[global]\nindex-url = http://127.0.0.1:1/\nno-index = false\ntarget = /nonexistent\n"
    for path in ("home/.config/pip/pip.conf", "home/.pip/pip.conf", "workspace/pip.conf", "workspace/setup.cfg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(elsewhere)
    for name in ("venv.py", "pip.py", "sitecustomize.py", "json.py", "pathlib.py"):
        (tmp_path / "workspace" / name).write_text("raise SystemExit('mine')")
    mine = str(tmp_path / "workspace")
    hostile = {"PYTHONPATH": mine, "PYTHONSTARTUP": f"{mine}/pip.py", "PIP_TARGET": mine, "PIP_REQUIREMENT": "large"}
    # Once commands have run, that file says what they want, and pip is root's: `log` alone would write anywhere.
    chosen = {"PIP_CONFIG_FILE": f"{mine}/pip.conf", "VIRTUAL_ENV": mine}
    done = shop.install("work", tmp_path / "mtor", **hostile, PIP_USER="1", PIP_CONSTRAINT="/none", **chosen)
    assert done.returncode == 0, done
    assert has(tmp_path / "mtor", "tiny")
    assert not has(tmp_path / "mtor", "large")


def test_a_failed_model_leaves_the_installation_that_runs_alone(shop: Workshop, tmp_path: Path) -> None:
    target = tmp_path / "mtor"
    assert shop.install("work", target).returncode == 0
    away = (shop.wheels / "large-1.0-py3-none-any.whl").rename(tmp_path / "away")
    assert shop.install("model", target).returncode == 1
    assert has(target, "tiny, mtor_action")
    away.rename(shop.wheels / "large-1.0-py3-none-any.whl")
    assert shop.install("model", target).returncode == 0
    assert has(target, "tiny, mtor_action, large")


def test_a_python_that_comes_without_pip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = runpy.run_path(str(ACTION / "install.py"))
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(module["InstallError"], match="without pip") as refused:
        module["install"]("work", tmp_path / "mtor")
    assert refused.value.hint == f"install python3.{sys.version_info[1]}-venv"


REFUSALS = {
    "a package that is not the one": ("hash", {}, "not the one that this version", "tell its administrator"),
    "no network": (
        "none", {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "1", "PIP_FIND_LINKS": ""},
        "cannot be reached", "PIP_INDEX_URL",
    ),
    "no wheel for this machine": ("wheel", {}, "no ready-made package", "ubuntu-24.04"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_the_next_step_and_nothing_is_half_there(shop: Workshop, tmp_path: Path, name: str) -> None:
    change, extra, what, hint = REFUSALS[name]
    if change == "hash":
        shop.requires("work", {"tiny": "0" * 64})
    if change == "wheel":
        (shop.wheels / "tiny-1.0-py3-none-any.whl").unlink()
    done = shop.install("work", tmp_path / "mtor", **extra)
    assert done.returncode == 1
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("::error title=mtor::")]
    assert what in said, done
    assert hint in said
    assert not has(tmp_path / "mtor", "tiny")


def test_what_signs_as_an_app_is_installed_only_where_its_key_is(shop: Workshop, tmp_path: Path) -> None:
    target = tmp_path / "mtor"
    shop.requires("publish", {"tiny": shop.wheel("tiny"), "signs": shop.wheel("signs")})
    key = {"MTOR_APP_PRIVATE_KEY": "a key"}
    for extra, signs, installs in (
        ({}, False, True),
        ({"MTOR_APP_PRIVATE_KEY": " "}, False, False),
        (key, True, True),
        (key, True, False),
        ({}, True, False),  # more than is needed
    ):
        done = shop.install("publish", target, **extra)
        assert (done.returncode, bool(done.stdout)) == (0, installs), done
        assert has(target, "tiny, mtor_action")
        assert has(target, "signs") == signs
    # Made anew, it has lost the model, and says so to whoever adds it again.
    assert shop.install("work", tmp_path / "other").returncode == 0
    assert shop.install("model", tmp_path / "other").returncode == 0
    assert shop.install("publish", tmp_path / "other", **key).returncode == 0
    assert not has(tmp_path / "other", "large")
    assert shop.install("model", tmp_path / "other").returncode == 0
    assert has(tmp_path / "other", "large")
