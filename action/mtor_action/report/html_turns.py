"""The page's sections about the implementer: its stalls, turns and tokens, its reflection, its coaching."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from mtor_action.report import report_json, wording
from mtor_action.report.markup import card, esc, folded, pre
from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.report.model_records import ReportedCall, ReportedSignal, ReportedTurn
    from mtor_action.report.report import Report

_PARTS = ("coaching", "rules", "output", "files", "history")
_SHORT_CHARACTERS = 120
# What follows each marker is taken away (d), put there (a), or neither.
_MARKERS = {"<<<<<<< SEARCH": "d", "=======": "a", ">>>>>>> REPLACE": "c"}
_WIDTH, _HEIGHT = 1000, 200  # units of the drawing, which is stretched to the page


def stall_section(report: Report) -> str:
    """Return every signal that fired, with its evidence and what was done."""
    signals = report.stall.signals
    if not signals:
        return ""
    items = "".join(
        f'<li><span class="pin">{number}</span><div><p><strong>{esc(signal.kind)}</strong> '
        f'<span class="quiet">at turn {signal.turn}</span></p><p class="evidence">{esc(signal.evidence)}</p>'
        + (f'<p class="quiet">→ {esc(signal.response)}</p>' if signal.response else "")
        + "</div></li>"
        for number, signal in enumerate(signals, start=1)
    )
    return card(wording.count(len(signals), "stall signal"), f'<ol class="signals">{items}</ol>')


def turns_section(report: Report) -> str:
    """Return the chart of tokens, and every turn to open."""
    turns = report.turns
    if not turns:
        return ""
    fired = report.stall.signals
    contexts = [turn.context for turn in turns]
    items = "".join(
        (_takeover(turn) if before != turn.context else "")
        + _turn(turn, [signal for signal in fired if signal.turn == turn.number])
        for before, turn in zip([contexts[0], *contexts], turns, strict=False)
    )
    body = f'{_chart(turns, fired)}{_parts(report.usage.parts)}<div class="turns">{items}</div>'
    return card(wording.count(len(turns), "turn"), body, f"{sum(turn.tokens for turn in turns):,} tokens")


def reflection_section(report: Report) -> str:
    """Return the section with what the model, or the record itself, says about the run."""
    parts = "".join(
        f"<dt>{esc(heading)}</dt><dd>{''.join(f'<p>{esc(text)}</p>' for text in sentences)}</dd>"
        for heading, sentences in report_json.reflection(report)
    )
    return card("Reflection", f'<dl class="reflection">{parts}</dl>') if parts else ""


def _takeover(turn: ReportedTurn) -> str:
    return f'<p class="takeover"><b>{esc(turn.model)}</b> takes over, with a fresh context</p>'


def _parts(parts: Mapping[str, int]) -> str:
    """Return the chart of what the prompts were made of: one bar, largest part first, with its legend."""
    sized = sorted(((tokens, part) for part, tokens in parts.items() if tokens > 0), reverse=True)
    total = sum(tokens for tokens, _ in sized)
    if not sized:
        return ""
    bar = "".join(f'<i class="part-{_slot(part)}" style="--share:{tokens / total:.4f}"></i>' for tokens, part in sized)
    legend = "".join(
        f'<li><i class="part-{_slot(part)}"></i>{esc(part)} <b>{tokens:,}</b> '
        f'<span class="quiet">{tokens / total:.0%}</span></li>'
        for tokens, part in sized
    )
    return (
        '<figure class="parts"><figcaption>What the prompts were made of, in tokens as estimated</figcaption>'
        f'<div class="stack" aria-hidden="true">{bar}</div><ul>{legend}</ul></figure>'
    )


def _slot(part: str) -> int:
    return _PARTS.index(part) if part in _PARTS else len(_PARTS)


def _turn(turn: ReportedTurn, fired: Sequence[ReportedSignal]) -> str:
    tools = ", ".join(call.tool for call in turn.calls) or "no tool call"
    badges = "".join(f'<span class="flag">{esc(_flag(signal))}</span>' for signal in fired)
    summary = (
        f'<span class="number">{turn.number}</span><span class="grow"><b>{esc(tools)}</b> {badges}'
        f'<span class="model">{esc(turn.model)}</span></span>'
        f'<span class="end">{turn.tokens:,} tokens</span><span class="time">{wording.duration(turn.seconds)}</span>'
    )
    text = f'<p class="said">{esc(turn.text)}</p>' if turn.text else ""
    body = text + "".join(_call(call) for call in turn.calls) or '<p class="quiet">Empty reply.</p>'
    nudge = f'<div class="nudge"><p class="tool">mtor said</p><p>{esc(turn.said)}</p></div>' if turn.said else ""
    return folded(summary, body + nudge)


def _flag(signal: ReportedSignal) -> str:
    return f"{signal.kind} → {signal.response}" if signal.response else signal.kind


def _call(call: ReportedCall) -> str:
    short, long = _arguments(call.arguments)
    observation = f'<div class="observation">{pre(call.observation)}</div>' if call.observation else ""
    return (
        f'<div class="call"><p class="tool"><code>{esc(call.tool)}</code> {short}</p>{"".join(long)}{observation}</div>'
    )


def _arguments(arguments: str) -> tuple[str, list[str]]:
    """Return short ones for one line, long ones as blocks; hunks coloured as a diff. A non-object stays as it is."""
    parsed = parsed_json(arguments or "{}")
    if not isinstance(parsed, dict):
        return "", [pre(arguments)]
    short, long = [], []
    for name, value in parsed.items():
        text = report_json.loose_text(value)
        if "\n" in text or len(text) > _SHORT_CHARACTERS:
            long.append(_hunks(text) if "<<<<<<< SEARCH" in text else pre(text))
        elif text:
            short.append(f"<code>{esc(text if name == 'path' else f'{name}={text}')}</code>")
    return " ".join(short), long


def _hunks(text: str) -> str:
    kind, lines = "k", []
    for line in text.split("\n"):
        marker = _MARKERS.get(line.rstrip("\r"))
        kind = marker or kind
        lines.append(f'<span class="{"k" if marker else kind}">{esc(line) or " "}</span>')
    return f'<pre class="lines"><code>{"".join(lines)}</code></pre>'


def _chart(turns: Sequence[ReportedTurn], fired: Sequence[ReportedSignal]) -> str:
    """Return tokens used so far, turn by turn. Labels are HTML, since the drawing is stretched and they must not be."""
    used = list(accumulate((turn.tokens for turn in turns), initial=0))
    top = _round_up(used[-1])
    points = [(index / len(turns) * _WIDTH, _HEIGHT - tokens / top * _HEIGHT) for index, tokens in enumerate(used)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    places = {turn.number: point for turn, point in zip(turns, points[1:], strict=True)}
    marks = [(number, signal, places[signal.turn]) for number, signal in enumerate(fired, 1) if signal.turn in places]
    drawn = "".join(f'<line class="fired" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{_HEIGHT}"/>' for _, _, (x, _) in marks)
    grid = "".join(f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"/>' for y in (0, _HEIGHT // 2, _HEIGHT))
    label = f"{used[-1]:,} tokens over {wording.count(len(turns), 'turn')}"
    return (
        f'<figure class="chart"><figcaption>Tokens used so far</figcaption><div class="plot">'
        f'<span class="y" style="--at:0">{top:,}</span><span class="y" style="--at:.5">{top // 2:,}</span>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{esc(label)}">'
        f'{grid}<polygon class="area" points="0,{_HEIGHT} {line} {_WIDTH},{_HEIGHT}"/>{drawn}'
        f'<polyline class="used" points="{line}"/>{_dots(points[1:])}</svg>{_pins(marks)}</div>'
        f'<div class="x"><span>start</span><span>turn {turns[-1].number}</span></div></figure>'
    )


def _dots(points: Sequence[tuple[float, float]]) -> str:
    # A line without length and with round ends stays a circle however the drawing is stretched.
    return "".join(f'<path class="dot" d="M{x:.1f} {y:.1f}h0"/>' for x, y in points)


def _pins(marks: Sequence[tuple[int, ReportedSignal, tuple[float, float]]]) -> str:
    return "".join(
        f'<span class="pin" style="--x:{x / _WIDTH:.4f};--y:{y / _HEIGHT:.4f}" title="{esc(signal.kind)}">'
        f"{number}</span>"
        for number, signal, (x, y) in marks
    )


def _round_up(number: int) -> int:
    """Return the next of 10, 20, 50, 100, 200 …, so that the axis has round labels."""
    step = 10
    while step < number:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step
