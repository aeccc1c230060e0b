"""What a browser is still inside of after raw HTML: a reader must see every block that runs."""

from __future__ import annotations

import pytest

from mtor_action.manifest.fences.raw_html import RawHtml
from mtor_action.manifest.file_blocks.operations import of_one_file
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part


def markup_after(*parts: bytes) -> bytes:
    reader = RawHtml()
    for html in parts:
        reader.read(html)
    return reader.markup


@pytest.mark.parametrize(
    ("html", "still_open"),
    [
        (b"<details>\n<summary>x</summary>\n", b""),
        (b"<!-- a -->", b""),
        (b"<!-->", b""),
        (b"<!--->", b""),
        (b"<!-- a", b"<!--"),
        (b"<div><!-- a --> <!-- b", b"<!--"),
        (b"<div title='-->", b"<"),
        (b"<div title='", b"<"),
        (b'<div title="a>b">', b""),
        (b"<div title=a'b>", b""),
        (b"<div ='x' title='>", b"<"),
        (b"<div =' title='>", b"<"),
        (b"<div a'b title='>", b"<"),
        (b"<div\n", b"<"),
        (b"</div title='", b"<"),
        (b"<div title = \"'\" alt='\"'>", b""),
        (b"a < b and c", b""),
        (b"<img src=x/>", b""),
        (b"<br/>", b""),
    ],
)
def test_open_comments_and_tags_are_seen(html: bytes, still_open: bytes) -> None:
    assert markup_after(html) == still_open


def test_a_comment_is_closed_by_later_html_and_an_open_tag_is_not() -> None:
    assert markup_after(b"<!--", b"--> text") == b""
    assert markup_after(b"<div title='", b"'>") == b"<"


@pytest.mark.parametrize(
    "html", [b"<" * 300_000, b"<!--" * 100_000, b"<a " * 100_000, b"<a =" * 100_000, b"<a b='" * 50_000]
)
def test_hostile_html_is_read_in_linear_time(html: bytes) -> None:
    markup_after(html)


BLOCK = "```python create=src/a.py\nx = 1\n```\n"

HIDING = {
    "rp": "<ruby>\n<rp>\n\n{}\n</rp>\n</ruby>\n",
    "upper case": "<RP>\n\n{}\n</RP>\n",
    "template": "<template>\n\n{}\n</template>\n",
    "select": "<select>\n\n{}\n</select>\n",
    "video": "<video controls>\n\n{}\n</video>\n",
    "canvas": "<div><canvas>\n\n{}\n</canvas></div>\n",
    "object": "<object data=x>\n\n{}\n</object>\n",
    "dialog": "<dialog>\n\n{}\n</dialog>\n",
    "svg": "<svg>\n\n{}\n</svg>\n",
    "math": "<math><mi>\n\n{}\n</mi></math>\n",
    "title": "<title>\n\n{}\n</title>\n",
    "noscript": "<noscript>\n\n{}\n</noscript>\n",
    "style on one line": "<style></style><style>\n</style>\n<div><noframes>\n\n{}\n",
    "custom element": "<my-note>\n\n{}\n</my-note>\n",
    "unknown element": "<note>\n\n{}\n</note>\n",
    "hidden attribute": "<div HIDDEN>\n\n{}\n</div>\n",
    "hidden after a quote": "<div title='>' hidden=until-found>\n\n{}\n</div>\n",
    "style attribute": '<p style="display:none">\n\n{}\n</p>\n',
    "nested in a hidden one": "<div hidden>\n<div>\n</div>\n\n{}\n</div>\n",
    "never closed": "<rp>\n\nText.\n\n{}",
    "self-closing form": "<rp/>\n\n{}",
    "inline": "Some text <rp> and\n\n{}\n</rp>\n",
    "inline in a heading": "# Title <template>\n\n{}",
    "inline in a list": "- <select> x\n\n{}",
    "inline hidden": "A <span hidden> b\n\n{}",
    "over several HTML blocks": "<div>\n\nText\n\n<rp>\n\nText\n\n</div>\n\n{}",
    "closed in a comment only": "<rp>\n<!-- </rp> -->\n\n{}",
    "closed in an attribute only": "<rp>\n<a title='</rp>'>x</a>\n\n{}",
    "closed in raw text only": "<rp>\n<title></rp></title>\n\n{}",
    "opened in what ends at the first >": "<div>\n<!x '> <rp> '>\n\n{}",
    "opened behind a comment's other end": "<div>\n<!-- --!> <rp> -->\n\n{}",
    "end tag of another": "<rp>\n</rt>\n\n{}",
    "closed in code": "<rp>\n\n`</rp>`\n\n{}",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_a_block_inside_an_element_that_readers_may_not_see_is_an_error(text: str) -> None:
    spec = parse_spec([Part("s", text.format(BLOCK).encode())])
    assert {found.rule for found in spec.diagnostics} == {"hidden-block"}, spec.diagnostics


VISIBLE = {
    "closed details": "<details><summary>Code</summary>\n\n{}\n</details>\n",
    "div and table": "<div align=center>\n<table><tr><td>\n\n{}\n</td></tr></table></div>\n",
    "void elements": "<br/>\n<hr>\n<img src='x'>\n\n{}",
    "closed before": "<ruby>a<rp>(</rp></ruby>\n\n{}",
    "inline, closed": "H<sub>2</sub>O and <kbd>x</kbd>\n\n{}",
    "named in code": "The `<select>` and ``<template>``.\n\n{}",
    "escaped": "A \\<select> b\n\n{}",
    "a type in prose": "It returns Vec<T>, Map<String, T> or <String>.\n\n{}",
    "an address": "See <https://example.org/select> and a < b > c.\n\n{}",
    "a comment": "<!-- a <rp> b -->\n\n{}",
    "in a listing": "```html\n<template>\n```\n\n{}",
}


@pytest.mark.parametrize("text", VISIBLE.values(), ids=VISIBLE)
def test_a_block_that_readers_see_runs(text: str) -> None:
    spec = parse_spec([Part("s", text.format(BLOCK).encode())])
    assert spec.diagnostics == ()
    assert [operation.path for operation in of_one_file(spec.operations)] == ["src/a.py"]


@pytest.mark.parametrize(
    "text",
    ["x" + "<!--" * 16_000, "x" + "<?" * 30_000, "x" + "<a " * 20_000, "x <a" + " b" * 30_000, "`x" * 30_000,
     "x<![CDATA[" * 6_000,
     "# a" + " " * 60_000 + "b", "# " + " " * 60_000, "# a" + " #" * 30_000 + " b",
     "<rp>" * 16_000 + "</rt>" * 100, "x " + "<rp>" * 16_000, "x " + "<a b='" * 10_000],
)  # fmt: skip
def test_hostile_text_is_read_to_its_end(text: str) -> None:
    parse_spec([Part("s", (text + "\n\n" + BLOCK).encode())])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# One ##", "One"),
        ("  ## One #  ", "One"),
        ("# C#", "C"),
        ("#\tOne # two", "One # two"),
        ("#One\n# Two", "Two"),
        ("#  \n# Two", "Two"),
    ],
)
def test_the_first_heading_is_the_title(line: str, title: str) -> None:
    assert parse_spec([Part("s", (line + "\n\n" + BLOCK).encode())]).title == title
