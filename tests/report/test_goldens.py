"""`golden/NAME.json` renders as `golden/NAME.md` and `golden/NAME.txt`, byte for byte.

MTOR_WRITE_GOLDENS=1 writes them anew from tests/report_samples.py; read the diff before you keep it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import report_samples
from goldens import assert_golden, is_writing, write
from mtor_action.report.markdown import render_markdown
from mtor_action.report.report_json import report_from_json
from mtor_action.report.terminal import render_terminal

GOLDEN = Path(__file__).parent / "golden"

if is_writing():  # before the files are listed
    for _name, _build in report_samples.BUILDERS.items():
        write(GOLDEN / f"{_name}.json", json.dumps(_build().as_json(), indent=2) + "\n")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_report_renders_as_its_golden_texts(path: Path) -> None:
    report = report_from_json(json.loads(path.read_text(encoding="utf-8")))
    assert_golden(path.with_suffix(".md"), render_markdown(report) + "\n")
    assert_golden(path.with_suffix(".txt"), render_terminal(report, colour=False))


def test_every_sample_has_its_golden() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(report_samples.BUILDERS)
