"""A report as a short summary for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import explaining_commands, render
from mtor_action.neutral import inert_log, one_line, visible
from mtor_action.report import wording
from mtor_action.report.report import CommandReport, Outcome, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.report.report_files import ReportPaths

MAX_OPERATIONS = 6
MAX_COMMANDS = 8
MAX_DIAGNOSTICS = 10
MAX_LOOKS = 8
MAX_TAIL_LINES = 20
_LABEL_WIDTH = 9

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_RED = frozenset({Outcome.FAILING, Outcome.ERROR, Outcome.REJECTED})


def render_terminal(report: Report, colour: bool, *, paths: ReportPaths | None = None) -> str:
    """Return lines for stdout, ending in a line feed; escape sequences only with `colour`, and only ours."""
    paint = Paint(colour)
    lines = [*_title(report, paint), *_changes(report, paint), *_commands(report, paint)]
    lines += [*_problems(report, paint), *_stall(report, paint), *_look_first(report, paint)]
    lines += _end(report, paint, paths)
    return inert_log("\n".join(lines) + "\n")


class Paint:
    """Styles of the terminal: our escape sequences, or none."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    def __call__(self, text: str, *styles: str) -> str:
        """Return the text in these styles, which are names in `_COLOURS`."""
        if not self._enabled or not text:
            return text
        return f"\x1b[{';'.join(_COLOURS[style] for style in styles)}m{text}\x1b[0m"

    def label(self, name: str) -> str:
        """Return the name padded to the width of the first column."""
        return self(f"{name:<{_LABEL_WIDTH}}", "dim")


def _title(report: Report, paint: Paint) -> Iterator[str]:
    colour = "green" if report.outcome in wording.GREEN else "red" if report.outcome in _RED else "yellow"
    word = paint(wording.status(report), "bold", colour)
    yield f"{word}  {paint(one_line(report.spec.title, 90), 'bold')}".rstrip()
    yield _sentence(wording.headline(report))
    # A count of problems that stand right below says nothing new.
    if report.reason and not report.diagnostics:
        yield one_line(report.reason, 300)
    for remark in wording.remarks(report):
        yield paint(" ".join([one_line(remark.text, 500), _some(remark.items)]).rstrip(), "yellow")
    yield ""
    if report.branch:
        commit = f"  {one_line(report.head, 12)[:7]}" if report.head else ""
        yield paint.label("branch") + one_line(report.branch, 100) + paint(commit, "dim")


def _changes(report: Report, paint: Paint) -> Iterator[str]:
    if not report.operations:
        return
    added, removed = wording.totals(report)
    summary = wording.count(len(report.operations), "operation")
    yield paint.label("changes") + f"{summary}  {paint(f'+{added}', 'green')} {paint(f'-{removed}', 'red')}"
    listed = report.operations[:MAX_OPERATIONS]
    width = max(len(one_line(row.path, 80)) for row in listed)
    for row in listed:
        placement = "" if row.placement == "exact" else f"  {one_line(row.placement, 20)}"
        counts = paint(f"+{row.added} -{row.removed}", "dim")
        yield _indented(
            f"{one_line(row.kind, 10):<6} {one_line(row.path, 80):<{width}}  {counts}{paint(placement, 'yellow')}"
        )
    yield from _more(len(report.operations) - MAX_OPERATIONS, paint)


def _commands(report: Report, paint: Paint) -> Iterator[str]:
    latest = report.commands[-MAX_COMMANDS:]
    yield from _more(len(report.commands) - len(latest), paint, "earlier")
    width = max((len(one_line(command.command, 60)) for command in latest), default=0)
    for index, command in enumerate(latest):
        label = paint.label("commands") if index == 0 else " " * _LABEL_WIDTH
        yield label + _command(command, width, paint)
    decisive = wording.decisive_failure(report)
    if decisive is not None:
        yield from _output(decisive, paint)


def _command(command: CommandReport, width: int, paint: Paint) -> str:
    good = wording.passed(command)
    mark = paint("✓", "green") if good else paint("✗", "red")
    end = "" if good else "  " + paint(wording.result(command), "red")
    name = f"{one_line(command.stage, 10):<5} {one_line(command.command, 60):<{width}}"
    return f"{mark} {name}  {paint(wording.duration(command.seconds), 'dim')}{end}"


def _output(command: CommandReport, paint: Paint) -> Iterator[str]:
    text = wording.tail(command.output_tail, MAX_TAIL_LINES, 8_000)
    if not text:
        return
    yield ""
    yield paint(f"the end of what {one_line(command.command, 60)} printed:", "dim")
    bar = paint("│", "dim")
    for line in visible(text).split("\n"):
        yield f"{bar} {line[:200]}".rstrip()
    yield ""


def _problems(report: Report, paint: Paint) -> Iterator[str]:
    diagnostics = report.diagnostics
    for item in diagnostics[:MAX_DIAGNOSTICS]:
        first, *details = visible(render(item)).split("\n")
        yield paint(first[:300], "red")
        yield from (line[:200] for line in details[:8])
    yield from _more(len(diagnostics) - MAX_DIAGNOSTICS, paint)
    if diagnostics:
        yield ""
        yield paint.label("rules") + one_line(", ".join(explaining_commands(diagnostics)), 300)


def _stall(report: Report, paint: Paint) -> Iterator[str]:
    for index, signal in enumerate(report.stall.signals[-3:]):
        label = paint.label("stall") if index == 0 else " " * _LABEL_WIDTH
        kind = paint(one_line(signal.kind, 30), "yellow")
        yield f"{label}{kind} at turn {signal.turn}: {one_line(signal.evidence, 160)}"


def _look_first(report: Report, paint: Paint) -> Iterator[str]:
    if not report.look_first:
        return
    yield paint(wording.look_first(report), "yellow")
    for look in report.look_first[:MAX_LOOKS]:
        reason = paint(one_line(look.why, 60), "dim")
        yield f"  {one_line(look.path, 80)}:{look.line}: {one_line(look.text, 80)}  {reason}"
    yield from _more(len(report.look_first) - MAX_LOOKS, paint)


def _end(report: Report, paint: Paint, paths: ReportPaths | None) -> Iterator[str]:
    free = not wording.used_model(report)
    cost = paint("0 tokens", "bold", "green") + ", no model was called" if free else wording.cost(report)
    yield paint.label("cost") + cost + paint(f"  {wording.duration(report.seconds)}", "dim")
    if paths is not None:
        yield paint.label("report") + one_line(str(paths.html), 300)
    yield paint.label("next") + one_line(wording.next_step(report), 300)


def _sentence(text: str) -> str:
    return wording.capitalised(one_line(text, 200)) + "."


def _some(names: tuple[str, ...]) -> str:
    listing = ", ".join(one_line(name, 60) for name in names[:3])
    return f"{listing} and {len(names) - 3} more" if len(names) > 3 else listing


def _indented(text: str) -> str:
    return " " * _LABEL_WIDTH + text


def _more(number: int, paint: Paint, word: str = "more") -> Iterator[str]:
    if number > 0:
        yield _indented(paint(f"… {number:,} {word}", "dim"))
