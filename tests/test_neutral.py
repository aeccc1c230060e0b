from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mtor_action.neutral import (
    BREAK,
    cell_code,
    code_block,
    html_code,
    inert,
    inline_code,
    mention,
    one_line,
    prose,
    quote,
    sentence,
    visible,
)

PIECES = [
    "@user", "@org/team", "Closes", "fixes", "resolved:", " ", "\n", "#1", "owner/repo#12", "GH-7",
    "https://github.com/o/r/issues/1", "github.com/o/r/pull/2", "www.evil.example", "[skip ci]", "[ci skip]",
    "[skip-ci]", "[no ci]", "[Skip Actions]", "skip-checks: true", "***NO_CI***", "<!-- mtor", "-->", "<b>",
    "</details>", "<script>alert(1)</script>", "](x)", "![x](y)", "[a][b]", "`", "``", "```", "~~~", "|",
    "\\", "*", "_", "&amp;", "&#64;user", "1. ", "- ", "# ", "> ", "===", ":--", "    ", "\t", "\x1b[31m",
    "\x00", "\u202e", "]]>", "$x$", "Co-authored-by: A <a@b.c>", "##[error]", "é", "😀", "\r\n", "\u2028",
    "x",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))

SETTINGS = settings(max_examples=200, deadline=None)

MENTION = re.compile(r"@[A-Za-z0-9]")
CLOSES = re.compile(
    r"(?i)\b(close[sd]?|fix(e[sd])?|resolve[sd]?):?\s+((\w[\w.-]*/[\w.-]+)?#\d|gh-\d|https?://github\.com/\S+/issues/\d)"
)
SKIPS = re.compile(r"(?i)\[(skip[ -]ci|ci[ -]skip|no[ -]ci|skip[ -]actions|actions[ -]skip)\]|skip-checks:|\*\*\*no_ci")


