"""The three files of a report, each written whole or not at all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.report.html import render_html
from mtor_action.report.markdown import render_markdown

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.report.report import Report


class ReportPaths(NamedTuple):
    """The paths of the renderings of one report."""

    json: Path
    markdown: Path
    html: Path


def write_report(report: Report, directory: Path) -> ReportPaths:
    """Write `report.json`, `report.md` and `report.html`, replacing earlier ones. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = ReportPaths(directory / "report.json", directory / "report.md", directory / "report.html")
    # ASCII, so that even half a surrogate pair in somebody's output survives the round trip.
    _replace(paths.json, json.dumps(report.as_json(), indent=2) + "\n")
    _replace(paths.markdown, render_markdown(report) + "\n")
    _replace(paths.html, render_html(report))
    return paths


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode("utf-8"))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
