from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_samples
from mtor_action.errors import MtorError
from mtor_action.report.html import render_html
from mtor_action.report.markdown import render_markdown
from mtor_action.report.report import Outcome, Report
from mtor_action.report.report_json import report_from_json
from mtor_action.report.terminal import render_terminal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "turn", "calls", "path", "signals", "x"]), inner)
    ),
    max_leaves=6,
)


def test_a_report_survives_the_way_through_json(sample_name: str) -> None:
    report = report_samples.BUILDERS[sample_name]()
    assert report_from_json(json.loads(json.dumps(report.as_json()))) == report


@pytest.mark.parametrize("schema", [None, 2, "1"])
def test_another_schema_is_refused_with_a_hint(schema: object) -> None:
    with pytest.raises(MtorError, match="expected 1") as caught:
        report_from_json({"schema": schema})
    assert caught.value.hint


def test_wrong_types_become_defaults() -> None:
    data = {
        "schema": 1,
        "job": 5,
        "outcome": "great",
        "seconds": "1",
        "flaky": "yes",
        "operations": [3, {"path": "a", "added": True}],
    }
    report = report_from_json(data)
    assert (report.job, report.outcome, report.seconds, report.flaky) == ("", None, 0.0, False)
    assert [(done.path, done.added) for done in report.operations] == [("a", 0)]


@given(st.dictionaries(st.sampled_from(list(Report("j").as_json())), JSON), st.sampled_from(list(Outcome)))
@settings(max_examples=150, deadline=None)
def test_any_json_object_of_schema_1_renders(data: dict[str, object], outcome: Outcome) -> None:
    report = report_from_json({"outcome": outcome.value, **data, "schema": 1})
    assert len(render_markdown(report, limit=5_000)) <= 5_000
    render_html(report).encode("utf-8")
    render_terminal(report, colour=True).encode("utf-8")