def rendered(markdown: str) -> list[tuple[str, str]]:
    """(type, content) of every leaf that a CommonMark parser with tables sees."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown):
        found += [(leaf.type, leaf.content) for leaf in (token.children or [token])]
    return found


def words(text: str) -> str:
    return " ".join(visible(text.replace(BREAK, "")).split())


@given(TEXTS)
@example("`x`")
@example("Run `mtor init`, then `[skip ci]` or `@user`: fixes `#1`.")
@example("\\`a` `b\\`")
@SETTINGS
def test_a_sentence_renders_as_its_words_with_code_as_code_and_nothing_else(text: str) -> None:
    leaves = rendered(sentence(text, 10_000))
    assert {kind for kind, _ in leaves} <= {
        "text",
        "text_special",
        "code_inline",
        "inline",
        "softbreak",
        "paragraph_open",
        "paragraph_close",
    }
    seen = "".join(content for kind, content in leaves if kind in ("text", "text_special", "code_inline"))
    assert words(seen).replace("`", "").replace(" ", "") == words(text).replace("`", "").replace(" ", "")


@given(TEXTS)
@SETTINGS
def test_a_sentence_neither_notifies_nor_closes_nor_skips(text: str) -> None:
    shown = sentence(text, 10_000)
    seen = "".join(content for kind, content in rendered(shown) if kind == "text")
    assert not MENTION.search(seen)
    for form in (seen, shown):
        assert not CLOSES.search(form)
        assert not SKIPS.search(form)
        assert "<!--" not in form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Run `mtor init`, merge.", "Run `mtor init`, merge."),
        ("a `b", "a \\`b"),
        ("``a`` `b`", "\\`\\`a\\`\\` `b`"),
        ("`[skip ci]` by @x", f"`[{BREAK}skip ci]` by @{BREAK}x"),
        ("# `a` - b", "\\# `a` - b"),
    ],
)
def test_a_sentence_by_example(text: str, expected: str) -> None:
    assert sentence(text) == expected


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("alice", "@alice"),
        ("a-b-1", "@a-b-1"),
        ("octo_corp", "@octo_corp"),
        ("renovate[bot]", "renovate\\[bot\\]"),
        ("acme/admins", "acme/admins"),
        ("-a", "\\-a"),
        ("a b @c", f"a b @{BREAK}c"),
        ("a\n@c", f"a @{BREAK}c"),
        ("", ""),
    ],
)
def test_only_a_login_is_mentioned(login: str, expected: str) -> None:
    assert mention(login) == expected


@given(TEXTS)
@example("fix: closes https://github.com/o/r/issues/1")
@example("1) x")
@example("&lt;b&gt;")
@SETTINGS
def test_prose_renders_as_exactly_the_same_words_and_nothing_else(text: str) -> None:
    leaves = rendered(f"{prose(text, 10_000)}")
    assert {kind for kind, _ in leaves} <= {"text", "text_special", "paragraph_open", "paragraph_close"}
    assert words("".join(content for kind, content in leaves if kind == "text")) == words(text)


@given(TEXTS)
@SETTINGS
def test_prose_neither_notifies_nor_closes_nor_skips(text: str) -> None:
    seen = "".join(content for kind, content in rendered(prose(text, 10_000)) if kind == "text")
    for form in (seen, prose(text, 10_000), inert(text), quote(text)):
        assert not MENTION.search(form)
        assert not CLOSES.search(form)
        assert not SKIPS.search(form)
        assert "<!--" not in form
        assert "://" not in form
        assert not re.search(r"#\d", re.sub(r"&#\d+;", "", form))


@given(TEXTS)
@SETTINGS
def test_a_code_block_is_one_code_block_and_loses_nothing_visible(text: str) -> None:
    block = code_block(text, "diff")
    fences = [leaf for leaf in rendered(f"before\n\n{block}\n\nafter") if leaf[0] == "fence"]
    assert len(fences) == 1
    assert fences[0][1].replace(BREAK, "").strip("\n") == visible(text.replace(BREAK, "")).strip("\n")
    assert not CLOSES.search(block)
    assert not SKIPS.search(block)
    assert "<!--" not in block


@given(TEXTS)
@SETTINGS
def test_inline_code_is_one_code_span(text: str) -> None:
    leaves = rendered(f"a {inline_code(text)} z")
    assert [kind for kind, _ in leaves if kind not in ("text", "paragraph_open", "paragraph_close")] == ["code_inline"]
    assert words(next(content for kind, content in leaves if kind == "code_inline")) == words(one_line(text))


@given(TEXTS, TEXTS)
@SETTINGS
def test_code_in_a_table_cell_never_changes_the_table(first: str, second: str) -> None:
    table = f"| a | b |\n|:--|:--|\n| {cell_code(first)} | {cell_code(second)} |"
    leaves = rendered(table)
    assert sum(kind == "td_open" for kind, _ in leaves) == 2
    assert {content for kind, content in leaves if kind == "html_inline"} <= {"<code>", "</code>"}
    assert not {"link_open", "image", "em_open", "strong_open"} & {kind for kind, _ in leaves}


@given(TEXTS)
@SETTINGS
def test_html_code_holds_inside_a_summary(text: str) -> None:
    leaves = rendered(f"<details><summary>{html_code(text)}</summary>\n\nbody\n\n</details>")
    blocks = [content for kind, content in leaves if kind == "html_block"]
    assert len(blocks) == 2
    assert blocks[0].count("<") == 5
    assert ("text", "body") in leaves


@given(TEXTS)
@SETTINGS
def test_nothing_invisible_is_left(text: str) -> None:
    seen = visible(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen)
    assert visible(seen) == seen
    seen.encode("utf-8")


@given(TEXTS, st.integers(1, 40))
@SETTINGS
def test_one_line_keeps_to_its_limit(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit
    assert "\n" not in one_line(text, limit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks @octocat", f"thanks @{BREAK}octocat"),
        ("Closes #12", f"Closes #{BREAK}12"),
        ("Fixes o/r#3", f"Fixes o/r#{BREAK}3"),
        ("[skip ci] now", f"\\[{BREAK}skip ci\\] now"),
        ("<!-- mtor -->", f"&lt;!{BREAK}-- mtor --&gt;"),
        ("/mtor run", "\\/mtor run"),
        ("a_b `c`", "a\\_b \\`c\\`"),
        ("plain words, 100 %", "plain words, 100 %"),
    ],
)
def test_prose_by_example(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_code_for_copying_stays_as_it_is() -> None:
    decorated = "@pytest.fixture\ndef closes(): return fixes[1]  # see #12"
    assert code_block(decorated, "python") == f"```python\n{decorated}\n```"


@pytest.mark.parametrize(
    "text",
    [
        "Closes #1",
        "fixes: o/r#2",
        "resolve GH-3",
        "fixed https://github.com/o/r/issues/4",
        "Resolves  github.com/o/r/issues/5",
    ],
)
def test_a_closing_phrase_is_broken_even_in_code(text: str) -> None:
    assert text not in code_block(text)
    assert code_block(text).replace(BREAK, "") == f"```text\n{text}\n```"


@pytest.mark.parametrize("language", ["text", "diff", "sh", "python"])
@pytest.mark.parametrize(
    "line",
    [
        "Co-authored-by: A <a@b.c>",
        "signed-off-by : A <a@b.c>",
        "+Co-Authored-By: A <a@b.c>",
        "    Reviewed-by: A",
        "> Acked-by: A",
        "$ On-behalf-of: @org",
        "Cc: a@b.c",
        "skip-checks: true",
    ],
)
def test_a_trailer_in_any_code_block_acts_in_no_commit_message(language: str, line: str) -> None:
    block = code_block(f"one\n{line}\ntwo", language)
    assert line not in block
    assert block.replace(BREAK, "") == f"```{language}\none\n{line}\ntwo\n```"


@pytest.mark.parametrize("text", ["@org/team look", "see (@ada)", "+# owner: @ada-b", "* @org/team", "x, @ada: y"])
def test_a_name_in_output_or_a_difference_notifies_nobody(text: str) -> None:
    for language in ("text", "diff"):
        block = code_block(text, language)
        assert not re.search(r"(?<!\w)@\w", block)
        assert block.replace(BREAK, "") == f"```{language}\n{text}\n```"


def test_an_address_and_the_head_of_a_hunk_stay_as_they_are() -> None:
    for text in ("git@github.com:o/r", "a@b.c", "@@ -1,2 +1,2 @@"):
        assert BREAK not in code_block(text, "diff")


def test_a_trailer_from_a_model_names_no_author() -> None:
    assert inert("Co-authored-by: A <a@b.c>") == f"Co-authored-by{BREAK}: A <a@{BREAK}b.c>"


def test_terminal_escapes_vanish_and_other_controls_are_spelled_out() -> None:
    assert (
        visible("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link \x00 \u202eevil\r\n") == "red link ⟨U+0000⟩ ⟨U+202E⟩evil\n"
    )
