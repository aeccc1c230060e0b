"""`golden/NAME.json` renders as `golden/NAME.md` and `golden/NAME.txt`, byte for byte.

MTOR_WRITE_GOLDENS=1 writes them anew from tests/report_samples.py; read the diff before you keep it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import report_samples
from mtor_action.report.markdown import render_markdown
from mtor_action.report.read import report_from_json
from mtor_action.report.terminal import render_terminal

GOLDEN = Path(__file__).parent / "golden"

if os.environ.get("MTOR_WRITE_GOLDENS"):
    for _name, _build in report_samples.BUILDERS.items():
        (GOLDEN / f"{_name}.json").write_text(json.dumps(_build().as_json(), indent=2) + "\n", encoding="utf-8")
        (GOLDEN / f"{_name}.md").write_text(render_markdown(_build()) + "\n", encoding="utf-8")
        (GOLDEN / f"{_name}.txt").write_text(render_terminal(_build(), colour=False), encoding="utf-8")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_report_renders_as_its_golden_texts(path: Path) -> None:
    report = report_from_json(json.loads(path.read_text(encoding="utf-8")))
    assert render_markdown(report) + "\n" == path.with_suffix(".md").read_text(encoding="utf-8")
    assert render_terminal(report, colour=False) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_sample_has_its_golden() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(report_samples.BUILDERS)
