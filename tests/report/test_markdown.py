from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

import report_samples
from mtor_action.report.markdown import render_markdown
from mtor_action.report.report import CommandReport, OperationReport, Outcome, Report

LINK = "https://github.com/o/r/actions/runs/1"
OUR_TAGS = re.compile(r"</?(?:details(?: open)?|summary|code|sub)>")


def leaves(markdown: str) -> list[tuple[str, str]]:
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown):
        found += [(leaf.type, leaf.content) for leaf in (token.children or [token])]
    return found


def foreign_html(markdown: str) -> list[str]:
    raw = [content for kind, content in leaves(markdown) if kind in ("html_block", "html_inline")]
    return [content for content in raw if "<" in OUR_TAGS.sub("", content)]


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_the_first_line_says_the_outcome_in_a_word_and_a_sentence(outcome: Outcome | None) -> None:
    first = render_markdown(Report(job="j", outcome=outcome)).split("\n")[0]
    assert re.match(r"\*\*[A-Z]+\*\*: [a-z].+\. \*\*0 tokens\.\*\*$", first)
    assert first.isascii()


def test_a_run_with_a_model_does_not_claim_zero_tokens() -> None:
    text = render_markdown(report_samples.fixed())
    assert "0 tokens" not in text.split("\n")[0]
    assert "about 15,013 tokens" in text


def test_every_outcome_says_what_to_do_next(sample_name: str) -> None:
    assert "**Next:** " in render_markdown(report_samples.BUILDERS[sample_name]())


def test_hostile_texts_bring_no_html_no_link_no_mention(hostile_text: str) -> None:
    markdown = render_markdown(report_samples.hostile(hostile_text), link=LINK)
    found = leaves(markdown)
    assert foreign_html(markdown) == []
    assert not [kind for kind, _ in found if kind == "image"]
    assert sum(kind == "link_open" for kind, _ in found) == markdown.count(LINK)
    assert not [content for kind, content in found if kind == "text" and re.search(r"@[A-Za-z0-9]", content)]
    assert "<!--" not in markdown
    assert "[skip ci]" not in markdown
    assert not re.search(r"(?i)\b(closes|fixes) (\S+)?#\d", markdown)
    markdown.encode("utf-8")


def test_hostile_texts_leave_every_section_standing(hostile_text: str) -> None:
    headings = [content for kind, content in leaves(render_markdown(report_samples.hostile(hostile_text), limit=10**7))]
    for heading in ("1 problem in the spec", "1 operation", "Commands", "Stall signals", "Reflection", "Coaching"):
        assert heading in headings
    assert "Big" not in headings


@pytest.mark.parametrize("limit", [0, 1, 40, 200, 500, 1_000, 2_000, 3_000, 5_000, 8_000, 64_000])
def test_the_limit_is_never_exceeded_and_no_fence_is_left_open(limit: int, sample_name: str) -> None:
    markdown = render_markdown(report_samples.BUILDERS[sample_name](), limit=limit, link=LINK)
    assert len(markdown) <= limit
    assert len(re.findall(r"^```", markdown, re.MULTILINE)) % 2 == 0
    assert markdown.count("<details") == markdown.count("</details>")


def test_what_is_left_out_is_named_least_important_first_with_the_link() -> None:
    markdown = render_markdown(report_samples.stalled(), limit=3_500, link=LINK)
    assert f"_Left out, since this text would be too long: diff, output. See [the whole report](<{LINK}>)._" in markdown
    assert "### Stall signals" in markdown


def test_a_megabyte_of_output_and_a_thousand_operations_fit() -> None:
    report = report_samples.failing()
    report.operations = [OperationReport("create", f"src/{n}/" + "d" * 200, n, "exact", 1) for n in range(1_000)]
    report.commands = [CommandReport("test", "pytest", 1, 1.0, "`" * 50 + "line of output\n" * 70_000)] * 500
    report.diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n" + "+y\n" * 300_000
    markdown = render_markdown(report)
    assert len(markdown) <= 64_000
    assert "… and 900 more." in markdown


def test_of_many_long_diagnostics_as_many_stay_as_fit_and_the_rest_is_counted() -> None:
    report = report_samples.rejected()
    one = replace(report.diagnostics[0], message="m" * 3_000)
    report.diagnostics = [one] * 50
    markdown = render_markdown(report, link=LINK)
    assert 55_000 < len(markdown) <= 64_000
    shown = markdown.count("m" * 1_000 + "…")
    assert f"\n\n… and {50 - shown} more." in markdown
    assert markdown.endswith("</sub>")


def test_a_link_cannot_leave_its_brackets() -> None:
    assert "<x>" not in render_markdown(report_samples.clean(), link="https://h/> <x>\n")
