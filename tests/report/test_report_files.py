from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import report_samples
from mtor_action.report.report_files import write_report
from mtor_action.report.report_json import report_from_json

if TYPE_CHECKING:
    from pathlib import Path


def test_the_three_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    paths = write_report(report_samples.clean(), tmp_path / "a" / "b")
    assert sorted(path.name for path in paths.json.parent.iterdir()) == ["report.html", "report.json", "report.md"]
    assert report_from_json(json.loads(paths.json.read_text("utf-8"))) == report_samples.clean()
    assert paths.markdown.read_text("utf-8").startswith("**CLEAN**")
    assert paths.html.read_text("utf-8").startswith("<!doctype html>")


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    write_report(report_samples.clean(), tmp_path)
    paths = write_report(report_samples.failing(), tmp_path)
    assert paths.markdown.read_text("utf-8").startswith("**FAILING**")


def test_what_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_report(report_samples.clean(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_hostile_texts_are_written(tmp_path: Path, hostile_text: str) -> None:
    report = report_samples.hostile(hostile_text)
    paths = write_report(report, tmp_path)
    assert report_from_json(json.loads(paths.json.read_text("utf-8"))) == report


def test_importing_it_pulls_in_nothing_heavy() -> None:
    code = "import sys, mtor_action.report.report_files; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    )
    assert not loaded & {
        "difflib",
        "tempfile",
        "logging",
        "asyncio",
        "socket",
        "urllib.request",
        "rich",
        "markdown_it",
        "yaml",
        "pydantic",
    }
