"""What the action installs is what is tested: the same versions, each with hashes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("work", "publish", "model", "symbols")


def pins(path: Path) -> set[str]:
    """Lines of the form `name==version`, without marker and hashes."""
    return set(re.findall(r"^([\w.-]+==[\w.+!-]+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("stage", STAGES)
def test_requirements_agree_with_the_constraints_and_all_have_hashes(stage: str) -> None:
    path = ROOT / "action" / "requirements" / f"{stage}.txt"
    found = pins(path)
    assert found
    assert found <= pins(ROOT / "constraints.txt")
    for entry in path.read_text().replace("\\\n", " ").splitlines():
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^#]*?)?( +--hash=sha256:[0-9a-f]{64})+", entry), entry


def test_each_stage_has_the_base_and_only_publish_has_what_signs_as_an_app() -> None:
    base = {"markdown-it-py", "pyyaml"}
    names = {
        stage: {pin.partition("==")[0] for pin in pins(ROOT / f"action/requirements/{stage}.txt")} for stage in STAGES
    }
    assert all(base <= found for found in names.values())
    assert {"githubkit", "hishel"} <= names["work"] <= names["publish"]
    assert {"pyjwt", "cryptography"} <= names["publish"] - names["work"]
    assert {"litellm", "rich"} <= names["model"] - names["publish"]
    # Models of GitHub's API and what draws in a terminal are half of the files, and nothing on a runner imports them.
    assert not [name for name in names["publish"] if name.startswith(("githubkit-schemas-", "rich", "pygments"))]


# Every module is imported as if nothing but a stage's packages were installed.
IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, re, sys

installed = {name.lower().replace("_", "-") for name in sys.argv[1:]}
elsewhere = {
    module for module, names in importlib.metadata.packages_distributions().items()
    if not installed & {name.lower().replace("_", "-") for name in names} and not module.startswith("mtor_")
}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in elsewhere:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import mtor_action

for module in pkgutil.walk_packages(mtor_action.__path__, "mtor_action."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            print(module.name, "needs", error.name)
"""


def imported_with(names: Collection[str]) -> list[str]:
    """What modules miss where nothing but the packages `names` is installed."""
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL, *names], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_stage_needs_no_package_that_it_does_not_install() -> None:
    names = {pin.partition("==")[0] for pin in pins(ROOT / "action/requirements/work.txt")}
    assert imported_with(names) == []
    assert "mtor_action.implementer.fix needs pydantic" in imported_with(names - {"pydantic", "githubkit"})


def test_the_grammars_have_one_version_wherever_a_spec_is_planned() -> None:
    """The image of the App's server and the action: no place accepts what another refuses."""
    grammars = {pin for pin in pins(ROOT / "action/requirements/symbols.txt") if pin.startswith("tree-sitter")}
    assert len(grammars) == 17
    assert grammars <= pins(ROOT / "bot/requirements/bot.txt")
