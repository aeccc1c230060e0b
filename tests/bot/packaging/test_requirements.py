"""What the image installs is what is tested: the same versions, each with hashes, the build backend too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDER = ROOT / "bot" / "requirements"


def pins(path: Path) -> dict[str, str]:
    """Name → version of the lines `name==version`."""
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("name", ["bot", "build"])
def test_every_package_of_the_image_has_a_version_and_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert text
    for entry in text.replace("\\\n", " ").splitlines():
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^#]*?)?( +--hash=sha256:[0-9a-f]{64})+", entry), entry


def test_the_image_has_the_tested_versions_of_all_that_the_bot_needs() -> None:
    found = pins(FOLDER / "bot.txt")
    project = PROJECT["project"]
    assert found.items() <= pins(ROOT / "constraints.txt").items()
    assert names([*project["dependencies"], *project["optional-dependencies"]["bot"]]) - {"mtor-bot"} <= found.keys()


def test_the_build_backend_is_the_one_of_the_project() -> None:
    assert (FOLDER / "build.in").read_text(encoding="utf-8").split() == PROJECT["build-system"]["requires"]
    assert names(PROJECT["build-system"]["requires"]) <= pins(FOLDER / "build.txt").keys()


def test_the_image_installs_nothing_without_a_hash_or_from_an_index_unseen() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = re.findall(r"pip (?:install|wheel) [^&;\n]*", text)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install
        assert "--no-deps" in install
        assert "pip wheel" not in install or "--no-build-isolation" in install
