"""What a fresh install brings, and what importing does."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]

IMPORT_ALL = """
import sys
happened = []
def hook(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.fork", "os.exec", "shutil.", "os.remove", "os.mkdir")):
        happened.append(event)
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        happened.append(f"open {arguments[0]}")
sys.dont_write_bytecode = True
import mtor_action, pkgutil, importlib, threading
sys.addaudithook(hook)
for module in pkgutil.walk_packages(mtor_action.__path__, "mtor_action."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
extras = {"litellm", "httpx", "githubkit", "fastapi", "uvicorn", "dbos", "rich"} & set(sys.modules)
print(sorted(extras), threading.active_count(), happened)
"""


@pytest.mark.install
@pytest.mark.timeout(300)
def test_a_fresh_install_without_extras_brings_at_most_eight_packages(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["install", "--dry-run", "--ignore-installed", "--report", str(report)]
    subprocess.run([*PIP, *arguments, "--constraint", "constraints.txt", "."], cwd=ROOT, check=True)
    names = sorted(item["metadata"]["name"] for item in json.loads(report.read_text())["install"])
    assert "mtor-bot" in names
    assert len(names) <= 8, names


@pytest.mark.install
@pytest.mark.timeout(300)
def test_the_wheel_has_both_packages_and_their_data(tmp_path: Path) -> None:
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), "."], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("mtor_bot-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "mtor_bot/__init__.py",
        "mtor_action/py.typed",
        "mtor_action/report/page.css",
        "mtor_bot/registration/page.css",
        "mtor_bot/registration/page.html",
        "mtor_action/setup/ci_installs.txt",
        "mtor_action/setup/ci_tests.txt",
        "mtor_action/setup/earlier_workflows.txt",
        "mtor_action/setup/provider_keys.txt",
        "mtor_action/setup/workflow.yml",
        "mtor_action/scope/closed.toml",
        "mtor_action/scope/look_first.toml",
        "mtor_action/scope/programs.toml",
        "mtor_action/scope/protect.toml",
    ):
        assert wanted in names
    roots = {name.partition("/")[0] for name in names}
    assert {name for name in roots if not name.endswith(".dist-info")} == {"mtor_action", "mtor_bot"}
    assert {f"mtor_action/implementer/prompts/{path.name}" for path in _prompts()} <= names
    assert not [name for name in names if name.startswith("tests")]


def _prompts() -> list[Path]:
    return sorted((ROOT / "action/mtor_action/implementer/prompts").glob("*.md"))


def test_importing_every_module_has_no_effect_and_pulls_in_no_extra() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "[] 1 []"


def test_no_file_tells_people_to_install_somebody_elses_program() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    wrong = "pip install " + "mtor"
    for name in filter(None, tracked):
        text = (ROOT / name).read_bytes().decode("utf-8", "replace") if (ROOT / name).is_file() else ""
        assert not [line for line in text.splitlines() if line.rstrip("`'\". ").endswith(wrong)], name
