"""What a browser is still inside of after raw HTML: a reader must see every block that runs."""

from __future__ import annotations

import pytest

from mtor_action.spec.structure import open_markup


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
    assert open_markup(html) == still_open


def test_a_comment_is_closed_by_later_html_and_an_open_tag_is_not() -> None:
    assert open_markup(b"--> text", b"<!--") == b""
    assert open_markup(b"'>", b"<") == b"<"


@pytest.mark.parametrize(
    "html", [b"<" * 300_000, b"<!--" * 100_000, b"<a " * 100_000, b"<a =" * 100_000, b"<a b='" * 50_000]
)
def test_hostile_html_is_read_in_linear_time(html: bytes) -> None:
    open_markup(html)
