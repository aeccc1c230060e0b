"""A report as one self-contained page: no request, no script, every word of it escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mtor_action.diagnostics import Diagnostic, explaining_commands
from mtor_action.report import wording
from mtor_action.report.html_coaching import coaching_section
from mtor_action.report.html_turns import reflection_section, stall_section, turns_section
from mtor_action.report.markup import card, esc, fact, folded, pre
from mtor_action.report.readable_diff import FileDiff, split_diff
from mtor_action.report.report import CommandReport, OperationReport, Outcome, Report
from mtor_action.report.timeline import stages

# Nothing may be loaded and nothing may run, whatever slipped through the escaping.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FOLD_DIFF_OVER_LINES = 400

_TONES = {
    Outcome.CLEAN: "good",
    Outcome.FIXED: "good",
    Outcome.EMPTY: "calm",
    None: "good",
    Outcome.FAILING: "bad",
    Outcome.REJECTED: "bad",
    Outcome.ERROR: "bad",
    Outcome.STALLED: "warn",
    Outcome.BLOCKED: "warn",
    Outcome.CANCELLED: "calm",
}


def render_html(report: Report) -> str:
    """Return the whole page. It is read without a server: everything it needs is inside."""
    title = report.spec.title or report.job or "run"
    body = "\n".join(part for part in _parts(report) if part)
    return whole_page(f"{wording.status(report).lower()}: {title[:200]}", body)


def whole_page(title: str, body: str, *, has_form: bool = False) -> str:
    """Return a page with mtor's style around `body`, which is HTML; `title` is text.

    With `has_form` its forms may be sent to the server that it came from.
    """
    policy = _POLICY.replace("form-action 'none'", "form-action 'self'") if has_form else _POLICY
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{esc(title)}</title>\n"
        f"<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def _parts(report: Report) -> list[str]:
    return [
        _header(report),
        _callouts(report),
        _timeline(report),
        _remarks(report),
        _look_first(report),
        _diagnostics(report.diagnostics),
        stall_section(report),
        _operations(report.operations),
        _order(report),
        _commands(report),
        turns_section(report),
        reflection_section(report),
        coaching_section(report),
        _diff(report.diff),
        _footer(report),
    ]


def _header(report: Report) -> str:
    facts = [
        fact("spec", report.spec.source),
        fact("branch", report.branch),
        fact("commit", report.head[:10]),
        fact("base", report.base[:10]),
        fact("started", report.started),
        fact("took", wording.duration(report.seconds) if report.seconds else ""),
    ]
    reason = f'<p class="reason">{esc(report.reason)}</p>' if report.reason else ""
    return (
        f'<header class="tone-{_TONES[report.outcome]}">\n'
        f'<p class="line"><span class="badge">{esc(wording.status(report).lower())}</span> '
        f"<span>{esc(wording.capitalised(wording.headline(report)))}.</span></p>\n"
        f"<h1>{esc(report.spec.title or report.job or 'Untitled spec')}</h1>\n{reason}\n"
        f'<dl class="facts">{"".join(facts)}</dl>\n</header>'
    )


def _callouts(report: Report) -> str:
    step = f'<div class="callout"><b>Next</b><span>{esc(wording.next_step(report))}</span></div>'
    return f'<div class="callouts">{_cost(report)}{step}</div>'


def _cost(report: Report) -> str:
    runner = f"<span>Runner: {esc(wording.runner(report))}</span>" if wording.runner(report) else ""
    if not wording.used_model(report):
        return (
            '<div class="callout zero"><b class="big">0 tokens</b>'
            f"<span>{esc(wording.free_of_charge(report))}</span>{runner}</div>"
        )
    usage = report.usage
    about = "about " if usage.estimated else ""
    return (
        f'<div class="callout"><b class="big">{about}{usage.input_tokens + usage.output_tokens:,} tokens</b>'
        f"<span>{usage.input_tokens:,} in, {usage.output_tokens:,} out, "
        f"{wording.count(usage.requests, 'request')}, {esc(wording.dollars(report))}</span>{runner}</div>"
    )


def _timeline(report: Report) -> str:
    timeline = stages(report)
    longest = max((stage.seconds or 0.0 for stage in timeline), default=0.0) or 1.0
    items = "".join(
        f'<li class="is-{stage.state}"><b>{stage.name}</b><span>{esc(stage.detail)}</span>'
        f'<i style="--share:{(stage.seconds or 0.0) / longest:.4f}"></i></li>'
        for stage in timeline
    )
    return f'<ol class="timeline" aria-label="Stages">{items}</ol>'


def _remarks(report: Report) -> str:
    items = "".join(
        f"<li>{esc(remark.text)} {' '.join(f'<code>{esc(item)}</code>' for item in remark.items[:50])}</li>"
        for remark in wording.remarks(report)
    )
    return f'<ul class="remarks">{items}</ul>' if items else ""


def _look_first(report: Report) -> str:
    if not report.look_first:
        return ""
    items = "".join(
        f'<article class="diagnostic"><p class="place"><code>{esc(f"{look.path}:{look.line}")}</code>'
        f'<span class="rule">{esc(look.why)}</span></p>'
        f'<pre class="source"><code>{esc(look.text)}</code></pre></article>'
        for look in report.look_first
    )
    return card(wording.look_first(report), items)


def _diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    if not diagnostics:
        return ""
    title = f"{wording.count(len(diagnostics), 'problem')} in the spec"
    commands = ", ".join(f"<code>{esc(command)}</code>" for command in explaining_commands(diagnostics))
    items = "".join(_diagnostic(item) for item in diagnostics)
    return card(title, f'{items}<p class="help">What the rules mean: {commands}.</p>')


def _diagnostic(item: Diagnostic) -> str:
    place = f"{item.path}:{item.line}:{item.column}"
    source = f'<pre class="source"><code>{_underlined(item)}</code></pre>' if item.source else ""
    help_text = f'<p class="help">{esc(item.help)}</p>' if item.help else ""
    return (
        f'<article class="diagnostic"><p class="place"><code>{esc(place)}</code>'
        f'<span class="rule">{esc(item.rule)}</span></p>'
        f"<p><strong>{esc(wording.capitalised(item.message))}</strong></p>{source}{help_text}</article>"
    )


def _underlined(item: Diagnostic) -> str:
    start = min(item.column - 1, len(item.source))
    end = min(start + item.width, len(item.source))
    # A place after the end of the line still needs something to stand under.
    marked = item.source[start:end] or " "
    gutter = " " * len(str(item.line)) + " │ "
    caret = _blank(item.source[:start]) + "^" * len(marked)
    return (
        f'<span class="gutter">{item.line} │ </span>{esc(item.source[:start])}<mark>{esc(marked)}</mark>'
        f'{esc(item.source[end:])}\n<span class="gutter">{gutter}</span><span class="caret">{caret}</span>'
    )


def _blank(text: str) -> str:
    return "".join("\t" if character == "\t" else " " for character in text)


def _operations(operations: Sequence[OperationReport]) -> str:
    if not operations:
        return ""
    most = max((item.added + item.removed for item in operations), default=0) or 1
    rows = "".join(_operation(item, most) for item in operations)
    added, removed = sum(item.added for item in operations), sum(item.removed for item in operations)
    aside = f'<span class="plus">+{added:,}</span> <span class="minus">&minus;{removed:,}</span>'
    return card(wording.count(len(operations), "operation"), f'<ul class="operations">{rows}</ul>', aside)


def _operation(row: OperationReport, most: int) -> str:
    words = "; ".join(filter(None, (wording.lines_of(row.places) if row.places else "", row.note)))
    note = f'<small class="note">{esc(words)}</small>' if words else ""
    return (
        f'<li><span class="kind">{esc(row.kind)}</span><span class="path"><code>{esc(row.path)}</code>{note}</span>'
        f'<span class="placement p-{_word(_placement(row))}">{esc(_placement(row))}</span>'
        f'<span class="counts"><span class="plus">+{row.added:,}</span> '
        f'<span class="minus">&minus;{row.removed:,}</span></span>'
        f'<span class="bar" aria-hidden="true"><i class="add" style="--share:{row.added / most:.4f}"></i>'
        f'<i class="del" style="--share:{row.removed / most:.4f}"></i></span></li>'
    )


def _placement(operation: OperationReport) -> str:
    """Return the placement, or that it was changed afterwards: a reviewer looks at those first."""
    return "model" if wording.by_implementer(operation) else operation.placement


def _order(report: Report) -> str:
    order = report.order
    names = "".join(f"<li>comes after <code>{esc(name)}</code></li>" for name in order.after)
    body = (f'<ul class="remarks">{names}</ul>' if names else "") + (pre(order.graph) if order.graph else "")
    return card("Order", body) if body else ""


def _commands(report: Report) -> str:
    if not report.commands:
        return ""
    decisive = wording.decisive_failure(report)
    items = "".join(_command(command, is_open=command is decisive) for command in report.commands)
    bad = sum(not wording.passed(command) for command in report.commands)
    aside = f'<span class="minus">{bad} red</span>' if bad else '<span class="plus">all passed</span>'
    return card(wording.count(len(report.commands), "command"), f'<div class="commands">{items}</div>', aside)


def _command(command: CommandReport, *, is_open: bool) -> str:
    good = wording.passed(command)
    summary = (
        f'<span class="mark {"good" if good else "bad"}">{"✓" if good else "✗"}</span>'
        f'<span class="kind">{esc(command.stage)}</span><code class="grow">{esc(command.command)}</code>'
        f'<span class="end">{"" if good else esc(wording.result(command))}</span>'
        f'<span class="time">{wording.duration(command.seconds)}</span>'
    )
    failures = "".join(f"<li><code>{esc(name)}</code></li>" for name in command.failures[:200])
    body = f'<ul class="failures">{failures}</ul>' if failures else ""
    body += pre(command.output_tail) if command.output_tail else '<p class="quiet">It printed nothing.</p>'
    return folded(summary, body, is_open=is_open)


def _diff(diff: str) -> str:
    files = split_diff(diff)
    if not files:
        return ""
    is_open = sum(len(file.body) for file in files) <= _FOLD_DIFF_OVER_LINES
    body = "".join(_file_diff(file, is_open=is_open) for file in files)
    return card(wording.count(len(files), "file") + " changed", f'<div class="diff">{body}</div>')


def _file_diff(file: FileDiff, *, is_open: bool) -> str:
    summary = (
        f'<code class="grow">{esc(file.path)}</code><span class="plus">+{file.added:,}</span>'
        f'<span class="minus">&minus;{file.removed:,}</span>'
    )
    header = (f'<span class="h">{esc(line)}</span>' for line in file.header if not line.startswith(_SAID_ABOVE))
    body = (f'<span class="{_LINE_KINDS.get(line[:1], "c")}">{esc(line) or " "}</span>' for line in file.body)
    return folded(summary, f'<pre class="lines"><code>{"".join((*header, *body))}</code></pre>', is_open=is_open)


_SAID_ABOVE = ("index ", "--- ", "+++ ")
_LINE_KINDS = {"+": "a", "-": "d", "@": "k", "\\": "h"}


def _footer(report: Report) -> str:
    facts = [
        fact("isolation", report.isolation),
        fact("job", report.job),
        fact("spec sha256", report.spec.sha256),
        fact("manifest blocks at", _lines(report.spec.manifest_blocks)),
        fact("prose fences at", _lines(report.spec.prose_fences)),
    ]
    return f'<footer><dl class="facts">{"".join(facts)}</dl></footer>'


def _lines(numbers: Sequence[int]) -> str:
    listing = ", ".join(str(number) for number in numbers[:30])
    return f"lines {listing}{' …' if len(numbers) > 30 else ''}" if numbers else ""


def _word(text: str) -> str:
    return text if text in {"exact", "adjusted", "model", "noop"} else "other"
