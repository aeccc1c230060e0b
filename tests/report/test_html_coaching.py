from __future__ import annotations

from typing import Any

from mtor_action.report.html import render_html
from mtor_action.report.report import Outcome, Report
from mtor_action.report.report_json import report_from_json


def page(*effects: Any) -> str:
    data = {**Report("job", Outcome.CLEAN).as_json(), "coaching": {"effects": list(effects)}}
    return render_html(report_from_json(data))


def side(runs: Any, green: Any) -> dict[str, Any]:
    return {"runs": runs, "green_without_model": green, "mean_tokens": 10}


def test_each_note_with_runs_is_plotted_with_and_without() -> None:
    text = page({"id": "a-1", "with": side(31, 0.81), "without": side(64, 0.47), "few": False})
    assert "81% of 31" in text
    assert "47% of 64" in text
    assert "--share:0.8100" in text
    assert "too few runs" not in text


def test_small_numbers_carry_their_caveat() -> None:
    text = page({"id": "a-1", "with": side(3, 1.0), "without": side(0, None), "few": True})
    assert "100% of 3" in text
    assert "no run" in text
    assert "too few runs to say anything" in text


def test_without_earlier_runs_there_is_no_plot() -> None:
    assert '<h3 class="effects-title"' not in page(
        {"id": "a-1", "with": side(0, None), "without": side(0, None), "few": True}
    )


def test_what_makes_no_sense_is_harmless() -> None:
    hostile = {"id": "<script>x</script>", "with": side(2, 1e9), "without": 3, "few": "no"}
    text = page(hostile, 3, None)
    assert "<script>" not in text
    assert "--share:1.0000" in text
