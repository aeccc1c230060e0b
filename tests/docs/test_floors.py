"""The floors that CONTRIBUTING draws are those that import-linter holds."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "action/mtor_action"


def _linter() -> dict[str, Any]:
    configuration: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    settings: dict[str, Any] = configuration["tool"]["importlinter"]
    return settings


def _floors(container: str = "mtor_action") -> list[list[str]]:
    contract = next(contract for contract in _linter()["contracts"] if contract.get("containers") == [container])
    return [layer.split(" | ") for layer in contract["layers"]]


def _rooms(section: str) -> list[str]:
    return re.findall(r"^\| `(\w+)/` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("container", "top"),
    [
        ("mtor_action", "__main__"),
        ("mtor_action.implementer", "fix"),
        ("mtor_action.github", "sources"),
        ("mtor_action.manifest", "manifest"),
        ("mtor_action.repository", "restoring"),
        ("mtor_bot", "cli"),
    ],
)
def test_a_drawing_has_the_linters_floors_in_their_order(container: str, top: str) -> None:
    drawing = re.search(rf"^```text\n({top} .*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert drawing
    names = [re.split(r" {2,}", line)[0] for line in drawing[1].splitlines()]
    assert [re.split(r" [·|] ", line) for line in names] == _floors(container)


def test_every_package_has_a_row_in_the_table_of_rooms_in_the_floors_order() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    on_floors = [name for floor in _floors() for name in floor if name in packages]
    section = PAGE.partition("`action/mtor_action/`")[2].partition("`bot/mtor_bot/`")[0]
    assert _rooms(section) == on_floors
    assert set(on_floors) == packages


def test_modules_that_import_each_other_in_a_circle_are_refused_in_every_room() -> None:
    [contract] = [contract for contract in _linter()["contracts"] if contract["type"] == "acyclic_siblings"]
    assert contract["ancestors"] == _linter()["root_packages"]
    assert "depth" not in contract
    assert "skip_descendants" not in contract


def test_imports_for_types_count_and_no_import_is_excused() -> None:
    settings = _linter()
    assert not settings.get("exclude_type_checking_imports")
    assert not any(key.startswith("ignore") for contract in settings["contracts"] for key in contract)
    assert all(contract.get("exhaustive") for contract in settings["contracts"] if contract.get("containers"))


@pytest.mark.parametrize("heading", ["Where it is decided:", "## How to add"])
def test_the_paths_that_a_section_names_exist(heading: str) -> None:
    section = PAGE.partition(heading)[2].partition("\n## ")[0]
    paths = [path for path in re.findall(r"`([\w./-]+)`", section) if "/" in path]
    homes = (ROOT, PACKAGE, ROOT / "bot/mtor_bot")
    assert len(paths) > 20
    assert [path for path in paths if not any((home / path).exists() for home in homes)] == []


# Modules that are all of a kind and named after what they are: a verb, an event, a signal, a thing that is checked.
OF_A_KIND = {"cli", "behaviours", "checks", "stalls"}
ROOMS = [path.parent for top in ("action/mtor_action", "bot/mtor_bot") for path in ROOT.glob(f"{top}/**/__init__.py")]


@pytest.mark.parametrize("room", sorted(ROOMS), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_table_in_a_packages_docstring_names_its_modules(room: Path) -> None:
    table = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    named = set(re.findall(r"(?<![\w/])(\w+)\.py\b", table))
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    assert named <= modules
    is_small = len(modules) < 3 or room.name in OF_A_KIND or room.name.startswith("mtor_")
    assert named == modules or (is_small and len(named) < 3)
