"""`scenarios/NAME.py` plays on a stage; stdout, stderr, outputs, every request and what is on GitHub are `NAME.txt`.

MTOR_WRITE_GOLDENS=1 writes the records anew; read the diff before you keep it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from goldens import assert_golden
from publishing import SPEC, masked, staged

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.py"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_plays_as_recorded(path: Path, tmp_path: Path) -> None:
    scenario = _loaded(path)
    with staged(tmp_path, spec=getattr(scenario, "SPEC", SPEC), files=getattr(scenario, "FILES", None)) as stage:
        scenario.play(stage)
        found = masked(stage)
    assert_golden(path.with_suffix(".txt"), found)


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"scenario_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
