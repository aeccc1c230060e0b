from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import pytest

import report_samples
from mtor_action.report.html import render_html
from mtor_action.report.markup import esc
from mtor_action.report.report import OperationReport, Outcome, Report
from mtor_action.report.report_json import report_from_json

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "article"),
    *("div", "span", "p", "h1", "h2", "b", "i", "strong", "small", "code", "pre", "mark"),
    *("dl", "dt", "dd", "ol", "ul", "li", "details", "summary"),
    *("figure", "figcaption", "svg", "line", "polyline", "polygon", "path"),
}
VOID = {"meta"}


class Page(HTMLParser):
    """Collects what is in a page, and fails on a tag that closes what is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_asks_nobody_for_anything(sample_name: str) -> None:
    page = render_html(report_samples.BUILDERS[sample_name]())
    assert not re.search(r"https?://|url\(|@import|\bsrc=|\bhref=|<script|<link|<iframe", page)
    assert "default-src 'none'; style-src 'unsafe-inline';" in page


def test_the_page_is_balanced_and_has_only_the_tags_we_wrote(sample_name: str) -> None:
    found = Page(render_html(report_samples.BUILDERS[sample_name]()))
    assert found.tags <= TAGS


def test_hostile_texts_stay_text(hostile_text: str) -> None:
    found = Page(render_html(report_samples.hostile(hostile_text)))
    assert found.tags <= TAGS
    assert not [name for name in found.attributes if name.startswith("on")]
    page = "".join(found.text)
    assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", page)
    assert hostile_text.split(maxsplit=1)[0][:20] in page.replace("⟨U+202E⟩", "\u202e").replace("⟨U+2066⟩", "\u2066")


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_every_outcome_renders_from_an_empty_report(outcome: Outcome | None) -> None:
    page = render_html(Report(job="", outcome=outcome))
    assert f'<span class="badge">{outcome.value if outcome else "ok"}</span>' in page
    assert "0 tokens" in page


def test_missing_and_wrong_keys_do_not_fail() -> None:
    data = {
        "schema": 1,
        "job": "j",
        "outcome": "stalled",
        "turns": [{}, {"calls": None}, {"calls": [{}, 3]}, {"number": "x", "text": 5, "input_tokens": None}],
        "stall": {"signals": [{}, {"turn": 99, "evidence": ["a", "b"]}]},
        "forms": [{}, {"why": "a", "model": 3, "results": [{}, 4]}, None],
        "settings": [{}, {"asked": "2", "values": [1, "b"]}, None],
        "reflection": {"surprised": None, "advice": {"x": 1}, "other": "ignored"},
        "coaching": {"injected": ["a", {}, None], "effects": {}, "carried": 3},
        "diagnostics": [{}, {"line": -4, "column": 900, "source": "abc", "width": 10**9}],
    }
    report = report_from_json(data)
    Page(render_html(report))
    assert [(turn.number, len(turn.calls)) for turn in report.turns] == [(1, 0), (2, 0), (3, 1), (4, 0)]
    assert [signal.kind for signal in report.stall.signals] == ["unknown", "unknown"]


def test_the_chart_marks_the_turn_at_which_a_signal_fired() -> None:
    page = render_html(report_samples.stalled())
    assert page.count('class="fired"') == 2
    assert 'class="pin" style="--x:0.5556;' in page
    assert page.count('class="dot"') == 9


def test_a_thousand_operations_and_a_megabyte_of_output_make_a_page_of_about_that_size() -> None:
    report = report_samples.failing()
    report.operations = [OperationReport("create", f"src/{n}.py", n, "exact", 1) for n in range(1_000)]
    report.commands[2].output_tail = "<&>\n" * 250_000
    page = render_html(report)
    assert len(page) < 6_000_000
    Page(page)


def test_an_embedded_line_feed_at_the_start_of_output_is_kept() -> None:
    report = report_samples.failing()
    report.commands[2].output_tail = "\n\nfirst"
    assert "<pre>\n\n\nfirst</pre>" in render_html(report)


def test_text_is_escaped_as_python_does_it() -> None:
    text = "".join(map(chr, range(32, 127))) * 2 + " &amp; ü€"
    assert esc(text) == escape(text, quote=True)
