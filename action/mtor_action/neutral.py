"""Make untrusted text harmless: spec titles, model text, command output and file names on their way to GitHub.

Such text can *do* something: notify people (`@name`), close issues (`Fixes #1`), switch CI off (`[skip ci]`), imitate
mtor's own markers (`<!-- mtor`). And it can *look like* something: a heading, a link, an image, the end of a code
block, or, with control and bidi characters, other code than it is.

Against the first, a zero-width space goes inside the trigger, as in the texts of dependency bots: the text reads the
same but no longer matches. This also works where Markdown is not rendered (commit messages, squash merges of a
PR body). Against the second, characters are escaped, and invisible ones made visible.

    https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs
"""

from __future__ import annotations

import re

from mtor_action.lazy_patterns import is_plain, lazy_pattern

BREAK = "\u200b"

_ESCAPE_SEQUENCE = lazy_pattern(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # window titles and hyperlinks
    r"|\x1b[@-Z\\^_]"
)
_INVISIBLE = lazy_pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 without tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls
    "\u2028\u2029\ufeff\ufff9-\ufffb"
    "\ud800-\udfff"  # lone surrogates cannot be written as UTF-8
    "\U000e0000-\U000e007f]"  # tag characters, which hide whole sentences
)

_ISSUE = r"(?:[\w.-]+/[\w.-]+)?#\d|gh-\d|https?://|(?:www\.)?github\.com/"
_CLOSING = lazy_pattern(rf"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b\s*:?\s*(?:{_ISSUE})", re.IGNORECASE)
_REFERENCES = (
    (lazy_pattern(r"#(?=\d)"), "#" + BREAK),
    (lazy_pattern(r"(gh)-(?=\d)", re.IGNORECASE), rf"\g<1>{BREAK}-"),
    (lazy_pattern(r":(?=//)"), ":" + BREAK),
    (lazy_pattern(r"(www|github)(?=\.)", re.IGNORECASE), rf"\g<1>{BREAK}"),
)
_SWITCHES = (
    (lazy_pattern(r"\[(?=[^\]\n]{0,40}\b(?:skip|no[ _-]?ci)\b)", re.IGNORECASE), "[" + BREAK),
    (lazy_pattern(r"skip-(?=checks)", re.IGNORECASE), f"skip{BREAK}-"),
    (lazy_pattern(r"\*\*\*(?=no_ci)", re.IGNORECASE), "***" + BREAK),
    (lazy_pattern(r"<!(?=--)"), "<!" + BREAK),
    (lazy_pattern(r"##(?=\[)"), "##" + BREAK),  # the runner's older command syntax, found anywhere in a line
)
_LOG_COMMAND = lazy_pattern(r"(^[^\S\n]*:(?=:)|##(?=\[))", re.MULTILINE)
_MENTION = lazy_pattern(r"@(?=[\w-])")
_TRAILER = lazy_pattern(r"^([ \t]*[\w-]+-by)(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)
# In code the sign in front of a line of a difference, a quote or a prompt may come first.
_TRAILER_IN_CODE = lazy_pattern(
    r"^([ \t>+|$#*-]*(?:[\w-]+-by|on-behalf-of|cc|change-id|skip-checks))(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE
)
# A name that GitHub would notify: not the middle of an address, nor a scope such as `@types/node` in code.
_FOR_READING = frozenset({"text", "diff"})
_MENTION_IN_CODE = lazy_pattern(r"(?<![\w@.+/-])@(?=[A-Za-z0-9][\w-]*)")

_MARKDOWN = lazy_pattern(r"[\\`*_\[\]~|$]")
_LINE_START = lazy_pattern(r"^(?:[-+=#/:>]|\d+(?=[.)]))")
_ENTITIES = lazy_pattern(r"[&<>\"'|`\\*_\[\]~$]")
_CODE_SPAN = lazy_pattern(r"(?<!`)`([^`]+)`(?!`)")
# Managed users have an underscore and their company's short code behind their name.
_LOGIN = lazy_pattern(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}(?:_[A-Za-z0-9]{1,16})?")
_NEEDS_ENTITIES = lazy_pattern(r"[`\\|]")


def visible(text: str) -> str:
    """Return text without terminal escapes; other control and bidi characters are spelled out, as in `⟨U+202E⟩`."""
    if is_plain(text):
        return text
    text = _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def one_line(text: str, limit: int = 300) -> str:
    """Return `visible` text on one line of at most `limit` characters, cut with an ellipsis."""
    # Cut first as well, so that a megabyte is not normalised for the sake of one line.
    line = " ".join(visible(text[: limit * 8]).split())
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


def inert(text: str) -> str:
    """Return text for places that render no Markdown (commit messages, PR titles): nothing in it triggers anything."""
    text = _TRAILER.sub(rf"\g<1>{BREAK}", _switched_off(visible(text)))
    return _without_mentions(text)


def inert_log(text: str) -> str:
    """Return text for a workflow's log: no line of it is a command to the runner (`::name::`, `##[name]`).

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    return _LOG_COMMAND.sub(rf"\g<1>{BREAK}", text)


def prose(text: str, limit: int = 300) -> str:
    """Return one line of Markdown that renders as exactly these words, in at most `limit` of them as characters."""
    return _LINE_START.sub(_escaped_start, _escaped(one_line(text, limit)))


def sentence(text: str, limit: int = 300) -> str:
    """Return `prose` in which what is between two single backticks is a code span, as mtor's own sentences write it.

    Harmless for any text: what is in a span is as `inline_code` makes it.
    """
    parts = _CODE_SPAN.split(one_line(text, limit))
    shown = (inline_code(part, limit) if turn % 2 else _escaped(part) for turn, part in enumerate(parts))
    return _LINE_START.sub(_escaped_start, "".join(shown))


def mention(login: str) -> str:
    """Return `@login`, which notifies the person; the words alone for what is not a person's login, such as a bot's."""
    return f"@{login}" if _LOGIN.fullmatch(login) else prose(login, 100)


def quote(text: str, limit: int = 4_000) -> str:
    """Return several lines as a Markdown block quote, each as `prose`; blank lines stay paragraphs."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    lines = visible(cut).strip().split("\n")
    return "\n".join(f"> {prose(line, limit)}".rstrip() for line in lines)


def inline_code(text: str, limit: int = 300) -> str:
    """Return a Markdown code span, on one line, that nothing inside can end. Not for tables: see `html_code`."""
    line = _code_switched_off(one_line(text, limit)) or " "
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def html_code(text: str, limit: int = 300) -> str:
    """Return a code span that also holds in table cells and inside raw HTML such as `<summary>`."""
    line = _code_switched_off(one_line(text, limit))
    return f"<code>{_ENTITIES.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"


def cell_code(text: str, limit: int = 300) -> str:
    """Return a code span for a table cell; backticks where they are safe, since people read the source too."""
    line = one_line(text, limit)
    return html_code(line, limit) if _NEEDS_ENTITIES.search(line) else inline_code(line, limit)


def code_block(text: str, language: str = "text") -> str:
    """Return a fenced block, always closed, with a fence longer than any run of backticks inside.

    Output and differences are for reading, so that names in them notify nobody; code for copying keeps its decorators.
    """
    body = _code_switched_off(visible(text)).strip("\n")
    if language in _FOR_READING:
        body = _MENTION_IN_CODE.sub("@" + BREAK, body)
    fence = "`" * max(3, _longest_run(body) + 1)
    word = re.sub(r"[^\w+#.-]", "", language)
    return f"{fence}{word}\n{body}\n{fence}"


def _switched_off(text: str) -> str:
    for pattern, replacement in (*_SWITCHES, *_REFERENCES):
        text = pattern.sub(replacement, text)
    return text


def _code_switched_off(text: str) -> str:
    # Code is for copying: only what would act from inside a squashed commit message is touched, and reads the same.
    text = _TRAILER_IN_CODE.sub(rf"\g<1>{BREAK}", text)
    for pattern, replacement in _SWITCHES:
        text = pattern.sub(replacement, text)
    return _CLOSING.sub(lambda match: _broken_reference(match[0]), text)


def _broken_reference(text: str) -> str:
    # The pattern ends at the reference's first digit or slash, where a lookahead no longer sees it.
    head, last = text[:-1], text[-1]
    if text.lower().endswith(".com/"):
        return _REFERENCES[-1][0].sub(_REFERENCES[-1][1], text)
    return head.replace("://", f":{BREAK}//") + last if last == "/" and "://" in head else head + BREAK + last


def _escaped(line: str) -> str:
    line = _MARKDOWN.sub(r"\\\g<0>", _without_mentions(_switched_off(line)))
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _without_mentions(text: str) -> str:
    return _MENTION.sub("@" + BREAK, text)


def _escaped_start(match: re.Match[str]) -> str:
    start = match[0]
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
