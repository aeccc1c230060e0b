"""No text of a report keeps a secret, whatever record it is in."""

from __future__ import annotations

import json
from dataclasses import fields

import report_samples
from mtor_action.redaction.redactor import Redactor
from mtor_action.report.redacted_report import redacted
from mtor_action.report.report import Report

SECRET = "hunter2-hunter2-hunter2"


def test_every_text_of_every_record_is_redacted() -> None:
    report = report_samples.hostile(SECRET)
    report.reflection[SECRET] = {"deep": [SECRET]}
    written = json.dumps(redacted(report, Redactor({"A_KEY": SECRET})).as_json())
    assert SECRET not in written
    assert written.count("[redacted]") >= json.dumps(report.as_json()).count(SECRET)


def test_a_report_without_secrets_stays_as_it_is(sample_name: str) -> None:
    report = report_samples.BUILDERS[sample_name]()
    assert redacted(report, Redactor({"A_KEY": SECRET})) == report


def test_the_hostile_sample_has_a_text_in_every_record_that_models_and_specs_fill() -> None:
    report = report_samples.hostile(SECRET)
    filled = {field.name for field in fields(Report) if SECRET in json.dumps(report.as_json()[field.name])}
    assert filled >= {"turns", "forms", "stall", "reflection", "coaching", "settings", "diagnostics", "look_first"}
