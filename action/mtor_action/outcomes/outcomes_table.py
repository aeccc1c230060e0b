"""The figures for a terminal: a row a week with a plot, the sum, the models, and what the words mean."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.outcomes.figures import ModelRecord, Week, total

FEW = 20  # below so many, one more or less moves a share by more than five points
_WIDEST_PLOT = 24  # characters
_HEAD = ("week", "opened", "merged", "open", "closed", "reverted", "untouched", "runs", "clean", "tokens", "usd")
_LEFT = (0, len(_HEAD))  # columns that are aligned to the left
_MARKS = (("merged", "█"), ("open", "░"), ("closed", "x"))


def outcomes_table(rows: Sequence[Week], records: Sequence[ModelRecord]) -> str:
    """Return the text, without a final line feed."""
    whole = total(rows)
    scale = max(1.0, max((row.opened for row in rows), default=0) / _WIDEST_PLOT)
    cells = [(*_HEAD, _legend()), *((*_cells(row), _plot(row, scale)) for row in rows)]
    cells.append(("together", *_cells(whole)[1:], ""))
    lines = [*_aligned(cells), "", *_shares(whole)]
    if records:
        lines += ["", *_models(records)]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Week) -> tuple[str, ...]:
    counts = (row.opened, row.merged, row.open, row.closed, row.reverted, row.untouched, row.runs, row.clean)
    usd = f"{row.usd:.2f}" + ("+" if row.unpriced else "")
    return (row.begins, *(str(count or "-") for count in counts), f"{row.tokens:,}" if row.tokens else "-", usd)


def _plot(row: Week, scale: float) -> str:
    return "".join(mark * _length(getattr(row, name), scale) for name, mark in _MARKS)


def _length(count: int, scale: float) -> int:
    return max(1, round(count / scale)) if count else 0


def _legend() -> str:
    return "  ".join(f"{mark} {name}" for name, mark in _MARKS)


def _shares(whole: Week) -> list[str]:
    """Return the shares and costs as sentences; estimates are called that."""
    lines = []
    if whole.opened:
        lines.append(f"merged     {_share(whole.merged, whole.opened)} of the pull requests")
    if whole.merged:
        lines.append(f"untouched  {_share(whole.untouched, whole.merged)} of those: nobody added a commit")
        lines.append(f"reverted   {_share(whole.reverted, whole.merged)} of those, within 14 days")
    if whole.runs:
        lines.append(f"clean      {_share(whole.clean, whole.runs)} of the runs were green without a model")
    if whole.merged and whole.tokens:
        price = f"{whole.tokens_a_merge:,.0f} tokens, {whole.usd_a_merge:.3f} USD (an estimate, from a price list)"
        lines.append(f"cost       {price} for each merged pull request, failed runs included")
    if whole.unpriced:
        lines.append(f"           + {whole.unpriced} runs used models whose price is not known")
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%}{', few' if whole < FEW else ''})"


def _models(records: Sequence[ModelRecord]) -> list[str]:
    rows = [("model", "asked", "repaired", "rate")]
    rows += [(each.model, str(each.asked), str(each.repaired), f"{each.repair_rate:.0%}") for each in records]
    return _aligned(rows)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
