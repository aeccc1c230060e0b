"""A report as GitHub-flavored Markdown: pull request body, comment and step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import explaining_commands, render
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.neutral import cell_code, code_block, html_code, inline_code, one_line, prose, quote, sentence
from mtor_action.report import report_json, wording
from mtor_action.report.readable_diff import split_diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.report.model_records import ReportedNote
    from mtor_action.report.report import CommandReport, OperationReport, Report

MAX_ROWS = 100
MAX_LOOKS = 40
MAX_TAIL_LINES = 60
MAX_TAIL_CHARACTERS = 6_000
MAX_DIFF_CHARACTERS = 20_000
MAX_DIAGNOSTICS = 50
_REST_CHARACTERS = 1_500  # the foot, and what is never left out


class Provenance(NamedTuple):
    """The source of a report on GitHub: `link` is the address of the workflow run whose work job wrote it.

    `implementer` are the paths whose last word is the implementer's; None where nothing was verified.
    """

    implementer: frozenset[str] | None
    link: str


class _MarkdownSection(NamedTuple):
    name: str  # as the note about what was left out says it
    text: str


# Cut from the front when the text is too long.
_LEAST_IMPORTANT_FIRST = (
    "diff",
    "output",
    "turns",
    "coaching",
    "reflection",
    "order",
    "diff stat",
    "operations",
    "stall signals",
    "commands",
    "remarks",
    "lines to look at first",
    "diagnostics",
)


def render_markdown(
    report: Report,
    *,
    limit: int = 64_000,
    link: str = "",
    provenance: Provenance | None = None,
    without: frozenset[str] = frozenset(),
) -> str:
    """Return Markdown of at most `limit` characters.

    `link` is the address of the whole report. What does not fit is left out by whole sections, least important
    first, and named; of the diagnostics as many stay as fit. With `provenance`, each path says whose it is, and what
    was only reported says so. Sections whose names are in `without` are not written, and not named as left out.
    """
    head = _head(report)
    sections = [section for section in _sections(report, provenance, limit - len(head)) if section.text]
    sections = [section for section in sections if section.name not in without]
    left_out: list[str] = []
    for name in ("", *_LEAST_IMPORTANT_FIRST):
        if name and any(section.name == name for section in sections):
            left_out.append(name)
            sections = [section for section in sections if section.name != name]
        text = _joined([head, *(section.text for section in sections), _foot(report, left_out, link)])
        if len(text) <= limit:
            return text
    return _cut_at_line(head, limit)


def _sections(report: Report, provenance: Provenance | None, room: int) -> list[_MarkdownSection]:
    return [
        _MarkdownSection("remarks", _remarks(report)),
        _MarkdownSection("lines to look at first", _look_first(report)),
        _MarkdownSection("diagnostics", _diagnostics(report, room - _REST_CHARACTERS)),
        _MarkdownSection("operations", _operations(report.operations, provenance)),
        _MarkdownSection("who reported it", _reported(provenance)),
        _MarkdownSection("order", _order(report)),
        _MarkdownSection("commands", _commands(report.commands)),
        _MarkdownSection("output", _output(report)),
        _MarkdownSection("diff stat", _diff_stat(report.diff)),
        _MarkdownSection("stall signals", _signals(report)),
        _MarkdownSection("reflection", _reflection(report)),
        _MarkdownSection("coaching", _coaching(report)),
        _MarkdownSection("turns", _turns(report)),
        _MarkdownSection("diff", _diff(report.diff)),
    ]


def _head(report: Report) -> str:
    free = "" if wording.used_model(report) else " **0 tokens.**"
    lines = [f"**{wording.status(report)}**: {sentence(wording.headline(report))}.{free}"]
    if report.spec.title:
        lines.append(f"**{prose(report.spec.title, 200)}**")
    if report.reason:
        lines.append(sentence(report.reason, 1_000))
    lines.append(f"**Next:** {sentence(wording.next_step(report), 500)}")
    lines.append(cost_line(report))
    return "\n\n".join(lines)


def cost_line(report: Report) -> str:
    """Return what the run cost, in tokens, dollars and minutes of runners (Markdown)."""
    runner = f"\n**Runner:** {prose(wording.runner(report))}" if wording.runner(report) else ""
    if not wording.used_model(report):
        return f"**Cost: 0 tokens**, $0. {sentence(wording.free_of_charge(report))}{runner}"
    return f"**Cost:** {prose(wording.cost(report))}{runner}"


def _remarks(report: Report) -> str:
    return "\n".join(
        " ".join([f"- {sentence(remark.text)}", _names(remark.items)]).rstrip() for remark in wording.remarks(report)
    )


def _look_first(report: Report) -> str:
    if not report.look_first:
        return ""
    rows = (
        (cell_code(f"{look.path}:{look.line}", 200), prose(look.why, 100), cell_code(look.text, 160))
        for look in report.look_first[:MAX_LOOKS]
    )
    introduction = (
        "Wrong code can pass tests. These lines are often harmless, but read them before you trust the result."
    )
    table = _table(("Where", "What it does", "Line"), ":--|:--|:--", rows)
    more = _more(len(report.look_first) - MAX_LOOKS)
    return _joined([f"### {wording.look_first(report)}", introduction, table, more])


def _diagnostics(report: Report, room: int) -> str:
    diagnostics = report.diagnostics
    texts: list[str] = []
    for item in diagnostics[:MAX_DIAGNOSTICS]:
        text = _bounded(render(item))
        room -= len(code_block(text))
        if room < 0:
            break
        texts.append(text)
    if not texts:
        return ""
    more = _more(len(diagnostics) - len(texts))
    title = f"### {wording.count(len(diagnostics), 'problem')} in the spec"
    commands = ", ".join(inline_code(command, 80) for command in explaining_commands(diagnostics))
    return _joined([title, code_block("\n\n".join(texts)), more, f"What the rules mean: {commands}."])


def _operations(operations: Sequence[OperationReport], provenance: Provenance | None) -> str:
    if not operations:
        return ""
    rows = [
        [prose(item.kind, 20), cell_code(item.path), _placement(item), f"+{item.added}", f"-{item.removed}"]
        for item in operations[:MAX_ROWS]
    ]
    header, alignment = ["Operation", "Path", "Placement", "+", "-"], ":--|:--|:--|--:|--:"
    whose = provenance.implementer if provenance else None
    if whose is not None:
        header, alignment = [*header[:2], "Whose", *header[2:]], f":--|{alignment}"
        for item, row in zip(operations, rows, strict=False):
            row.insert(2, _whose(item, whose))
    table = _table(header, alignment, rows)
    return _joined([f"### {wording.count(len(operations), 'operation')}", table, _more(len(operations) - MAX_ROWS)])


def _whose(operation: OperationReport, implementer: frozenset[str]) -> str:
    if operation.path in implementer:
        return "**implementer**"
    return "**nobody's yet**" if operation.placement == "unplaced" else "exactly the spec"


def _reported(provenance: Provenance | None) -> str:
    if provenance is None:
        return ""
    run = f"[the work job](<{_address(provenance.link)}>)"
    if provenance.implementer is None:
        return f"_All of this is what {run} reports, which runs the repository's own code._"
    return (
        "_Operations, paths and the diff were derived again from the pinned spec. The outcome, "
        f"commands, tokens and texts are what {run} reports, which runs the repository's own code._"
    )


def _placement(row: OperationReport) -> str:
    note = "; ".join(filter(None, (wording.lines_of(row.places) if row.places else "", one_line(row.note, 120))))
    return prose(f"{row.placement} ({note})" if note else row.placement, 260)


def _order(report: Report) -> str:
    after = f"Comes after {_names(report.order.after)}." if report.order.after else ""
    return _joined(["### Order", after, code_block(_bounded(report.order.graph))]) if report.order.graph else after


def _commands(commands: Sequence[CommandReport]) -> str:
    if not commands:
        return ""
    rows = (
        (
            prose(command.stage, 20),
            cell_code(command.command, 160),
            wording.result(command) if wording.passed(command) else f"**{wording.result(command)}**",
            wording.duration(command.seconds),
        )
        for command in commands[:MAX_ROWS]
    )
    table = _table(("Stage", "Command", "Result", "Time"), ":--|:--|:--|--:", rows)
    return _joined(["### Commands", table, _more(len(commands) - MAX_ROWS)])


def _output(report: Report) -> str:
    decisive = wording.decisive_failure(report)
    if decisive is None:
        return ""
    text = wording.tail(decisive.output_tail, MAX_TAIL_LINES, MAX_TAIL_CHARACTERS) or "(no output)"
    summary = f"The end of what {html_code(decisive.command, 160)} printed ({wording.result(decisive)})"
    return _joined([_failures(decisive), _folded(summary, code_block(text), is_open=True)])


def _failures(command: CommandReport) -> str:
    return f"Failing: {_names(command.failures)}" if command.failures else ""


def _diff_stat(diff: str) -> str:
    files = split_diff(diff)
    if not files:
        return ""
    listed = files[:30]
    width = max(len(one_line(file.path, 80)) for file in listed)
    lines = [
        f"{one_line(file.path, 80):<{width}} | {file.added + file.removed:>5} +{file.added} -{file.removed}"
        for file in listed
    ]
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    title = f"### {wording.count(len(files), 'file')} changed, +{added} -{removed}"
    return _joined([title, code_block("\n".join(lines)), _more(len(files) - 30)])


def _signals(report: Report) -> str:
    signals = report.stall.signals
    if not signals:
        return ""
    lines = [
        f"{number}. {inline_code(signal.kind, 40)} at turn {signal.turn}: {prose(signal.evidence, 600)}"
        + (f" → {prose(signal.response, 200)}" if signal.response else "")
        for number, signal in enumerate(signals[:MAX_ROWS], start=1)
    ]
    return _joined(["### Stall signals", "\n".join(lines), _more(len(signals) - MAX_ROWS)])


def _reflection(report: Report) -> str:
    parts = [
        _joined([f"**{heading}**", *(quote(thought, 1_500) for thought in thoughts[:10])])
        for heading, thoughts in report_json.reflection(report)
    ]
    return _joined(["### Reflection", *parts]) if parts else ""


def _coaching(report: Report) -> str:
    used, left_out = report.coaching.injected, report.coaching.left_out
    lines = [f"- used {_note(note)}" for note in used[:MAX_ROWS]]
    lines += [f"- left out for lack of room: {_note(note)}" for note in left_out[:MAX_ROWS]]
    more = _more(len(used) + len(left_out) - len(lines))
    return _joined(["### Coaching", "\n".join(lines), more]) if lines else ""


def _note(note: ReportedNote) -> str:
    return " ".join(part for part in (note.id and inline_code(note.id, 60), prose(note.text)) if part)


def _turns(report: Report) -> str:
    turns = report.turns
    if not turns:
        return ""
    rows = (
        (
            str(turn.number),
            prose(turn.model, 60),
            ", ".join(cell_code(call.tool, 40) for call in turn.calls[:8]) or "no tool call",
            f"{turn.tokens:,}",
            wording.duration(turn.seconds),
        )
        for turn in turns[:MAX_ROWS]
    )
    table = _table(("Turn", "Model", "Calls", "Tokens", "Time"), "--:|:--|:--|--:|--:", rows)
    remarks = [_joined([f"After turn {turn.number} mtor said:", quote(turn.said, 800)]) for turn in turns if turn.said]
    body = _joined([table, _more(len(turns) - MAX_ROWS), *remarks[:10], _tokens_by_part(report)])
    return _folded(wording.count(len(turns), "turn"), body)


def _tokens_by_part(report: Report) -> str:
    parts = sorted(report.usage.parts.items(), key=lambda item: -item[1])
    listing = ", ".join(f"{prose(part, 20)} {tokens:,}" for part, tokens in parts if tokens)
    return f"The prompts, in tokens as estimated: {listing}." if listing else ""


def _diff(diff: str) -> str:
    return _folded("The diff", code_block(diff, "diff")) if 0 < len(diff.strip()) <= MAX_DIFF_CHARACTERS else ""


def _foot(report: Report, left_out: list[str], link: str) -> str:
    facts = [f"Isolation: {prose(report.isolation, 100)}"]
    facts += [f"job {inline_code(report.job, 80)}"] if report.job else []
    facts += [f"spec {inline_code(report.spec.sha256[:12])}"] if report.spec.sha256 else []
    facts += [f"base {inline_code(report.base[:12])}"] if report.base else []
    facts += [f"[the whole report](<{_address(link)}>)"] if link else []
    return _joined([_left_out(left_out, link), "---", f"<sub>{' · '.join(facts)}</sub>"])


def _left_out(names: list[str], link: str) -> str:
    if not names:
        return ""
    place = f"[the whole report](<{_address(link)}>)" if link else "`report.html`"
    return f"_Left out, since this text would be too long: {', '.join(names)}. See {place}._"


def _address(link: str) -> str:
    return "".join(character for character in link if character not in "<>\\" and character.isprintable())


def _names(names: Sequence[str], limit: int = 20) -> str:
    listing = ", ".join(inline_code(name, 120) for name in names[:limit])
    return f"{listing} and {len(names) - limit:,} more" if len(names) > limit else listing


def _table(header: Sequence[str], alignment: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{alignment}|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _folded(summary: str, body: str, *, is_open: bool = False) -> str:
    # The blank lines end the raw HTML, so that the body is Markdown again.
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _more(number: int) -> str:
    return f"… and {number:,} more." if number > 0 else ""


def _bounded(text: str) -> str:
    return text if len(text) <= 2_000 else text[:2_000] + "…"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _cut_at_line(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[:limit].rsplit("\n", 1)[0] if "\n" in text[:limit] else text[:limit]
